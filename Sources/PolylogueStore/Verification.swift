import PolylogueModel
import PolylogueSQL

/// What a check of an archive has found.
public struct VerifyReport: Sendable {
  /// Whether nothing is wrong.
  public var isOK: Bool { problems.isEmpty }
  /// What was checked, with its number.
  public var checked: [(name: String, count: Int)] = []
  /// What is wrong, at most ``problemLimit`` lines.
  public var problems: [String] = []

  /// The files of cold storage that are not there, a line each: what lies in them was not checked.
  /// A deep check lists these lines under ``problems``, too.
  public var unchecked: [String] = []
  /// What is to be known besides; nothing that is wrong.
  public var notes: [String] = []
  /// Whether something is wrong other than that a file is not there.
  public var isDamaged: Bool { problems.contains { !unchecked.contains($0) } }

  /// The most problems that are listed.
  public static let problemLimit = 100

  /// Nothing checked yet.
  public init() {}

  /// Adds a finding.
  public mutating func add(_ problem: String) {
    if problems.count < VerifyReport.problemLimit { problems.append(problem) }
  }
}

/// Checks an archive against itself. Reads only.
public final class Verifier {
  let connection: Connection
  private let compressor: Compressor
  var report = VerifyReport()
  /// The codecs of what lies in files that are not there.
  private var absent: Set<Codec> = []
  private(set) var onStep: (String, Int) throws -> Void = { _, _ in }

  /// A verifier on a connection of its own.
  public init(connection: Connection, compressor: Compressor) {
    self.connection = connection
    self.compressor = compressor
  }

  /// Checks structure and references; a deep check also reads every byte.
  ///
  /// - Parameters:
  ///   - isDeep: Decompress and hash every blob, decode every message.
  ///   - subset: Of the blobs and messages, only this part of so many, counted from 1.
  ///   - onStep: Told what a deep check reads, and how much of it was read; what it throws ends the
  ///     check.
  public func verify(
    isDeep: Bool, subset: (part: Int, of: Int)? = nil,
    onStep: @escaping (String, Int) throws -> Void = { _, _ in }
  ) throws -> VerifyReport {
    report = VerifyReport()
    self.onStep = onStep
    defer { self.onStep = { _, _ in } }
    try connection.snapshot {
      // Damage that SQLite itself meets must end in a finding, not in an error.
      try guarded("structure") { try checkStructure(isDeep: isDeep) }
      try guarded("imports") { try checkImports() }
      try guarded("conversations") { try checkConversations() }
      try guarded("rows") { try checkStrays() }
      try guarded("cold storage") { try checkColdStorage(isDeep: isDeep) }
      if isDeep {
        try guarded("raw bytes") { try checkBlobs(subset) }
        try guarded("messages") { try checkMessages(subset) }
        try guarded("seals") { try checkSeals(subset) }
        if subset == nil { try guarded("imported files") { try checkWholeFiles() } }
      }
    }
    return report
  }

  private func guarded(_ name: String, _ check: () throws -> Void) throws {
    do {
      try check()
    } catch let error as SQLError {
      report.add("\(name): \(error.message)")
    } catch let error as ArchiveError {
      report.add("\(name): \(error.message)")
    }
  }

  private func checkStructure(isDeep: Bool) throws {
    let pragma = isDeep ? "integrity_check(20)" : "quick_check(20)"
    let statement = try connection.statement("PRAGMA \(pragma)")
    while try statement.step() {
      let line = statement.string(0)
      if line != "ok" { report.add("archive.db: \(line)") }
    }
    statement.reset()
    let foreign = try connection.statement("PRAGMA foreign_key_check")
    while try foreign.step() {
      report.add(
        "archive.db: row \(foreign.int64(1)) of \(foreign.string(0)) refers to a missing row of"
          + " \(foreign.string(2))")
    }
    foreign.reset()
  }

  private func checkImports() throws {
    let imports = try connection.integer("SELECT count(*) FROM import WHERE status > 0") ?? 0
    report.checked.append(("imports", Int(imports)))
    let statement = try connection.statement(
      """
      SELECT i.id, i.label, i.size, coalesce(sum(length(coalesce(s.separator, x'')) +
        coalesce(b.size, 0)), 0) AS total
      FROM import AS i LEFT JOIN segment AS s ON s.import = i.id LEFT JOIN blob AS b ON b.id = s.blob
      WHERE i.status > 0 GROUP BY i.id HAVING total <> i.size
      """)
    while try statement.step() {
      report.add(
        "import \(statement.int64(0)) (\(statement.string(1))): \(statement.int64(3)) of"
          + " \(statement.int64(2)) bytes are there")
    }
    statement.reset()
  }

