/// Conversations narrowed down step by step; every step returns a new query.
///
/// A conversation has to pass all steps. Steps on messages, such as ``role(_:)`` and ``has(_:)``, ask
/// whether some message fits; ``text(_:)`` asks for a message of the role, when one is given.
public protocol NarrowsConversations: Sendable {
  /// What the query asks for so far.
  var selection: ConversationSelection { get set }
}

extension NarrowsConversations {
  private func with(_ change: (inout ConversationSelection) -> Void) -> Self {
    var copy = self
    change(&copy.selection)
    return copy
  }

  /// Of this provider; called again, of either.
  public func provider(_ provider: Provider) -> Self {
    with { $0.filter.providers.append(provider) }
  }

  /// With a message of this role; called again, of either.
  public func role(_ role: Role) -> Self { with { $0.filter.roles.append(role) } }

  /// Answered by a model whose name begins so; called again, by either.
  public func model(_ name: String) -> Self { with { $0.filter.models.append(name) } }

  /// From this moment on, such as `.daysAgo(7)`.
  public func since(_ time: Timestamp) -> Self { with { $0.filter.since = time } }

  /// Before this moment.
  public func until(_ time: Timestamp) -> Self { with { $0.filter.until = time } }

  /// With a tag of the user, by its exact bytes; called again, with either.
  public func tag(_ name: String) -> Self { with { $0.filter.tags.append(name) } }

  /// With these characters in the title.
  public func title(_ text: String) -> Self { with { $0.filter.titles.append(text) } }

  /// Of a project whose name holds these characters; called again, of either.
  public func project(_ name: String) -> Self { with { $0.filter.projects.append(name) } }

  /// In which a tool of this name was called; called again, either.
  public func tool(_ name: String) -> Self { with { $0.filter.tools.append(name) } }

  /// With a message that has this.
  public func has(_ feature: Filter.Feature) -> Self {
    with { $0.filter.has.insert(feature) }
  }

  /// Starred by the user.
  public func starred() -> Self { with { $0.filter.isStarred = true } }

  /// With a message, or the title, that matches a query; called again, all of them, each by a
  /// message of its own.
  ///
  /// ```swift
  /// let questions = try await balcony.role(.user).text("\"sensor drift\" -offset").count()
  /// ```
  ///
  /// - Parameter query: Words and operators as ``Archive/search(_:mode:filter:sort:limit:offset:per:)`` takes
  ///   them. A query without a word that can be searched for finds nothing, one of filters alone
  ///   what they let pass.
  public func text(_ query: String) -> Self { with { $0.texts.append(query) } }

  /// Like a text, the most alike first, at most 200 of them; called again, like the last one.
  ///
  /// Conversations rank by the text's words that are the rarest in the archive and, where messages have
  /// vectors (``Archive/embed(with:onProgress:isCancelled:)``), by what they mean: then another word for
  /// the same thing is found too. Any text will do, a whole conversation's too.
  ///
  /// ```swift
  /// let alike = try await balcony.similar("the reading creeps up at night").limit(5).list()
  /// ```
  public func similar(_ text: String) -> Self { with { $0.example = text } }

  /// No more than this many.
  public func limit(_ count: Int) -> Self { with { $0.limit = max(0, count) } }
}

/// A query of ``AsyncPolylogue``: ask for ``list()``, ``first()`` or ``count()``, iterate over it, or
/// ``delete()`` what it finds.
///
/// ```swift
/// for try await summary in archive.filter().provider(.codex).has(.code) {
///   print(summary.id)
/// }
/// ```
///
/// Its steps, such as `provider(_:)`, `since(_:)` and `text(_:)`, are those of
/// ``NarrowsConversations``. Iterating holds one page of conversations in memory, however many there are, and with a condition
/// on text eight bytes for each that matches.
public struct AsyncConversationQuery: NarrowsConversations, AsyncSequence {
  /// The conversations that are read at once while iterating.
  static let pageSize = 200

  /// What the query asks for so far.
  public var selection = ConversationSelection()
  let archive: AsyncPolylogue

  /// The conversations, newest first; after ``NarrowsConversations/similar(_:)`` the most alike
  /// first.
  public func list() async throws -> [ConversationSummary] {
    try await archive.pool.run { [selection] in try $0.list(selection) }
  }

