/// An archive for code that waits: the verbs of ``AsyncPolylogue``, each returning when it is done.
///
/// ```swift
/// let archive = Polylogue(path: path)
/// for summary in try archive.filter().title("thermometer").list() {
///   print(summary.id, summary.title ?? "")
/// }
/// ```
///
/// It may be used by several threads at once. It must not be used by asynchronous code, whose
/// threads it would keep waiting.
public final class Polylogue: Sendable {
  let async: AsyncPolylogue
  private var pool: ReaderPool { async.pool }

  /// An archive; it is opened by the first query, or made by the first import.
  ///
  /// - Parameters:
  ///   - path: The archive's folder.
  ///   - readers: The most queries at once; nil for two a core.
  public init(path: String, readers: Int? = nil) {
    async = AsyncPolylogue(path: path, readers: readers)
  }

  /// Opens an archive for the time of `body`.
  ///
  /// - Parameters:
  ///   - path: The archive's folder.
  ///   - createIfMissing: Whether to make an archive where there is none, or bring one of an older
  ///     format up to date; otherwise that is an error.
  ///   - readers: The most queries at once; nil for two a core.
  ///   - body: What to do with it; the archive is closed after that. What other threads do with it
  ///     then is ended: imports are stopped, and what they have acknowledged stays; queries and
  ///     deletions that were begun are waited for.
  /// - Throws: What `body` throws; ``ArchiveError`` as ``Archive/init(path:access:onWait:)``.
  public static func open<R>(
    path: String, createIfMissing: Bool = false, readers: Int? = nil,
    _ body: (Polylogue) throws -> R
  ) throws -> R {
    let archive = Polylogue(path: path, readers: readers)
    defer { archive.async.closeBlocking() }
    if createIfMissing { try archive.async.lane.runBlocking { _, _ in } }
    _ = try archive.pool.runBlocking { $0.path }
    return try body(archive)
  }

  /// The conversation with an id; nil when there is none.
  public func conversation(_ id: ConversationID) throws -> Conversation? {
    try pool.runBlocking { try $0.conversation(id) }
  }

  /// The conversation whose public id, or the provider's own id, begins with these characters.
  ///
  /// - Throws: ``ArchiveError``: `notFound`, or `ambiguous` with candidates named.
  public func conversation(matching prefix: String) throws -> Conversation {
    try pool.runBlocking { try $0.conversation(matching: prefix) }
  }

  /// Conversations in the order of their ids; nil for one that is not there.
  public func conversations(_ ids: [ConversationID]) throws -> [Conversation?] {
    try pool.runBlocking { archive in try ids.map { try archive.conversation($0) } }
  }

  /// One page of conversations, newest first; see ``AsyncPolylogue/list(filter:limit:after:)``.
  public func list(
    filter: Filter = Filter(), limit: Int? = 50, after cursor: String? = nil
  ) throws -> ConversationPage {
    try pool.runBlocking { try $0.list(filter: filter, limit: limit, after: cursor) }
  }

  /// Finds messages and titles; see ``Archive/search(_:mode:filter:sort:limit:offset:per:)``.
  public func search(
    _ query: String, mode: SearchMode = .text, filter: Filter = Filter(),
    sort: SearchSort = .relevance, limit: Int = 20, offset: Int = 0, per unit: HitUnit? = nil
  ) throws -> SearchPage {
    try pool.runBlocking {
      try $0.search(
        query, mode: mode, filter: filter, sort: sort, limit: limit, offset: offset, per: unit)
    }
  }

  /// Finds what is like a conversation or a message; see
  /// ``Archive/similar(to:filter:limit:offset:per:)``.
  public func similar(
    to id: String, filter: Filter = Filter(), limit: Int = 20, offset: Int = 0,
    per unit: HitUnit = .conversation
  ) throws -> SearchPage {
    try pool.runBlocking {
      try $0.similar(to: id, filter: filter, limit: limit, offset: offset, per: unit)
    }
  }

  /// Totals, and a breakdown when asked for.
  public func stats(by grouping: Statistics.Grouping? = nil) throws -> Statistics {
    try pool.runBlocking { try $0.statistics(by: grouping) }
  }

  /// All conversations, to be narrowed down.
  public func filter() -> ConversationQuery { ConversationQuery(archive: async) }

  /// Imports files, folders and ZIPs into the archive, making it when there is none; see
  /// ``Archive/importPaths(_:options:isCancelled:onEvent:)``.
  ///
  /// ```swift
  /// let report = try archive.import([export])
  /// print(report.conversations.new, "new conversations")
  /// ```
  @discardableResult
  public func `import`(
    _ paths: [String], options: ImportOptions = ImportOptions(),
    onEvent: @escaping (ImportEvent) -> Void = { _ in }, isCancelled: () -> Bool = { false }
  ) throws -> ImportReport {
    try async.lane.runBlocking { archive, flag in
      try archive.importPaths(
        paths, options: options, isCancelled: { flag.isSet || isCancelled() }, onEvent: onEvent)
    }
  }

  /// Reads the bytes that the archive keeps with today's parsers, without the original files; see
  /// ``Archive/reprocess(all:options:isCancelled:onEvent:)``.
  @discardableResult
  public func reprocess(
    all: Bool = false, options: ImportOptions = ImportOptions(),
    onEvent: @escaping (ImportEvent) -> Void = { _ in }, isCancelled: () -> Bool = { false }
  ) throws -> ImportReport {
    _ = try pool.runBlocking { $0.path }
    return try async.lane.runBlocking { archive, flag in
      try archive.reprocess(
        all: all, options: options, isCancelled: { flag.isSet || isCancelled() }, onEvent: onEvent)
    }
  }

  /// Deletes conversations for good; see ``Archive/delete(_:isCancelled:)`` for what stays, and
  /// ``ConversationQuery/delete()`` for deleting what a query finds.
  ///
  /// - Parameter ids: Those that are not there are passed over.
  @discardableResult
  public func delete(_ ids: [ConversationID]) throws -> DeletionReport {
    try async.writeBlocking { try $0.delete(ids) }
  }

  /// The number of the newest committed change.
  public func newestChange() throws -> Int64 { try pool.runBlocking { try $0.newestChange() } }

  /// Committed changes after a number, oldest first; see ``Archive/changes(after:limit:)``.
  public func changes(after sequence: Int64, limit: Int = 1000) throws -> [ArchiveChange] {
    try pool.runBlocking { try $0.changes(after: sequence, limit: limit) }
  }
}
