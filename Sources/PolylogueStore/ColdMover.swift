import Glibc
import PolylogueModel
import PolylogueSQL

/// What was moved between an archive and cold storage.
public struct ColdMove: Sendable, Equatable {
  /// Messages.
  public var messages = 0
  /// Pieces of imported files and attachments.
  public var blobs = 0
  /// Their bytes, as stored.
  public var byteCount: Int64 = 0

  /// Nothing moved yet.
  public init() {}
}

/// Moves the bytes of old conversations to a file of cold storage, and back.
///
/// Work is done in steps, each under the writer's lock: the bytes of some rows are written to the
/// file and synchronised, read back and compared with their hash, and only then replaced by that
/// hash in one durable transaction of the archive. A process that is killed in between has written
/// to the file what the archive still has itself; the next run finds it there.
public final class ColdMover {
  /// The bytes that one step moves at most, but for a single longer piece.
  static let stepByteCount = 16 << 20
  /// The rows that one step moves at most.
  static let stepRowCount = 16_384
  /// What is not longer stays: its place in the file would cost as much.
  static let keptByteCount = 2 * ColdPiece.hashByteCount

  private let session: WriteSession
  private var connection: Connection { session.connection }
  private var moved = ColdMove()
  /// Called between the moments at which a process may be killed; a test throws from it.
  var onMoment: (Moment) throws -> Void = { _ in }
  /// Told what was moved so far.
  public var onProgress: (ColdMove) throws -> Void = { _ in }

  /// A moment between two changes on disk.
  enum Moment: CaseIterable {
    case fileMade, fileKnown, copied, marked
  }

  /// The tables whose bytes are moved.
  private enum Table: String {
    case message, blob
    var column: String { self == .message ? "body" : "bytes" }
  }

  /// A mover that writes through a session.
  public init(session: WriteSession) {
    self.session = session
  }

  // MARK: Out

  /// Moves what is older than a moment into a file: the messages of conversations that had not
  /// changed since then, and the imported bytes and attachments that belong to such alone.
  ///
  /// - Parameter path: A file of cold storage of this archive, or a new one, which is made when there
  ///   is something to move.
  /// - Throws: ``ArchiveError``: `unknownFormat` for another file, which is not touched.
  public func move(before: Timestamp, to path: String) throws -> ColdMove {
    moved = ColdMove()
    let path = try ColdMover.absolute(path)
    let known = try ColdFile.open(path)
    if let known { _ = try record(of: known) } else { try checkPlace(path) }
    let messages = try connection.statement(ColdMover.messagesToMove)
    let bytes = try connection.statement(ColdMover.bytesToMove)
    let conversations = try rows(
      "SELECT id FROM conversation WHERE sort_at > 0 AND sort_at < ? ORDER BY sort_at, id",
      before.microseconds
    ).drop { try !finds(messages, $0, before) }
    if conversations.isEmpty {
      let isAnyLeft = try blobsToMove(before: before).contains { try finds(bytes, $0, before) }
      guard isAnyLeft else { return moved }
    }
    let file = try known ?? ColdFile.make(path)
    try onMoment(.fileMade)
    let id = try register(file, before: before)
    try onMoment(.fileKnown)
    try translating(file) { try file.add(dictionariesOf: connection) }
    guard let check = try ColdFile.open(path) else {
      throw ArchiveError(.unavailable, "\(path) is gone; nothing was taken out of the archive")
    }
    try step(through: Array(conversations), .message, messages, before, to: (file, check, id))
    try step(through: try blobsToMove(before: before), .blob, bytes, before, to: (file, check, id))
    return moved
  }

  /// The messages of a conversation that can go: not those that a newer conversation shares.
  private static let messagesToMove = """
    SELECT m.id, m.codec, m.body FROM conversation AS c
    JOIN message AS m ON m.conversation = c.id
    WHERE c.id = ?1 AND c.sort_at > 0 AND c.sort_at < ?2 AND m.codec >= 0 AND length(m.body) > ?3
      AND NOT EXISTS (SELECT 1 FROM message AS copy
        JOIN conversation AS other ON other.id = copy.conversation
        WHERE copy.original = m.id AND (other.sort_at = 0 OR other.sort_at >= ?2))
    LIMIT ?4
    """

  /// The bytes of a blob, unless they were moved already.
  private static let bytesToMove = """
    SELECT id, codec, bytes FROM blob WHERE id = ?1 AND codec >= 0 AND length(bytes) > ?3
      AND ?2 = ?2 LIMIT ?4
    """