  private func checkConversations() throws {
    let statement = try connection.statement(
      """
      SELECT c.provider, c.native_id, c.messages, count(m.id) AS counted
      FROM conversation AS c
      LEFT JOIN message AS m ON m.conversation = c.id AND m.original IS NULL
      GROUP BY c.id
      """)
    var count = 0
    var messages = 0
    while try statement.step() {
      count += 1
      messages += Int(statement.int64(3))
      if statement.int64(2) != statement.int64(3) {
        report.add(
          "\(statement.string(0)):\(statement.string(1)): \(statement.int64(2)) messages are"
            + " recorded, \(statement.int64(3)) are there")
      }
    }
    statement.reset()
    report.checked.append(("conversations", count))
    report.checked.append(("messages", messages))
    try checkTotals()
    let strays = try connection.integer(
      """
      SELECT count(*) FROM message AS m LEFT JOIN message AS p ON p.id = m.parent
      WHERE m.parent IS NOT NULL AND (p.id IS NULL OR p.conversation <> m.conversation)
      """)
    if let strays, strays > 0 {
      report.add("\(strays) messages have a parent outside their conversation")
    }
    let empty = try connection.integer(
      """
      SELECT count(*) FROM message AS m LEFT JOIN message AS o ON o.id = m.original
      WHERE m.original IS NOT NULL AND (o.id IS NULL OR o.original IS NOT NULL)
      """)
    if let empty, empty > 0 { report.add("\(empty) copied messages have no original") }
    let revenants = try connection.integer(
      "SELECT count(*) FROM tombstone JOIN conversation USING (provider, native_id)")
    if let revenants, revenants > 0 { report.add("\(revenants) deleted conversations are there") }
  }

  private func checkTotals() throws {
    let statement = try connection.statement(
      """
      SELECT p.provider, t.conversations IS c.conversations AND t.messages IS c.messages
        AND t.attachments IS c.attachments
      FROM (SELECT provider FROM total UNION SELECT provider FROM conversation) AS p
      LEFT JOIN total AS t USING (provider)
      LEFT JOIN (SELECT provider, count(*) AS conversations, sum(messages) AS messages,
        sum(attachments) AS attachments FROM conversation GROUP BY provider) AS c USING (provider)
      """)
    defer { statement.reset() }
    while try statement.step() {
      if statement.int64(1) == 1 { continue }
      report.add("totals: what is recorded of \(statement.string(0)) is not what is there")
    }
  }

  /// What lies in a file that is not there is told once, not by the piece.
  private func checkColdStorage(isDeep: Bool) throws {
    absent = []
    if let note = try ColdStorage.waitingNote(of: connection) { report.notes.append(note) }
    let counts = try ColdStorage.counts(in: connection)
    let lost = try ColdStorage.lost(in: connection)
    let records = try ColdStorage.records(in: connection).filter { counts[$0.id] != nil }
    for id in Set(counts.keys).subtracting(records.map(\.id)).sorted() {
      absent.insert(0 - id)
      report.add(
        "cold storage: \(counts[id]?.messages ?? 0) messages and \(counts[id]?.blobs ?? 0) pieces of"
          + " files lie in a file that the archive has lost track of, number \(id): show it with"
          + " “polylogue optimize --moved FILE”")
    }
    for var record in records where !ColdStorage.isThere(record, archive: connection) {
      absent.insert(0 - record.id)
      record.messages = counts[record.id]?.messages ?? 0
      record.blobs = counts[record.id]?.blobs ?? 0
      let names = try ColdStorage.conversations(in: record.id, of: connection)
      if lost.contains(0 - record.id) {
        report.add(
          "cold storage: \(record.path) is lost, and with it \(record.contents), of \(names): import"
            + " their exports again")
        continue
      }
      let line =
        "cold storage: \(record.path) is not there; \(record.contents), of \(names), could not be"
        + " checked: connect its disk"
      report.unchecked.append(line)
      if isDeep { report.add(line) }
    }
    guard isDeep else { return }
    report.checked.append(("files of cold storage", records.count))
  }

