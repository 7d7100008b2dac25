import Glibc
import PolylogueModel
import PolylogueSQL

/// A file of cold storage as the archive knows it.
public struct ColdRecord: Sendable {
  /// Its number; what lies in it has this codec, negative.
  public var id: Int64
  /// What tells it from any other file.
  public var uuid: [UInt8]
  /// Where it was when it was last written or found.
  public var path: String
  /// What was moved to it is older than this.
  public var before: Timestamp
  /// Messages that were moved to it.
  public var messages: Int
  /// Pieces of imported files that were moved to it.
  public var blobs: Int
  /// Their bytes, as stored.
  public var byteCount: Int64

  /// Whether nothing of the archive lies in it: then it is not needed, only known again.
  public var holdsNothing: Bool { messages == 0 && blobs == 0 }

  /// What is in it, for a person.
  public var contents: String {
    "\(messages) messages and \(blobs) pieces of files from before \(before.iso.prefix(10))"
  }
}

/// Finds what was moved out of an archive. Files are opened when something in them is needed.
public final class ColdStorage {
  private let archive: Connection
  private var open: [Int64: ColdFile] = [:]

  /// - Parameter archive: A connection to the archive.
  init(archive: Connection) {
    self.archive = archive
  }

  /// The piece with a hash in a file.
  ///
  /// - Throws: ``ArchiveError``: `unavailable` when the file is not there, `damaged` when the piece
  ///   is not in it or not as it was.
  func piece(_ hash: [UInt8], file id: Int64) throws -> ColdPiece {
    try file(id).piece(hash)
  }

  private func file(_ id: Int64) throws -> ColdFile {
    if let file = open[id] { return file }
    guard let record = try ColdStorage.records(in: archive).first(where: { $0.id == id }) else {
      throw ArchiveError(
        .unavailable,
        "it lies in a file of cold storage that the archive has lost track of, number \(id): show it"
          + " with “polylogue optimize --moved FILE”")
    }
    let file = try ColdStorage.find(record, archivePath: archive.path)
    open[id] = file
    return file
  }

  /// The files of cold storage of an archive.
  public static func records(in archive: Connection) throws -> [ColdRecord] {
    let statement = try archive.statement(
      "SELECT id, uuid, path, before, messages, blobs, bytes FROM cold ORDER BY id")
    defer { statement.reset() }
    var records: [ColdRecord] = []
    while try statement.step() {
      records.append(
        ColdRecord(
          id: statement.int64(0), uuid: statement.bytes(1), path: statement.string(2),
          before: Timestamp(microseconds: statement.int64(3)), messages: Int(statement.int64(4)),
          blobs: Int(statement.int64(5)), byteCount: statement.int64(6)))
    }
    return records
  }

  /// What lies in a file, counted row by row.
  struct Count {
    /// Messages that lie in it.
    var messages = 0
    /// Pieces of files that lie in it.
    var blobs = 0
    /// Later than the conversations of its messages, in microseconds.
    var before: Int64 = 0
    /// The hash of a piece in it.
    var sample: [UInt8] = []
  }

  /// Counts what lies in cold storage, by the number of the file. Its records count what was deleted
  /// since as well.
  ///
  /// - Complexity: O(rows), unless nothing was ever moved.
  static func counts(in archive: Connection) throws -> [Int64: Count] {
    guard try archive.integer("SELECT seq FROM sqlite_sequence WHERE name = 'cold'") != nil else {
      return [:]
    }
    var counts: [Int64: Count] = [:]
    let statement = try archive.statement(
      """
      SELECT 0 - m.codec, count(*), 0, max(c.sort_at) + 1, m.body
      FROM message AS m LEFT JOIN conversation AS c ON c.id = m.conversation
      WHERE m.codec < 0 GROUP BY m.codec
      UNION ALL
      SELECT 0 - codec, 0, count(*), 0, bytes FROM blob WHERE codec < 0 GROUP BY codec
      """)
    defer { statement.reset() }
    while try statement.step() {
      var count = counts[statement.int64(0)] ?? Count()
      count.messages += Int(statement.int64(1))
      count.blobs += Int(statement.int64(2))
      count.before = max(count.before, statement.int64(3))
      count.sample = statement.bytes(4)
      counts[statement.int64(0)] = count
    }
    return counts
  }