  /// Whether something is to be moved for a row.
  private func finds(_ statement: Statement, _ row: Int64, _ before: Timestamp) throws -> Bool {
    defer { statement.reset() }
    bind(statement, row, before, limit: 1)
    return try statement.step()
  }

  private func bind(_ statement: Statement, _ row: Int64, _ before: Timestamp, limit: Int) {
    statement.bind(row, at: 1)
    statement.bind(before.microseconds, at: 2)
    statement.bind(Int64(ColdMover.keptByteCount), at: 3)
    statement.bind(Int64(limit), at: 4)
  }

  /// The blobs that nothing needs which changed since. Files are kept that belong to a conversation
  /// which did, or to none and came in since.
  private func blobsToMove(before: Timestamp) throws -> [Int64] {
    try rows(
      """
      WITH warm_import (id) AS (
        SELECT import FROM conversation WHERE import IS NOT NULL AND (sort_at = 0 OR sort_at >= ?1)
        UNION
        SELECT a.import FROM attachment AS a CROSS JOIN message AS m ON m.id = a.message
          CROSS JOIN conversation AS c ON c.id = m.conversation
        WHERE a.import IS NOT NULL AND (c.sort_at = 0 OR c.sort_at >= ?1)
        UNION
        SELECT i.id FROM import AS i WHERE i.imported_at >= ?1
          AND NOT EXISTS (SELECT 1 FROM conversation WHERE import = i.id)
          AND NOT EXISTS (SELECT 1 FROM attachment WHERE import = i.id)
      )
      SELECT b.id FROM blob AS b
      WHERE NOT EXISTS (SELECT 1 FROM conversation AS c
          WHERE c.blob = b.id AND (c.sort_at = 0 OR c.sort_at >= ?1))
        AND NOT EXISTS (SELECT 1 FROM record AS r
          CROSS JOIN conversation AS c ON c.id = r.conversation
          WHERE r.blob = b.id AND (c.sort_at = 0 OR c.sort_at >= ?1))
        AND NOT EXISTS (SELECT 1 FROM attachment AS a CROSS JOIN message AS m ON m.id = a.message
          CROSS JOIN conversation AS c ON c.id = m.conversation
          WHERE a.blob = b.id AND (c.sort_at = 0 OR c.sort_at >= ?1))
        AND (EXISTS (SELECT 1 FROM record WHERE blob = b.id)
          OR NOT EXISTS (SELECT 1 FROM segment WHERE blob = b.id AND +import IN warm_import))
      """, before.microseconds)
  }

  private typealias Target = (file: ColdFile, check: ColdFile, id: Int64)

  /// Moves what a statement finds for each of some rows, many rows a step.
  private func step(
    through rows: [Int64], _ table: Table, _ statement: Statement, _ before: Timestamp,
    to target: Target
  ) throws {
    var next = 0
    while next < rows.count {
      try session.group {
        var batch: [(row: Int64, hash: [UInt8], piece: ColdPiece)] = []
        var byteCount = 0
        while next < rows.count, byteCount < ColdMover.stepByteCount,
          batch.count < ColdMover.stepRowCount
        {
          let room = ColdMover.stepRowCount - batch.count
          bind(statement, rows[next], before, limit: room)
          defer { statement.reset() }
          var found = 0
          while byteCount < ColdMover.stepByteCount, try statement.step() {
            let piece = ColdPiece(codec: statement.int64(1), bytes: statement.bytes(2))
            batch.append((statement.int64(0), piece.hash, piece))
            byteCount += piece.bytes.count
            found += 1
          }
          // What is left of a long conversation is found again by the next step.
          if byteCount < ColdMover.stepByteCount, found < room { next += 1 }
        }
        try write(batch, of: table, to: target)
      }
      try onMoment(.marked)
      try onProgress(moved)
    }
  }

  /// Writes rows to a file, compares them, and puts their hashes into their place.
  private func write(
    _ batch: [(row: Int64, hash: [UInt8], piece: ColdPiece)], of table: Table, to target: Target
  ) throws {
    guard !batch.isEmpty else { return }
    try translating(target.file) { try target.file.add(batch.map { ($0.hash, $0.piece) }) }
    for (_, hash, _) in batch { _ = try target.check.piece(hash) }
    try onMoment(.copied)
    let update = try connection.statement(
      "UPDATE \(table) SET codec = ?, \(table.column) = ? WHERE id = ?")
    var done = ColdMove()
    for (row, hash, piece) in batch {
      update.bind(0 - target.id, at: 1)
      update.bind(hash, at: 2)
      update.bind(row, at: 3)
      try update.run()
      done.byteCount += Int64(piece.bytes.count)
    }
    if table == .message { done.messages = batch.count } else { done.blobs = batch.count }
    try note(done, id: target.id, sign: 1)
  }

