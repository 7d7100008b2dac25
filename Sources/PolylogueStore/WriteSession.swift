import PolylogueModel
import PolylogueSQL

/// The one writer of an archive in this process.
///
/// Work is done in groups: a group takes the lock, opens a transaction, and ends with a durable
/// commit, after which the caller may acknowledge what was in it. Between groups other processes
/// get their turn.
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

  /// Opens an archive for writing, making it when there is none.
  public init(folder: ArchiveFolder) throws {
    self.folder = folder
    try folder.make()
    lock = try WriterLock(path: folder.archiveLockPath)
    connection = try lock.withLock { try ArchiveDatabase.openForWriting(folder) }
    raw = RawWriter(connection: connection)
    conversations = ConversationWriter(connection: connection, raw: raw)
  }

  /// Whether a group is open.
  public var isInGroup: Bool { connection.isInTransaction }

  /// Begins a group, if none is open.
  public func beginGroup() throws {
    guard !connection.isInTransaction else { return }
    try lock.acquire()
    do {
      try connection.execute("BEGIN IMMEDIATE")
    } catch {
      lock.release()
      throw translated(error)
    }
  }

  /// Commits the open group durably.
  ///
  /// - Returns: The number of the newest line of the change feed.
  @discardableResult
  public func commitGroup() throws -> Int64 {
    guard connection.isInTransaction else { return 0 }
    do {
      try conversations.flushTotals()
      let sequence = try connection.integer("SELECT max(sequence) FROM change") ?? 0
      try connection.execute("COMMIT")
      let log = ArchiveFolder.byteCount(of: folder.archivePath + "-wal")
      // The group is durable already: a checkpoint that fails is tried again after the next one.
      if log > WriteSession.checkpointByteCount { try? connection.checkpoint() }
      lock.release()
      return sequence
    } catch {
      rollBackGroup()
      throw translated(error)
    }
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

  /// Copies the log back into the database, so that it starts small next time.
  public func checkpoint() throws {
    do {
      try lock.withLock { try connection.checkpoint() }
    } catch {
      throw translated(error)
    }
  }

  private func translated(_ error: any Error) -> any Error {
    guard let error = error as? SQLError else { return error }
    return ArchiveDatabase.translate(error, path: folder.archivePath)
  }
}