  /// What lies in files that the archive has no record of: a former version could lose it.
  static func untracked(in archive: Connection) throws -> [Int64: Count] {
    let known = Set(try records(in: archive).map(\.id))
    return try counts(in: archive).filter { !known.contains($0.key) }
  }

  /// Opens a file where it was, or, when the archive's folder has moved with it, in that folder. A
  /// replica looks in its archive's folder, too.
  ///
  /// - Throws: ``ArchiveError`` with code `unavailable`.
  static func find(_ record: ColdRecord, archivePath: String) throws -> ColdFile {
    let name = record.path.split(separator: "/").last.map(String.init) ?? record.path
    let folder = archivePath.lastIndex(of: "/").map { String(archivePath[..<$0]) } ?? "."
    let folders = [folder, Replica.original(of: folder)].compactMap(\.self)
    for path in [record.path] + folders.map({ $0 + "/" + name }) {
      if let file = try? ColdFile.open(path), file.uuid == record.uuid { return file }
    }
    throw ArchiveError(
      .unavailable,
      "\(record.path) is not there, or is another file: in it are \(record.contents). Connect its"
        + " disk; or, if it has another place now, run “polylogue optimize --moved FILE”; if it"
        + " is gone for good, “polylogue optimize --lost FILE”, and import the exports again")
  }

  /// Makes sure that everything that was moved out of an archive can be read.
  ///
  /// - Throws: ``ArchiveError`` with code `unavailable`, which names the first file that is not there.
  public static func requireAll(of archive: Connection) throws {
    let lost = try lost(in: archive)
    for record in try records(in: archive)
    where !record.holdsNothing && !lost.contains(0 - record.id) {
      _ = try find(record, archivePath: archive.path)
    }
  }

  /// The codecs of what lies in files that the user has said are lost.
  public static func lost(in archive: Connection) throws -> Set<Codec> {
    let statement = try archive.statement("SELECT id FROM lost_file")
    defer { statement.reset() }
    var lost: Set<Codec> = []
    while try statement.step() { lost.insert(0 - statement.int64(0)) }
    return lost
  }

  /// Names some of the conversations with messages in a file.
  ///
  /// - Complexity: O(messages).
  static func conversations(in id: Int64, of archive: Connection) throws -> String {
    let statement = try archive.statement(
      """
      SELECT c.provider || ':' || c.native_id FROM conversation AS c WHERE c.id IN
        (SELECT conversation FROM message WHERE codec = ?) ORDER BY c.sort_at DESC, c.id
      """)
    defer { statement.reset() }
    statement.bind(0 - id, at: 1)
    var names: [String] = []
    var count = 0
    while try statement.step() {
      count += 1
      if names.count < 5 { names.append(statement.string(0)) }
    }
    guard count > 0 else { return "no conversation" }
    return names.joined(separator: ", ") + (count > 5 ? " and \(count - 5) more" : "")
  }

  /// What is to be known of forks that wait for a file to be compared with their parents; nil when
  /// there are none.
  public static func waitingNote(of archive: Connection) throws -> String? {
    let count = try archive.integer("SELECT count(*) FROM waiting_fork") ?? 0
    guard count > 0 else { return nil }
    let files = try records(in: archive).filter {
      !$0.holdsNothing && !isThere($0, archive: archive)
    }
    let names = files.isEmpty ? "cold storage" : files.map(\.path).joined(separator: " or ")
    return "\(count) \(count == 1 ? "fork" : "forks") could not be compared with the history in"
      + " \(names): what is repeated is kept, counted and found twice until an import or"
      + " “polylogue optimize” finds that file"
  }

  /// Whether a file is where it can be read.
  public static func isThere(_ record: ColdRecord, archive: Connection) -> Bool {
    (try? find(record, archivePath: archive.path)) != nil
  }
}