  /// The first one; nil when there is none.
  public func first() async throws -> ConversationSummary? {
    guard selection.limit != 0 else { return nil }
    return try await limit(1).list().first
  }

  /// How many there are.
  public func count() async throws -> Int {
    try await archive.pool.run { [selection] in try $0.count(selection) }
  }

  /// What a person should know about the answer: that some messages cannot be searched yet, or that
  /// a word in a ``NarrowsConversations/text(_:)`` looks like a filter and is none.
  public func notes() async throws -> [String] {
    try await archive.pool.run { [selection] in try $0.notes(on: selection) }
  }

  /// Deletes the conversations for good; see ``Archive/delete(_:isCancelled:)`` for what stays.
  ///
  /// ```swift
  /// let done = try await archive.filter().provider(.codex).until(lastYear).delete()
  /// print("deleted \(done.conversations) conversations")
  /// ```
  ///
  /// It waits for its turn among the archive's writers. Cancelling the task ends it after the
  /// conversation at hand; what was deleted by then stays deleted.
  ///
  /// - Throws: ``ArchiveError`` with code `invalidArgument` for a query without any condition or
  ///   limit, which is more likely a mistake than a wish, and for one that ranks by likeness and has
  ///   no limit; with code `locked` for one that asks for text while another process, or an import of
  ///   this one, has not taken all messages into the text index yet: nothing is deleted then.
  @discardableResult
  public func delete() async throws -> DeletionReport {
    try await archive.write { [selection] in try $0.delete(selection, isCancelled: $1) }
  }

  /// Reads the conversations page by page.
  public func makeAsyncIterator() -> Iterator { Iterator(query: self) }

  /// Conversations in the order of ``AsyncConversationQuery/list()``.
  public struct Iterator: AsyncIteratorProtocol {
    private let query: AsyncConversationQuery
    private var resolved: ResolvedSelection?
    private var page: [ConversationSummary] = []
    private var index = 0
    private var cursor: String?
    private var isAtEnd = false
    private var left: Int

    init(query: AsyncConversationQuery) {
      self.query = query
      left = query.selection.limit ?? .max
    }

    /// The next one; nil at the end.
    public mutating func next() async throws -> ConversationSummary? {
      while index == page.count {
        guard !isAtEnd, left > 0 else { return nil }
        try await readPage()
      }
      defer { index += 1 }
      return page[index]
    }

    private mutating func readPage() async throws {
      let (selection, known, cursor) = (query.selection, resolved, cursor)
      let size = Swift.min(left, AsyncConversationQuery.pageSize)
      let (resolved, next) = try await query.archive.pool.run { archive in
        let resolved = try known ?? archive.resolve(selection)
        return (resolved, try archive.page(of: resolved, limit: size, after: cursor))
      }
      self.resolved = resolved
      (page, index, self.cursor) = (next.items, 0, next.next)
      isAtEnd = next.next == nil
      left -= page.count
    }
  }
}

/// A query of ``Polylogue``: ask for ``list()``, ``first()`` or ``count()``, or ``delete()`` what it
/// finds.
///
/// Its steps, such as `provider(_:)`, `since(_:)` and `text(_:)`, are those of
/// ``NarrowsConversations``.
public struct ConversationQuery: NarrowsConversations {
  /// What the query asks for so far.
  public var selection = ConversationSelection()
  let archive: AsyncPolylogue

  /// The conversations, newest first; after ``NarrowsConversations/similar(_:)`` the most alike
  /// first.
  public func list() throws -> [ConversationSummary] {
    try archive.pool.runBlocking { [selection] in try $0.list(selection) }
  }

  /// The first one; nil when there is none.
  public func first() throws -> ConversationSummary? {
    guard selection.limit != 0 else { return nil }
    return try limit(1).list().first
  }

  /// How many there are.
  public func count() throws -> Int {
    try archive.pool.runBlocking { [selection] in try $0.count(selection) }
  }

  /// What a person should know about the answer; see ``AsyncConversationQuery/notes()``.
  public func notes() throws -> [String] {
    try archive.pool.runBlocking { [selection] in try $0.notes(on: selection) }
  }

  /// Deletes the conversations for good; see ``AsyncConversationQuery/delete()``.
  @discardableResult
  public func delete() throws -> DeletionReport {
    try archive.writeBlocking { try $0.delete(selection) }
  }
}