  /// Checks that a file may be made in a place: not where one of the archive's was, the disk of
  /// which may only not be connected.
  private func checkPlace(_ path: String) throws {
    let lost = try ColdStorage.lost(in: connection)
    for record in try records(at: path) where !record.holdsNothing && !lost.contains(0 - record.id)
    {
      _ = try ColdStorage.find(record, archivePath: connection.path)
    }
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    guard access(folder, F_OK) == 0 else {
      throw ArchiveError(
        .notFound, "there is no folder \(folder); make it, or connect the disk that it is on")
    }
  }

  /// What the archive knows of a file; nil of an empty one that it may take.
  private func record(of file: ColdFile) throws -> ColdRecord? {
    if let known = try recorded(file) { return known }
    guard try file.isEmpty() else {
      throw ArchiveError(
        .invalidArgument,
        "\(file.path) holds parts of another archive; name another file, which will be made")
    }
    return nil
  }

  /// Makes a file known to the archive before anything is put into it.
  private func register(_ file: ColdFile, before: Timestamp) throws -> Int64 {
    let known = try record(of: file)
    return try session.group {
      if let known {
        try connection.run(
          "UPDATE cold SET path = ?, before = max(before, ?) WHERE id = ?", file.path,
          before.microseconds, known.id)
        return known.id
      }
      try connection.run(
        "INSERT INTO cold (uuid, path, before) VALUES (?, ?, ?)", file.uuid, file.path,
        before.microseconds)
      return connection.lastInsertedRow
    }
  }

  // MARK: Back

  /// Takes everything that lies in a file back into the archive. The file stays as it is; this
  /// archive no longer needs it, but knows it again. One that is gone is forgotten if nothing lies in
  /// it.
  public func moveBack(from path: String) throws -> ColdMove {
    moved = ColdMove()
    if try forget(path) { return moved }
    let (file, record) = try known(path)
    guard try !record.holdsNothing || isNeeded(record.id) else { throw ColdMover.nothingIn(path) }
    var isDone = false
    while !isDone {
      for table in [Table.message, .blob] { try takeBack(table, from: file, record) }
      isDone = try session.group {
        // Rows come in behind a step while others write: those that a deletion hands over, and what
        // another process moves.
        if try isNeeded(record.id) { return false }
        // What was deleted since it was moved was counted, too.
        try connection.run(
          "UPDATE cold SET before = 0, messages = 0, blobs = 0, bytes = 0 WHERE id = ?", record.id)
        return true
      }
    }
    return moved
  }

  private func takeBack(_ table: Table, from file: ColdFile, _ record: ColdRecord) throws {
    let statement = try connection.statement(
      "SELECT id, \(table.column) FROM \(table) WHERE codec = ? AND id > ? ORDER BY id")
    var last: Int64 = 0
    var isAtEnd = false
    while !isAtEnd {
      try session.group {
        var batch: [(row: Int64, piece: ColdPiece)] = []
        var byteCount = 0
        statement.bind(0 - record.id, at: 1)
        statement.bind(last, at: 2)
        defer { statement.reset() }
        while byteCount < ColdMover.stepByteCount, batch.count < ColdMover.stepRowCount {
          guard try statement.step() else {
            isAtEnd = true
            break
          }
          last = statement.int64(0)
          let piece = try file.piece(statement.bytes(1))
          batch.append((last, piece))
          byteCount += piece.bytes.count
        }
        statement.reset()
        try restore(batch, of: table, id: record.id)
      }
      try onProgress(moved)
    }
  }

  /// Whether a row of the archive lies in a file, whatever the record of it says.
  ///
  /// - Complexity: O(rows) where none does.
  private func isNeeded(_ id: Int64) throws -> Bool {
    try connection.integer(
      """
      SELECT EXISTS (SELECT 1 FROM message WHERE codec = ?1)
        OR EXISTS (SELECT 1 FROM blob WHERE codec = ?1)
      """, 0 - id) == 1
  }

  /// Forgets a file that is gone and held nothing.
  private func forget(_ path: String) throws -> Bool {
    let path = try ColdMover.absolute(path)
    guard access(path, F_OK) != 0 else { return false }
    let gone = try records(at: path)
    guard !gone.isEmpty, gone.allSatisfy(\.holdsNothing) else { return false }
    return try session.group {
      for record in gone where try isNeeded(record.id) {
        _ = try ColdStorage.find(record, archivePath: connection.path)
      }
      for record in gone { try connection.run("DELETE FROM cold WHERE id = ?", record.id) }
      return true
    }
  }

