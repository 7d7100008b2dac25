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
/// that is durable, which it is at once unless ``setWaitsForDisk(_:)`` says otherwise, the caller may
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
  /// Why nothing more can be written, if so.
  private var refusal: (any Error)?

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

  /// Whether a commit returns only when it is durable, as it does at first; set between groups. If
  /// not, ``ArchiveFolder/synchronizeLog()`` must be called before anyone is told of the commit.
  public func setWaitsForDisk(_ waits: Bool) throws {
    do {
      try connection.execute("PRAGMA synchronous=\(waits ? "FULL" : "NORMAL")")
    } catch {
      // Without it, later commits would count as durable and not be.
      if waits { refusal = translated(error) }
      throw translated(error)
    }
  }

  /// Whether foreign keys are enforced, as they are at first; set between groups. Without, whoever
  /// deletes a message takes away what refers to it: SQLite would look through all of
  /// `shared_message` for each.
  public func setEnforcesReferences(_ enforces: Bool) throws {
    try connection.execute("PRAGMA foreign_keys=\(enforces ? "ON" : "OFF")")
  }

  /// Repairs what a failure of the disk leaves: Linux tells of it once, and takes for written what is
  /// not, so that whatever the log gets from now on might stand behind a hole. All of it is written
  /// again, to the database; if that fails too, the session takes no further group.
  public func abandonLog() {
    do {
      try checkpoint()
      guard ArchiveFolder.byteCount(of: folder.archivePath + "-wal") == 0 else {
        throw ArchiveError(
          .io,
          "the disk failed, and \(folder.archivePath) cannot be brought up to date: others read it")
      }
    } catch {
      refusal = error
    }
  }

  /// Whether a group is open.
  public var isInGroup: Bool { connection.isInTransaction }

  /// Begins a group, if none is open.
  public func beginGroup() throws {
    guard !connection.isInTransaction else { return }
    if let refusal { throw refusal }
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
