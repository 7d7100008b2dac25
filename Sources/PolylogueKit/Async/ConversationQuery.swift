/// Conversations narrowed down step by step; every step returns a new query.
public protocol NarrowsConversations {
  /// The conditions so far.
  var conditions: Filter { get set }
  /// The most conversations; nil for all.
  var most: Int? { get set }
}

extension NarrowsConversations {
  private func with(_ change: (inout Self) -> Void) -> Self {
    var copy = self
    change(&copy)
    return copy
  }

  /// Of this provider; called again, of either.
  public func provider(_ provider: Provider) -> Self {
    with { $0.conditions.providers.append(provider) }
  }

  /// With a message of this role; called again, of either.
  public func role(_ role: Role) -> Self { with { $0.conditions.roles.append(role) } }

  /// Answered by a model whose name begins so; called again, by either.
  public func model(_ name: String) -> Self { with { $0.conditions.models.append(name) } }

  /// From this moment on.
  public func since(_ time: Timestamp) -> Self { with { $0.conditions.since = time } }

  /// Before this moment.
  public func until(_ time: Timestamp) -> Self { with { $0.conditions.until = time } }

  /// With a tag; called again, with either.
  public func tag(_ name: String) -> Self { with { $0.conditions.tags.append(name) } }

  /// With these characters in the title.
  public func title(_ text: String) -> Self { with { $0.conditions.titles.append(text) } }

  /// Of a project whose name holds these characters; called again, of either.
  public func project(_ name: String) -> Self { with { $0.conditions.projects.append(name) } }

  /// In which a tool of this name was called; called again, either.
  public func tool(_ name: String) -> Self { with { $0.conditions.tools.append(name) } }

  /// With a message that has this.
  public func has(_ feature: Filter.Feature) -> Self {
    with { $0.conditions.has.insert(feature) }
  }

  /// Starred by the user.
  public func starred() -> Self { with { $0.conditions.isStarred = true } }

  /// No more than this many.
  public func limit(_ count: Int) -> Self { with { $0.most = max(0, count) } }
}

/// A query of ``AsyncPolylogue``: ask for ``list()``, ``first()`` or ``count()``, or iterate over it.
///
/// ```swift
/// for try await summary in archive.filter().provider(.codex).has(.code) {
///   print(summary.id)
/// }
/// ```
///
/// Iterating holds one page of conversations in memory, however many there are.
public struct AsyncConversationQuery: NarrowsConversations, AsyncSequence, Sendable {
  /// The conversations that are read at once while iterating.
  static let pageSize = 200

  /// The conditions so far.
  public var conditions = Filter()
  /// The most conversations; nil for all.
  public var most: Int?
  let pool: ReaderPool

  init(pool: ReaderPool) { self.pool = pool }

  /// The conversations, newest first.
  public func list() async throws -> [ConversationSummary] {
    let (conditions, most) = (conditions, most)
    return try await pool.run { try $0.list(filter: conditions, limit: most).items }
  }

  /// The newest one; nil when there is none.
  public func first() async throws -> ConversationSummary? {
    try await limit(1).list().first
  }

  /// How many there are.
  public func count() async throws -> Int {
    let (conditions, most) = (conditions, most)
    return try await pool.run { try $0.count(filter: conditions, limit: most) }
  }

  /// Reads the conversations page by page.
  public func makeAsyncIterator() -> Iterator { Iterator(query: self) }

  /// Conversations, newest first.
  public struct Iterator: AsyncIteratorProtocol {
    private let query: AsyncConversationQuery
    private var page: [ConversationSummary] = []
    private var index = 0
    private var cursor: String?
    private var isAtEnd = false
    private var left: Int

    init(query: AsyncConversationQuery) {
      self.query = query
      left = query.most ?? .max
    }

    /// The next one; nil at the end.
    public mutating func next() async throws -> ConversationSummary? {
      if index == page.count {
        guard !isAtEnd, left > 0 else { return nil }
        let (conditions, cursor) = (query.conditions, cursor)
        let size = Swift.min(left, AsyncConversationQuery.pageSize)
        let next = try await query.pool.run {
          try $0.list(filter: conditions, limit: size, after: cursor)
        }
        (page, index, self.cursor) = (next.items, 0, next.next)
        isAtEnd = next.next == nil
        left -= page.count
        guard !page.isEmpty else { return nil }
      }
      defer { index += 1 }
      return page[index]
    }
  }
}

/// A query of ``Polylogue``.
public struct ConversationQuery: NarrowsConversations, Sendable {
  /// The conditions so far.
  public var conditions = Filter()
  /// The most conversations; nil for all.
  public var most: Int?
  let pool: ReaderPool

  init(pool: ReaderPool) { self.pool = pool }

  /// The conversations, newest first.
  public func list() throws -> [ConversationSummary] {
    let (conditions, most) = (conditions, most)
    return try pool.runBlocking { try $0.list(filter: conditions, limit: most).items }
  }

  /// The newest one; nil when there is none.
  public func first() throws -> ConversationSummary? { try limit(1).list().first }

  /// How many there are.
  public func count() throws -> Int {
    let (conditions, most) = (conditions, most)
    return try pool.runBlocking { try $0.count(filter: conditions, limit: most) }
  }
}
