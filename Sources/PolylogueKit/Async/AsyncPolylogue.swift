import Glibc

/// An archive for asynchronous code: many queries at once, each cancellable.
///
/// ```swift
/// try await AsyncPolylogue.open(path: path) { archive in
///   async let page = archive.search("sensor drift")
///   async let recent = archive.filter().provider(.claudeCode).limit(10).list()
///   for hit in try await page.hits { print(hit.title ?? "", hit.plainSnippet) }
///   for summary in try await recent { print(summary.id, summary.title ?? "") }
/// }
/// ```
///
/// Every query runs on a reader of its own, so that none waits for another or for a writer; there
/// are twice as many readers as cores, at most ``readerLimit``: so a long query holds up no short
/// one, and the last of a few does not run alone. Cancelling the task that waits for a query
/// interrupts it.
public final class AsyncPolylogue: Sendable {
  /// The most readers that are opened unless asked for otherwise.
  public static let readerLimit = 8

  let pool: ReaderPool
  let lane: WriterLane
  let watcher: ChangeWatcher

  /// An archive; it is opened by the first query, or made by the first import.
  ///
  /// - Parameters:
  ///   - path: The archive's folder.
  ///   - readers: The most queries at once; nil for two a core.
  public init(path: String, readers: Int? = nil) {
    let cores = max(2, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    pool = ReaderPool(path: path, size: readers ?? min(cores * 2, AsyncPolylogue.readerLimit))
    lane = WriterLane(path: path)
    watcher = ChangeWatcher(path: path)
  }

  deinit {
    watcher.close()
    pool.close()
  }

  /// Opens an archive for the time of `body`.
  ///
  /// - Parameters:
  ///   - path: The archive's folder.
  ///   - createIfMissing: Whether to make an archive where there is none, or bring one of an older
  ///     format up to date; otherwise that is an error.
  ///   - readers: The most queries at once; nil for two a core.
  ///   - isolation: Where `body` runs: where the caller does.
  ///   - body: What to do with it; the archive is closed after that, as by ``close()``.
  /// - Throws: What `body` throws; ``ArchiveError`` as ``Archive/init(path:access:onWait:)``.
  public static func open<R>(
    path: String, createIfMissing: Bool = false, readers: Int? = nil,
    isolation: isolated (any Actor)? = #isolation, _ body: (AsyncPolylogue) async throws -> R
  ) async throws -> R {
    let archive = AsyncPolylogue(path: path, readers: readers)
    do {
      if createIfMissing { try await archive.lane.run { _, _ in } }
      _ = try await archive.pool.run { $0.path }
      let result = try await body(archive)
      await archive.close()
      return result
    } catch {
      await archive.close()
      throw error
    }
  }

  /// Ends the work on the archive; when it returns, nothing touches the archive any more.
  ///
  /// No further query, import or deletion is let in. Imports are stopped as by
  /// ``ImportRun/cancel()``: what was acknowledged stays. Queries and deletions that were begun are
  /// waited for; streams of changes end.
  public func close() async {
    await withCheckedContinuation { continuation in
      watcher.close { continuation.resume() }
    }
    await withCheckedContinuation { continuation in
      lane.close { continuation.resume() }
    }
    await withCheckedContinuation { continuation in
      pool.close { continuation.resume() }
    }
  }

  // MARK: Verbs

  /// The conversation with an id; nil when there is none.
  public func conversation(_ id: ConversationID) async throws -> Conversation? {
    try await pool.run { try $0.conversation(id) }
  }

  /// The conversation whose public id, or the provider's own id, begins with these characters.
  ///
  /// - Throws: ``ArchiveError``: `notFound`, or `ambiguous` with candidates named.
  public func conversation(matching prefix: String) async throws -> Conversation {
    try await pool.run { try $0.conversation(matching: prefix) }
  }

  /// Conversations in the order of their ids, read on all readers at once; nil for one that is not
  /// there.
  public func conversations(_ ids: [ConversationID]) async throws -> [Conversation?] {
    // A few pieces a reader even out conversations of different length.
    let size = max(1, (ids.count + pool.size * 4 - 1) / (pool.size * 4))
    return try await withThrowingTaskGroup(of: (Int, [Conversation?]).self) { group in
      for start in stride(from: 0, to: ids.count, by: size) {
        let part = Array(ids[start..<min(start + size, ids.count)])
        group.addTask { [pool] in
          (start, try await pool.run { archive in try part.map { try archive.conversation($0) } })
        }
      }
      var found = [Conversation?](repeating: nil, count: ids.count)
      for try await (start, part) in group {
        for (index, conversation) in part.enumerated() { found[start + index] = conversation }
      }
      return found
    }
  }

  /// One page of conversations, newest first.
  ///
  /// - Parameters:
  ///   - filter: Conditions that a conversation has to meet.
  ///   - limit: The most conversations; nil for all.
  ///   - cursor: ``ConversationPage/next`` of the page before.
  public func list(
    filter: Filter = Filter(), limit: Int? = 50, after cursor: String? = nil
  ) async throws -> ConversationPage {
    try await pool.run { try $0.list(filter: filter, limit: limit, after: cursor) }
  }

  /// Finds messages and titles; see ``Archive/search(_:mode:filter:sort:limit:offset:per:)``.
  public func search(
    _ query: String, mode: SearchMode = .text, filter: Filter = Filter(),
    sort: SearchSort = .relevance, limit: Int = 20, offset: Int = 0, per unit: HitUnit? = nil
  ) async throws -> SearchPage {
    try await pool.run {
      try $0.search(
        query, mode: mode, filter: filter, sort: sort, limit: limit, offset: offset, per: unit)
    }
  }

  /// Finds what is like a conversation or a message; see
  /// ``Archive/similar(to:filter:limit:offset:per:)``.
  public func similar(
    to id: String, filter: Filter = Filter(), limit: Int = 20, offset: Int = 0,
    per unit: HitUnit = .conversation
  ) async throws -> SearchPage {
    try await pool.run {
      try $0.similar(to: id, filter: filter, limit: limit, offset: offset, per: unit)
    }
  }

  /// Totals, and a breakdown when asked for.
  public func stats(by grouping: Statistics.Grouping? = nil) async throws -> Statistics {
    try await pool.run { try $0.statistics(by: grouping) }
  }

  /// All conversations, to be narrowed down.
  public func filter() -> AsyncConversationQuery { AsyncConversationQuery(archive: self) }

  /// Imports files, folders and ZIPs into the archive, making it when there is none.
  ///
  /// Several imports may run at once; beyond four of them, they wait in line.
  ///
  /// ```swift
  /// for try await event in archive.import([export]) {
  ///   if case .imported(let path) = event { print(path) }
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - paths: What to import; `-` is standard input.
  ///   - options: How to import it.
  /// - Returns: The import, which begins when it is iterated or its report is asked for.
  public func `import`(
    _ paths: [String], options: ImportOptions = ImportOptions()
  ) -> ImportRun {
    ImportRun(feed: ImportFeed(lane: lane, input: .paths(paths), options: options))
  }

  /// Reads the bytes that the archive keeps with today's parsers, without the original files; see
  /// ``Archive/reprocess(all:options:isCancelled:onEvent:)``.
  ///
  /// - Parameters:
  ///   - all: Also read what today's parsers have read already.
  ///   - options: How to read it, such as the importers to use; paths and dry runs play no part.
  /// - Returns: The work, which begins when it is iterated or its report is asked for.
  public func reprocess(
    all: Bool = false, options: ImportOptions = ImportOptions()
  ) -> ImportRun {
    ImportRun(feed: ImportFeed(lane: lane, input: .archive(all: all), options: options))
  }

  /// Deletes conversations for good; see ``Archive/delete(_:isCancelled:)`` for what stays, and
  /// ``AsyncConversationQuery/delete()`` for deleting what a query finds.
  ///
  /// - Parameter ids: Those that are not there are passed over.
  @discardableResult
  public func delete(_ ids: [ConversationID]) async throws -> DeletionReport {
    try await write { try $0.delete(ids, isCancelled: $1) }
  }

  /// Runs `body` with a writer of an archive that is there already.
  func write<R: Sendable>(
    _ body: @escaping @Sendable (Archive, _ isCancelled: () -> Bool) throws -> R
  ) async throws -> R {
    _ = try await pool.run { $0.path }
    return try await lane.run { archive, flag in try body(archive) { flag.isSet } }
  }

  /// As ``write(_:)``, on the calling thread.
  func writeBlocking<R>(_ body: (Archive) throws -> R) throws -> R {
    _ = try pool.runBlocking { $0.path }
    return try lane.runBlocking { archive, _ in try body(archive) }
  }

  /// As ``close()``, on the calling thread.
  func closeBlocking() {
    for close in [watcher.close, lane.close, pool.close] {
      let answer = Answer<Void>()
      close { answer.set(.success(())) }
      _ = answer.wait()
    }
  }

  /// The number of the newest committed change; what ``changes(after:)`` begins with.
  public func newestChange() async throws -> Int64 {
    try await pool.run { try $0.newestChange() }
  }

  /// Committed changes as they happen, of this process and all others.
  ///
  /// ```swift
  /// for try await change in archive.changes() where change.kind == .added {
  ///   print("new:", change.conversation)
  /// }
  /// ```
  ///
  /// - Parameter sequence: The ``ArchiveChange/sequence`` of the last change that is known already,
  ///   0 for all; nil begins with what is committed after the first one was asked for.
  public func changes(after sequence: Int64? = nil) -> ArchiveChanges {
    ArchiveChanges(archive: self, start: sequence)
  }
}
