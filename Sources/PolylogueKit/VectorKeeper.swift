import Glibc
import PolylogueModel
import PolylogueSQL
import PolylogueSearch
import PolylogueStore

/// Keeps the file of vectors in step with the archive, as far as that needs no model: what went is
/// taken away, what came or changed is queued for ``EmbedRun``.
///
/// One process at a time keeps the file. It is a file of its own beside the text index, so that hours
/// of computing neither hold the lock of that, nor are lost when that is made again.
final class VectorKeeper {
  /// The lines of the change feed that are taken in at once.
  private static let feedLimit = 1000

  let folder: ArchiveFolder
  let lock: WriterLock
  /// The archive, on a connection of the keeper's own.
  let archive: Connection
  let feed: FeedReader
  private(set) var connection: Connection
  /// What a person should know.
  private(set) var notes: [String] = []

  /// Opens the file, which is made when it is not there; the lock must be held.
  init(folder: ArchiveFolder, lock: WriterLock) throws {
    self.folder = folder
    self.lock = lock
    archive = try ArchiveDatabase.openForReading(folder)
    let compressor = Compressor()
    try Dictionaries.load(from: archive, into: compressor)
    feed = FeedReader(connection: archive, compressor: compressor)
    let (opened, isAnew) = try VectorKeeper.open(folder)
    connection = opened
    if isAnew {
      notes.append("\(folder.vectorsPath) was of a former version and is made anew")
    }
    // Held once more for as long as this lives; last, so that nothing throws after it.
    _ = lock.acquireIfFree()
  }

  /// A keeper, if there is a file and nobody else keeps it.
  static func ifFree(_ folder: ArchiveFolder) throws -> VectorKeeper? {
    guard ArchiveFolder.byteCount(of: folder.vectorsPath) > 0 else { return nil }
    let lock = try WriterLock(path: folder.vectorsLockPath)
    guard lock.acquireIfFree() else { return nil }
    defer { lock.release() }
    return try VectorKeeper(folder: folder, lock: lock)
  }

  deinit { lock.release() }

  private static func open(_ folder: ArchiveFolder) throws -> (Connection, isAnew: Bool) {
    let isFresh = ArchiveFolder.byteCount(of: folder.vectorsPath) == 0
    if isFresh { try ArchiveFolder.makePrivateFile(folder.vectorsPath) }
    let connection = try Connection(path: folder.vectorsPath, mode: .readWrite)
    switch try VectorFile.state(of: connection) {
    case .newer:
      throw ArchiveError(
        .newerVersion,
        "\(folder.vectorsPath) was written by a newer version of polylogue; it was left untouched."
          + " Update polylogue, or delete the file: its vectors are then computed again")
    case .foreign:
      throw ArchiveError(
        .unknownFormat,
        "\(folder.vectorsPath) is a database of another program; it was left untouched")
    case .older where !isFresh:
      try remove(folder)
      return (try open(folder).0, true)
    case .empty, .current, .older:
      try VectorFile.prepare(connection)
      return (connection, false)
    }
  }

  /// Looks at the pages of the file, where there is one: some 8 s for a GB.
  ///
  /// - Returns: What is wrong with them.
  static func problems(_ folder: ArchiveFolder) throws -> [String] {
    guard ArchiveFolder.byteCount(of: folder.vectorsPath) > 0 else { return [] }
    do {
      let connection = try Connection.reading(path: folder.vectorsPath)
      let statement = try connection.statement("PRAGMA quick_check(10)")
      defer { statement.reset() }
      var problems: [String] = []
      while try statement.step() {
        if statement.string(0) != "ok" { problems.append(statement.string(0)) }
      }
      return problems
    } catch let error as SQLError where error.isDamage {
      return [error.message]
    }
  }

  /// Fails with ``VectorIndexError/damage`` where the pages of the file are damaged.
  static func check(_ folder: ArchiveFolder) throws {
    guard try problems(folder).isEmpty else { throw VectorIndexError.damage }
  }

  /// Removes the file; only for whoever holds its lock.
  static func remove(_ folder: ArchiveFolder) throws {
    for suffix in ["", "-wal", "-shm"] {
      guard unlink(folder.vectorsPath + suffix) == 0 || errno == ENOENT else {
        throw ArchiveFolder.failure("cannot remove \(folder.vectorsPath + suffix)")
      }
    }
  }

  /// The archive's own error for a failure of the file of vectors; others as they are.
  static func translate(_ error: any Error, folder: ArchiveFolder) -> any Error {
    let isDamage =
      (error as? SQLError)?.isDamage ?? ((error as? VectorIndexError)?.code == .damaged)
    if isDamage {
      return ArchiveError(
        .damaged,
        "\(folder.vectorsPath) is damaged; “polylogue embed” makes it anew, the archive is unharmed"
      )
    }
    switch error {
    case let error as SQLError:
      return ArchiveDatabase.translate(error, path: folder.vectorsPath)
    case let error as VectorIndexError:
      return ArchiveError(
        error.code == .version ? .unknownFormat : .invalidArgument,
        "\(folder.vectorsPath): \(error.message)")
    default: return error
    }
  }

  /// Runs `body`, which reads the archive: its failures are not those of the file of vectors.
  func reading<R>(_ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch let error as SQLError {
      throw ArchiveDatabase.translate(error, path: folder.archivePath)
    }
  }

  // MARK: Change feed