  private func restore(
    _ batch: [(row: Int64, piece: ColdPiece)], of table: Table, id: Int64
  ) throws {
    let update = try connection.statement(
      "UPDATE \(table) SET codec = ?, \(table.column) = ? WHERE id = ?")
    var done = ColdMove()
    for (row, piece) in batch {
      update.bind(piece.codec, at: 1)
      piece.bytes.withUnsafeBytes { update.bind(bytes: $0, at: 2) }
      update.bind(row, at: 3)
      try update.run()
      done.byteCount += Int64(piece.bytes.count)
    }
    if table == .message { done.messages = batch.count } else { done.blobs = batch.count }
    try note(done, id: id, sign: -1)
  }

  /// Remembers the place that a file of this archive has now.
  public func find(_ path: String) throws {
    let (file, record) = try known(path)
    try session.group {
      try connection.run("UPDATE cold SET path = ? WHERE id = ?", file.path, record.id)
    }
  }

  /// Notes that a file is gone for good: what lay in it is stored anew when an import brings it.
  /// Nothing else changes, and should the file be found again, it is taken for what it was.
  public func lose(_ path: String) throws {
    let path = try ColdMover.absolute(path)
    let lost = try records(at: path)
    guard !lost.isEmpty else { throw ColdMover.nothingIn(path) }
    guard lost.allSatisfy({ !ColdStorage.isThere($0, archive: connection) }) else {
      throw ArchiveError(.invalidArgument, "\(path) is there and can be read; it is not lost")
    }
    try session.group {
      for record in lost {
        try connection.run("INSERT OR IGNORE INTO lost_file (id) VALUES (?)", record.id)
      }
    }
  }

  // MARK: Parts

  private func known(_ path: String) throws -> (ColdFile, ColdRecord) {
    let path = try ColdMover.absolute(path)
    guard let file = try ColdFile.open(path) else {
      throw ArchiveError(.notFound, "there is no file \(path)")
    }
    guard let record = try recorded(file) else { throw ColdMover.nothingIn(path) }
    return (file, record)
  }

  /// What the archive knows of a file; where it had lost track of it, it knows it again.
  private func recorded(_ file: ColdFile) throws -> ColdRecord? {
    func find() throws -> ColdRecord? {
      try ColdStorage.records(in: connection).first { $0.uuid == file.uuid }
    }
    if let known = try find() {
      // It has been found again.
      if try ColdStorage.lost(in: connection).contains(0 - known.id) {
        try session.group { try connection.run("DELETE FROM lost_file WHERE id = ?", known.id) }
      }
      return known
    }
    try session.group {
      for (id, lost) in try ColdStorage.untracked(in: connection)
      where (try? file.piece(lost.sample)) != nil {
        try connection.run(
          "INSERT INTO cold (id, uuid, path, before, messages, blobs) VALUES (?, ?, ?, ?, ?, ?)",
          id, file.uuid, file.path, lost.before, lost.messages, lost.blobs)
        return
      }
    }
    return try find()
  }

  private static func nothingIn(_ path: String) -> ArchiveError {
    ArchiveError(.invalidArgument, "\(path) holds nothing of this archive")
  }

  private func records(at path: String) throws -> [ColdRecord] {
    try ColdStorage.records(in: connection).filter { $0.path.utf8.elementsEqual(path.utf8) }
  }

  private func note(_ done: ColdMove, id: Int64, sign: Int64) throws {
    moved.messages += done.messages
    moved.blobs += done.blobs
    moved.byteCount += done.byteCount
    try connection.run(
      """
      UPDATE cold SET messages = messages + ?, blobs = blobs + ?, bytes = bytes + ? WHERE id = ?
      """, sign * Int64(done.messages), sign * Int64(done.blobs), sign * done.byteCount, id)
  }

  private func rows(_ sql: String, _ value: Int64) throws -> [Int64] {
    let statement = try connection.statement(sql)
    defer { statement.reset() }
    statement.bind(value, at: 1)
    var found: [Int64] = []
    while try statement.step() { found.append(statement.int64(0)) }
    return found
  }

  private func translating(_ file: ColdFile, _ body: () throws -> Void) throws {
    do {
      try body()
    } catch let error as SQLError {
      throw ArchiveDatabase.translate(error, path: file.path)
    }
  }

  private static func absolute(_ path: String) throws -> String {
    guard !path.hasPrefix("/") else { return path }
    guard let here = getcwd(nil, 0) else {
      throw ArchiveFolder.failure("cannot tell the current folder")
    }
    defer { free(here) }
    return String(cString: here) + "/" + path
  }
}
