public import PolylogueModel
public import PolylogueSQL

/// What to search for.
public struct SearchRequest: Sendable {
  /// The order of hits.
  public enum Sort: String, Sendable, CaseIterable {
    /// Best first.
    case relevance
    /// Newest first; what has no time comes last.
    case newest
    /// Oldest first; what has no time comes last.
    case oldest
  }

  /// The words. Its own filters are not looked at: see ``filters``.
  public var query: SearchQuery
  /// The conditions, those of the query and those given beside it merged.
  public var filters: SearchFilters
  /// Only these conversations, as rows of the archive.
  public var conversations: RowSet?
  /// Only these messages, as rows of the archive.
  public var messages: RowSet?
  /// The order.
  public var sort: Sort
  /// The most hits to return.
  public var limit: Int
  /// Hits left out at the start.
  public var offset: Int
  /// What recency counts from.
  public var now: Timestamp
  /// A conversation that is left out, as a row of the archive.
  public var excludedConversation: Int64?
  /// The cosine from which messages without a word of a question are its answers.
  public var leastSimilarity: Float = -1
  /// Whether a question goes by its words; otherwise by its meaning alone.
  public var usesWords = true
  /// Whether a conversation gives one hit at most, its best.
  public var isOnePerConversation = false

  /// Asks for the hits of a query, with the query's own filters.
  public init(
    query: SearchQuery, filters: SearchFilters? = nil, conversations: RowSet? = nil,
    messages: RowSet? = nil, sort: Sort = .relevance, limit: Int = 20, offset: Int = 0,
    now: Timestamp
  ) {
    self.query = query
    self.filters = filters ?? query.filters
    self.conversations = conversations
    self.messages = messages
    self.sort = sort
    self.limit = limit
    self.offset = offset
    self.now = now
  }
}
