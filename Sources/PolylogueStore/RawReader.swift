import PolylogueModel
import PolylogueSQL

/// A file that was imported.
public struct ImportRecord: Sendable {
  /// The number that commands use.
  public var id: Int64
  /// The path it had, or the ZIP's path and the member's label.
  public var path: String
  /// The SHA-256 of its bytes, as lower-case hexadecimal digits.
  public var sha256: String
  /// Its size in bytes.
  public var byteCount: Int64
  /// Whose conversations it holds.
  public var provider: Provider?
  /// When it was imported.
  public var importedAt: Timestamp
  /// How far it came.
  public var status: ImportStatus
  /// What it is.
  public var kind: ImportKind
  /// Why it is partial.
  public var error: String?
  /// The receipt as JSON.
  public var receipt: String?
  /// Conversations in it.
  public var conversations: Int
  /// Messages in it.
  public var messages: Int
}

/// Reads the raw tier. Used by one thread at a time.
public final class RawReader {
  private let connection: Connection
  private let compressor: Compressor

  /// A reader on a connection of its own.
  public init(connection: Connection, compressor: Compressor) {
    self.connection = connection
    self.compressor = compressor
  }

  private static let columns = """
    id, label, sha256, size, provider, imported_at, status, kind, error, receipt, conversations,
    messages
    """

  /// All imports, oldest first.
  public func imports() throws -> [ImportRecord] {
    let statement = try connection.statement(
      "SELECT \(RawReader.columns) FROM import ORDER BY id")
    defer { statement.reset() }
    var records: [ImportRecord] = []
    while try statement.step() { records.append(RawReader.record(statement)) }
    return records
  }

  /// The import with this number.
  public func importRecord(_ id: Int64) throws -> ImportRecord? {
    let statement = try connection.statement("SELECT \(RawReader.columns) FROM import WHERE id = ?")
    defer { statement.reset() }
    statement.bind(id, at: 1)
    return try statement.step() ? RawReader.record(statement) : nil
  }

  /// Writes an imported file again, byte for byte.
  ///
  /// - Throws: ``ArchiveError`` with code `damaged` when the bytes are not those that were
  ///   imported; what was written until then must be thrown away.
  /// - Complexity: O(bytes), in the memory of the largest segment.
  public func write(
    importID: Int64, to sink: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    guard let record = try importRecord(importID), record.status != .incomplete else {
      throw ArchiveError(.notFound, "there is no import \(importID)", remedy: .imports)
    }
    let statement = try connection.statement(
      """
      SELECT s.separator, b.size, b.codec, b.bytes FROM segment AS s
      LEFT JOIN blob AS b ON b.id = s.blob WHERE s.import = ? ORDER BY s.position
      """)
    defer { statement.reset() }
    statement.bind(importID, at: 1)
    var hash = SHA256()
    while try statement.step() {
      try statement.withBytes(0) {
        hash.update($0)
        try sink($0)
      }
      if statement.isNull(3) { continue }
      let bytes = try statement.withBytes(3) {
        try compressor.decompress(
          $0, codec: statement.int64(2), size: Int(statement.int64(1)))
      }
      try bytes.withUnsafeBytes {
        hash.update($0)
        try sink($0)
      }
    }
    guard Hex.encode(hash.digest()) == record.sha256 else {
      throw ArchiveError(
        .damaged,
        "import \(importID) (\(record.path)) no longer has the hash it was imported with: restore a"
          + " backup", remedy: .verify)
    }
  }

  /// Writes the bytes of one blob.
  public func write(blob id: Int64, to sink: (UnsafeRawBufferPointer) throws -> Void) throws {
    let statement = try connection.statement("SELECT size, codec, bytes FROM blob WHERE id = ?")
    defer { statement.reset() }
    statement.bind(id, at: 1)
    guard try statement.step() else {
      throw ArchiveError(.notFound, "there is no blob \(id)")
    }
    let bytes = try statement.withBytes(2) {
      try compressor.decompress($0, codec: statement.int64(1), size: Int(statement.int64(0)))
    }
    try bytes.withUnsafeBytes { try sink($0) }
  }

  /// What a SHA-256, or the first digits of one, names.
  public enum Named: Equatable, Sendable {
    /// A whole imported file.
    case importRow(Int64)
    /// One blob.
    case blob(Int64)
  }

  /// Finds an import or a blob by its hash.
  ///
  /// - Parameter digits: At least 8 hexadecimal digits, of which the pairs count.
  /// - Throws: ``ArchiveError`` with code `ambiguous`.
  public func find(sha256 digits: String) throws -> Named? {
    guard digits.utf8.count >= 8, digits.utf8.count <= 64,
      let low = Hex.decode(digits.utf8.count.isMultiple(of: 2) ? digits[...] : digits.dropLast())
    else { return nil }
    let high = low + [UInt8](repeating: 0xFF, count: 33 - low.count)
    let imports = try rows(
      "SELECT max(id) FROM import WHERE sha256 BETWEEN ? AND ? AND status > 0 GROUP BY sha256"
        + " LIMIT 2", low, high)
    let blobs = try rows("SELECT id FROM blob WHERE sha256 BETWEEN ? AND ? LIMIT 2", low, high)
    if imports.count > 1 || (imports.isEmpty && blobs.count > 1) {
      throw ArchiveError(.ambiguous, "more than one hash begins with \(digits); give more digits")
    }
    if let found = imports.first { return .importRow(found) }
    return blobs.first.map { .blob($0) }
  }

  /// The source of a conversation: the blob that holds it, or the file it was read from.
  public func source(conversation row: Int64) throws -> Named? {
    let statement = try connection.statement("SELECT blob, import FROM conversation WHERE id = ?")
    defer { statement.reset() }
    statement.bind(row, at: 1)
    guard try statement.step() else { return nil }
    if let blob = statement.optionalInt64(0) { return .blob(blob) }
    return statement.optionalInt64(1).map { .importRow($0) }
  }

  private func rows(_ sql: String, _ low: [UInt8], _ high: [UInt8]) throws -> [Int64] {
    let statement = try connection.statement(sql)
    defer { statement.reset() }
    statement.bind(low, at: 1)
    statement.bind(high, at: 2)
    var found: [Int64] = []
    while try statement.step() { found.append(statement.int64(0)) }
    return found
  }

  private static func record(_ statement: Statement) -> ImportRecord {
    ImportRecord(
      id: statement.int64(0), path: statement.string(1),
      sha256: Hex.encode(statement.bytes(2)), byteCount: statement.int64(3),
      provider: statement.optionalString(4).map { Provider(rawValue: $0) },
      importedAt: Timestamp(microseconds: statement.int64(5)),
      status: ImportStatus(rawValue: statement.int64(6)) ?? .incomplete,
      kind: ImportKind(rawValue: statement.int64(7)) ?? .companion,
      error: statement.optionalString(8), receipt: statement.optionalString(9),
      conversations: Int(statement.int64(10)), messages: Int(statement.int64(11)))
  }
}