  private func checkBlobs(_ subset: (part: Int, of: Int)?) throws {
    let statement = try connection.statement(
      "SELECT id, sha256, size, codec, bytes FROM blob WHERE id % ?1 = ?2 ORDER BY id")
    statement.bind(Int64(subset?.of ?? 1), at: 1)
    statement.bind(Int64((subset?.part ?? 0) % max(1, subset?.of ?? 1)), at: 2)
    defer { statement.reset() }
    var count = 0
    while try statement.step() {
      if absent.contains(statement.int64(3)) { continue }
      count += 1
      try onStep("blobs read", count)
      let id = statement.int64(0)
      do {
        let bytes = try statement.withBytes(4) {
          try compressor.decompress(
            $0, codec: statement.int64(3), size: Int(statement.int64(2)))
        }
        let hash = bytes.withUnsafeBytes { SHA256.hash($0) }
        if hash != statement.bytes(1) { report.add("blob \(id): its bytes have another hash") }
      } catch let error as ArchiveError {
        report.add("blob \(id): \(error.message)")
      }
    }
    report.checked.append(("blobs read", count))
  }

  /// Reads messages, and compares the content of those without files, which a later export may have
  /// brought, with the hash it was written with.
  private func checkMessages(_ subset: (part: Int, of: Int)?) throws {
    let statement = try connection.statement(
      """
      SELECT m.id, m.codec, m.body, m.role, m.kind, m.flags, m.timestamp, model.name, m.hash
      FROM message AS m LEFT JOIN model ON model.id = m.model
      WHERE (m.original IS NULL OR length(m.body) > 0) AND m.id % ?1 = ?2 ORDER BY m.id
      """)
    statement.bind(Int64(subset?.of ?? 1), at: 1)
    statement.bind(Int64((subset?.part ?? 0) % max(1, subset?.of ?? 1)), at: 2)
    defer { statement.reset() }
    var count = 0
    while try statement.step() {
      if absent.contains(statement.int64(1)) { continue }
      count += 1
      try onStep("messages read", count)
      let id = statement.int64(0)
      do {
        let body = try statement.withBytes(2) {
          try compressor.decompress($0, codec: statement.int64(1))
        }
        let flags = MessageFlags(rawValue: statement.int64(5))
        var message = Message(
          id: "", role: Role(rawValue: UInt8(clamping: statement.int64(3))) ?? .user,
          kind: MessageKind(rawValue: UInt8(clamping: statement.int64(4))) ?? .message,
          model: statement.optionalString(7),
          timestamp: statement.optionalInt64(6).map(Timestamp.init(microseconds:)),
          isHidden: flags.contains(.hidden))
        try MessageBody.decode(body, into: &message)
        if !flags.contains(.attachment),
          Preparer.hash(of: message, body: body) != statement.int64(8)
        {
          report.add("\(try name(ofMessage: id)): its content has another hash")
        }
      } catch let error as ArchiveError {
        report.add("\(try name(ofMessage: id)): \(error.message)")
      }
    }
    report.checked.append(("messages read", count))
  }

  /// What a person and the other commands call a message: its conversation's public id, `/` and its
  /// own.
  private func name(ofMessage row: Int64) throws -> String {
    let statement = try connection.statement(
      """
      SELECT c.provider, c.native_id, m.native_id FROM message AS m
      JOIN conversation AS c ON c.id = m.conversation WHERE m.id = ?
      """)
    defer { statement.reset() }
    statement.bind(row, at: 1)
    guard try statement.step() else { return "message \(row)" }
    let native = NativeID(statement, column: 2, isBlob: statement.isBlob(2)).text
    return "message \(statement.string(0)):\(statement.string(1))/\(native)"
  }

  private func checkWholeFiles() throws {
    let raw = RawReader(connection: connection, compressor: compressor)
    var count = 0
    for record in try raw.imports() where record.status != .incomplete {
      count += 1
      try onStep("files reassembled", count)
      do {
        try raw.write(importID: record.id) { _ in }
      } catch let error as ArchiveError where error.code == .unavailable {
        count -= 1
      } catch let error as ArchiveError {
        report.add(error.message)
      }
    }
    report.checked.append(("files reassembled", count))
  }
}