  /// Whether the archive has changed since a model's vectors were brought in step.
  func isBehind(_ writer: VectorIndexWriter) throws -> Bool {
    try writer.watermark() < reading { try feed.newest() }
  }

  /// Brings all models in step.
  ///
  /// - Parameter isCancelled: Asked between two groups of changes; what was taken in by then stays.
  /// - Returns: How many messages were taken away.
  @discardableResult
  func catchUp(isCancelled: () -> Bool = { false }) throws -> Int {
    var removed = 0
    for state in try VectorFile.models(in: connection) {
      let writer = try VectorIndexWriter(connection: connection, model: state.model)
      removed += try catchUp(writer, isCancelled: isCancelled)
    }
    return removed
  }

  /// Brings one model in step; see ``catchUp(isCancelled:)``.
  func catchUp(_ writer: VectorIndexWriter, isCancelled: () -> Bool) throws -> Int {
    let queue = VectorQueue(connection: connection, model: writer.row)
    var taken = try writer.watermark()
    var removed = 0
    if try taken > reading({ try feed.newest() }) {
      removed += try beginAgain(writer, queue)
      taken = 0
    }
    while !isCancelled() {
      let changes = try reading {
        try feed.changes(after: taken, limit: VectorKeeper.feedLimit)
      }
      guard let last = changes.last?.sequence else { break }
      // As for the text index: nothing that a power failure can take from the archive.
      try folder.synchronizeLog()
      try writer.transaction {
        for change in changes { removed += try take(change, writer, queue) }
        try writer.setWatermark(last)
      }
      taken = last
      try checkpointIfDue()
    }
    return removed
  }

  /// Takes away what went since the models were brought in step, and leaves what came to
  /// ``catchUp(isCancelled:)``: a moment's work however much that is.
  ///
  /// The lines of the change feed are read again by that; to take away what is gone changes nothing.
  func takeAway() throws {
    for state in try VectorFile.models(in: connection, countsWaiting: false) {
      let writer = try VectorIndexWriter(connection: connection, model: state.model)
      guard try state.watermark <= reading({ try feed.newest() }) else {
        // The archive is older than these: what went from it has no line after theirs.
        _ = try catchUp(writer, isCancelled: { false })
        continue
      }
      let gone = try reading { try feed.removals(after: state.watermark) }
      guard !gone.isEmpty else { continue }
      try folder.synchronizeLog()
      let queue = VectorQueue(connection: connection, model: writer.row)
      try writer.transaction {
        for rows in gone {
          try queue.remove(messages: rows)
          _ = try writer.remove(messages: rows)
        }
      }
    }
  }

  private func take(
    _ change: FeedReader.Change, _ writer: VectorIndexWriter, _ queue: VectorQueue
  ) throws -> Int {
    let rows = change.first...max(change.first, change.last)
    switch change.kind {
    case .conversation, .header: return 0
    case .removed:
      try queue.remove(messages: rows)
      return try writer.remove(messages: rows)
    case .messages:
      var removed = 0
      for (row, time, maySpeak) in try reading({ try messages(in: rows) }) {
        if maySpeak {
          try queue.add(message: row, time: time)
        } else {
          try queue.remove(messages: row...row)
          if try writer.remove(message: row) { removed += 1 }
        }
      }
      return removed
    }
  }

  /// Messages with their times, and whether they may be given vectors, as far as that can be told
  /// without their texts: copies are not, nor is what a tool has said.
  private func messages(
    in rows: ClosedRange<Int64>
  ) throws -> [(row: Int64, time: Int64, maySpeak: Bool)] {
    let statement = try archive.statement(
      """
      SELECT id, timestamp, original IS NULL, role, kind, flags FROM message
      WHERE id BETWEEN ? AND ?
      """)
    defer { statement.reset() }
    statement.bind(rows.lowerBound, at: 1)
    statement.bind(rows.upperBound, at: 2)
    var found: [(Int64, Int64, Bool)] = []
    while try statement.step() {
      let maySpeak =
        statement.int64(2) != 0
        && PassageTexts.mayHave(
          role: Role(rawValue: UInt8(clamping: statement.int64(3))) ?? .user,
          kind: MessageKind(rawValue: UInt8(clamping: statement.int64(4))) ?? .message,
          isHidden: MessageFlags(rawValue: statement.int64(5)).contains(.hidden))
      found.append((statement.int64(0), statement.int64(1), maySpeak))
    }
    return found
  }

  /// Looks at everything anew: the archive was restored from a backup, or has lost to a power failure
  /// what was not durable. Vectors stay, by their texts; those of messages that are gone do not.
  private func beginAgain(_ writer: VectorIndexWriter, _ queue: VectorQueue) throws -> Int {
    try writer.transaction {
      var removed = 0
      try queue.removeAll()
      for row in try writer.messages() {
        let isThere = try reading {
          try archive.integer("SELECT 1 FROM message WHERE id = ? AND original IS NULL", row) != nil
        }
        if try !isThere && writer.remove(message: row) { removed += 1 }
      }
      try writer.setWatermark(0)
      return removed
    }
  }

  // MARK: Log

  /// Copies the log into the file when it has grown long.
  func checkpointIfDue() throws {
    let log = ArchiveFolder.byteCount(of: folder.vectorsPath + "-wal")
    if log > WriteSession.checkpointByteCount { try connection.checkpoint() }
  }

  /// Copies the log into the file, so that what was taken away is in neither.
  func checkpoint() throws { try connection.checkpoint() }
}
