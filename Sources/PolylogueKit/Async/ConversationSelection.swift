import PolylogueSQL

/// What a query has been narrowed down to; see ``NarrowsConversations``.
public struct ConversationSelection: Hashable, Sendable {
  /// The conditions on conversations and messages.
  public var filter = Filter()
  /// Queries in the language of ``Archive/search(_:mode:filter:sort:limit:offset:per:)``, each of which some
  /// message, or the title, must match.
  public var texts: [String] = []
  /// The text whose likes are looked for, best first; nil for no such text.
  public var example: String?
  /// The most conversations; nil for all.
  public var limit: Int?

  /// Everything.
  public init() {}

  /// Whether it names all conversations.
  var isEverything: Bool {
    filter.isEmpty && texts.isEmpty && example == nil && limit == nil
  }
}

/// A selection as far as the text index has its say: which conversations are left for the archive to
/// judge, or their final order.
struct ResolvedSelection: Sendable {
  enum Candidates: Sendable {
    case all
    /// Of these rows those that pass the filter.
    case among(RowSet)
    /// These rows, in this order.
    case ranked([Int64])
  }

  var filter: Filter
  var candidates: Candidates
}
