/// What a search found.
public struct SearchResults: Sendable {
  /// The hits in order, one a message.
  public var hits: [SearchHit]
  /// How many messages match, all pages together; at least so many where it is not exact.
  public var total: Int
  /// Whether ``total`` was counted to the end.
  public var isTotalExact: Bool
  /// Whether only the newest part of the index was searched, because the words are very common.
  public var isLimited: Bool
  /// Whether parts of the query were left out, because it is very long.
  public var isCut: Bool
}

/// A message or a conversation's title that matches.
public struct SearchHit: Sendable, Equatable {
  /// The conversation's row in the archive.
  public var conversation: Int64
  /// The message's row; nil when the conversation's title matches.
  public var message: Int64?
  /// The message's place in its conversation.
  public var position: Int
  /// Seconds since 1970.
  public var timestamp: Int64?
  /// How the rank came about.
  public var parts: ScoreParts
  /// The score that hits are ordered by.
  public var score: Double { parts.total }
}

/// The parts of a hit's score, which add up.
public struct ScoreParts: Sendable, Equatable {
  /// The words, by BM25 and the fields' weights, times the kind's weight.
  public var text: Double = 0
  /// The share of the best neighbouring message.
  public var neighbour: Double = 0
  /// The share of the conversation's other hits.
  public var session: Double = 0
  /// The share of recency.
  public var recency: Double = 0
  /// All together.
  public var total: Double { text + neighbour + session + recency }
}
