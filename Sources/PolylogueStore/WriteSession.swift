import PolylogueModel
import PolylogueSQL

/// A stretch of the change feed.
public struct FeedSpan: Sendable {
  /// The newest number before it.
  public var before: Int64
  /// The newest number in it.
  public var after: Int64
}

/// The one writer of an archive in this process.
///
/// Work is done in groups: a group takes the lock, opens a transaction, and ends with a commit. Once
/// that is durable, which it is at once unless ``setBulk(_:)`` says otherwise, the caller may
/// acknowledge what was in it. Between groups other processes get their turn.
public final class WriteSession {
  /// The write-ahead log is copied back once it is longer than this, in bytes.
  public static let checkpointByteCount: Int64 = 32 << 20

  /// The archive's folder.
  public let folder: ArchiveFolder
  /// The writer's connection.
  public let connection: Connection
  /// The raw tier.
  public let raw: RawWriter
  /// The structured tier.
  public let conversations: ConversationWriter
  private let lock: WriterLock
  /// The newest line of the change feed when the open group began.
  private var base: Int64 = 0

  /// Opens an archive for writing, making it when there is none.
  ///
  /// - Parameter onWait: Told when another process writes for so long that a person would wonder.
  public init(folder: ArchiveFolder, onWait: (() -> Void)? = nil) throws {
    self.folder = folder
    try folder.make()
    lock = try WriterLock(path: folder.archiveLockPath)
    lock.onWait = onWait
    connection = try lock.withLock { try ArchiveDatabase.openForWriting(folder) }
    raw = RawWriter(connection: connection)
    conversations = ConversationWriter(connection: connection, raw: raw)
  }

  /// Begins or ends the writing of very many rows; between groups.
  ///
  /// Meanwhile a commit does not wait for the disk: somebody else must synchronise the write-ahead
  /// log before anyone is told of it. And SQLite does not look up what a row refers to: a group has
  /// just written or found that itself, and asking again takes 4 % of an import. `verify` looks at all
  /// references.
  public func setBulk(_ isBulk: Bool) throws {
    try connection.execute(
      isBulk
        ? "PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=OFF"
        : "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON")
  }

  /// Whether a group is open.
  public var isInGroup: Bool { connection.isInTransaction }

  /// Begins a group, if none is open.
  public func beginGroup() throws {
    guard !connection.isInTransaction else { return }
    try lock.acquire()
    do {
      try connection.execute("BEGIN IMMEDIATE")
      base = try connection.integer("SELECT max(sequence) FROM change") ?? 0
      try conversations.findNextRows()
      try raw.findLost()
    } catch {
      if connection.isInTransaction { try? connection.execute("ROLLBACK") }
      lock.release()
      throw translated(error)
    }
  }

  /// Commits the open group.
  ///
  /// - Returns: The numbers of the newest line of the change feed before the group and after it.
  @discardableResult
  public func commitGroup() throws -> FeedSpan {
    guard connection.isInTransaction else { return FeedSpan(before: base, after: base) }
    do {
      try conversations.flushTotals()
      let sequence = try connection.integer("SELECT max(sequence) FROM change") ?? 0
      try connection.execute("COMMIT")
      let log = ArchiveFolder.byteCount(of: folder.archivePath + "-wal")
      // The group is committed already: a checkpoint that fails is tried again after the next one.
      if log > WriteSession.checkpointByteCount { try? connection.checkpoint() }
      lock.release()
      return FeedSpan(before: base, after: sequence)
    } catch {
      rollBackGroup()
      throw translated(error)
    }
  }

  /// Commits the open group and begins the next one without letting another process in: a
  /// conversation may be half written.
  public func commitAndContinue() throws -> FeedSpan {
    try lock.acquire()
    defer { lock.release() }
    let span = try commitGroup()
    try beginGroup()
    return span
  }

  /// Undoes the open group.
  public func rollBackGroup() {
    if connection.isInTransaction { try? connection.execute("ROLLBACK") }
    conversations.discard()
    lock.release()
  }

  /// Runs `body` as a group of its own.
  public func group<R>(_ body: () throws -> R) throws -> R {
    try beginGroup()
    do {
      let result = try body()
      try commitGroup()
      return result
    } catch {
      rollBackGroup()
      throw translated(error)
    }
  }

  /// Runs `body` with the lock held and no transaction open.
  public func exclusively<R>(_ body: (Connection) throws -> R) throws -> R {
    do {
      return try lock.withLock { try body(connection) }
    } catch {
      throw translated(error)
    }
  }

  /// Copies the log back into the database, so that it starts small next time.
  public func checkpoint() throws {
    do {
      try lock.withLock { try connection.checkpoint() }
    } catch {
      throw translated(error)
    }
  }

  /// As ``checkpoint()``, unless another writer is at work: then that one does it at its end.
  public func checkpointIfFree() throws {
    guard lock.acquireIfFree() else { return }
    defer { lock.release() }
    try checkpoint()
  }

  private func translated(_ error: any Error) -> any Error {
    guard let error = error as? SQLError else { return error }
    return ArchiveDatabase.translate(error, path: folder.archivePath)
  }
}
