import PolylogueImport
import PolylogueModel
import PolylogueSQL
import PolylogueStore

/// What the archive already knows, looked up by the reading side on a connection of its own.
final class KnownFiles {
  let connection: Connection
  /// Whether the user has ever deleted a conversation; asked once.
  private(set) lazy var hasDeletions =
    (try? connection.integer("SELECT EXISTS (SELECT 1 FROM tombstone)")) == 1

  /// Says of an import and of a record that nothing was lost of them with a file of cold storage.
  private let isWhole: (import: String, record: String)

  init(connection: Connection) {
    self.connection = connection
    let lost = ((try? ColdStorage.lost(in: connection)) ?? []).map(String.init).sorted()
    guard !lost.isEmpty else {
      isWhole = ("", "")
      return
    }
    let codecs = lost.joined(separator: ", ")
    let lostMessage = """
      SELECT 1 FROM conversation AS c JOIN message AS m ON m.conversation = c.id
      WHERE m.codec IN (\(codecs))
      """
    isWhole = (
      """
      AND NOT EXISTS (SELECT 1 FROM segment AS s JOIN blob AS b ON b.id = s.blob
        WHERE s.import = import.id AND b.codec IN (\(codecs)))
      AND NOT EXISTS (\(lostMessage) AND c.import = import.id)
      AND NOT EXISTS (\(lostMessage) AND c.import IN
        (SELECT member.id FROM import AS member WHERE member.container = import.id))
      """,
      """
      AND b.codec NOT IN (\(codecs))
      AND NOT EXISTS (SELECT 1 FROM message AS m
        WHERE m.conversation = c.id AND m.codec IN (\(codecs)))
      """
    )
  }

  /// An import as far as recognising it again goes.
  struct Known {
    var id: Int64
    var sha256: [UInt8]
    var file: UnchangedFile
    var parserVersion: Int64?
    var identity: FileStamp?
    var importedAt: Int64
    var kind: ImportKind
  }

  private static let columns = """
    id, sha256, provider, kind, conversations, messages, attachments, missing, parser_version,
    device, inode, size, modified, changed, imported_at, label, status, error
    """

  /// The last whole import under this name.
  func last(path: String) throws -> Known? {
    let statement = try connection.statement(
      """
      SELECT \(KnownFiles.columns) FROM import WHERE label = ? AND status > 0 \(isWhole.import)
      ORDER BY id DESC LIMIT 1
      """)
    defer { statement.reset() }
    statement.bind(path, at: 1)
    return try statement.step() ? KnownFiles.known(statement) : nil
  }

  /// Whole imports of this size, the newest first.
  func all(byteCount: Int64) throws -> [Known] {
    let statement = try connection.statement(
      """
      SELECT \(KnownFiles.columns) FROM import WHERE size = ? AND status > 0 \(isWhole.import)
      ORDER BY id DESC LIMIT 64
      """)
    defer { statement.reset() }
    statement.bind(byteCount, at: 1)
    var found: [Known] = []
    while try statement.step() { found.append(KnownFiles.known(statement)) }
    return found
  }

  /// Whether there is a whole import of this size.
  func hasImport(byteCount: Int64) throws -> Bool {
    try connection.integer(
      "SELECT 1 FROM import WHERE size = ? AND status > 0 \(isWhole.import) LIMIT 1", byteCount)
      != nil
  }

  /// Whether there is a whole import of these bytes.
  func hasImport(sha256: [UInt8]) throws -> Bool {
    try connection.integer(
      "SELECT 1 FROM import WHERE sha256 = ? AND status > 0 \(isWhole.import) LIMIT 1", sha256)
      != nil
  }

  /// What became of a record, when today's parser has read it before.
  func record(sha256: [UInt8], provider: Provider, parserVersion: Int) throws -> KnownRecord? {
    let statement = try connection.statement(
      """
      SELECT count(*), sum(c.messages), sum(c.attachments),
        max(c.attachments > 0 AND EXISTS (\(KnownFiles.files) AND a.state = 0)
          AND NOT EXISTS (\(KnownFiles.files) AND a.import IS NOT NULL)),
        sum(CASE WHEN c.attachments = 0 THEN 0
          ELSE (\(KnownFiles.count) AND a.state = 0) END)
      FROM blob AS b
      JOIN record AS r ON r.blob = b.id JOIN conversation AS c ON c.id = r.conversation
      WHERE b.sha256 = ? AND r.provider = ? AND r.parser_version = ? \(isWhole.record)
      """)
    defer { statement.reset() }
    statement.bind(sha256, at: 1)
    statement.bind(provider.rawValue, at: 2)
    statement.bind(Int64(parserVersion), at: 3)
    guard try statement.step() else { return nil }
    let deleted = try deleted(sha256: sha256, provider: provider)
    guard statement.int64(0) > 0 || deleted.conversations > 0 else { return nil }
    return KnownRecord(
      conversations: Int(statement.int64(0)), messages: Int(statement.int64(1)),
      attachments: Int(statement.int64(2) - statement.int64(4)), missing: Int(statement.int64(4)),
      lacksFiles: statement.int64(3) == 1, deleted: deleted)
  }

  /// Whether messages of an import name files that did not come with it or later.
  func lacksFiles(importID: Int64) throws -> Bool {
    let statement = try connection.statement(
      """
      SELECT EXISTS (SELECT 1 FROM segment AS s JOIN record AS r ON r.blob = s.blob
          JOIN conversation AS c ON c.id = r.conversation
          WHERE s.import = ?1 AND c.attachments > 0
            AND EXISTS (\(KnownFiles.files) AND a.state = 0))
        OR EXISTS (SELECT 1 FROM conversation AS c WHERE c.import = ?1 AND c.attachments > 0
          AND EXISTS (\(KnownFiles.files) AND a.state = 0))
      """)
    defer { statement.reset() }
    statement.bind(importID, at: 1)
    return try statement.step() && statement.int64(0) == 1
  }

  /// The receipt of an import, those of a container's members included.
  func receipt(importID: Int64) throws -> Receipt? {
    let statement = try connection.statement(
      "SELECT receipt FROM import WHERE id = ?1 OR container = ?1 ORDER BY id")
    defer { statement.reset() }
    statement.bind(importID, at: 1)
    var sum: Receipt?
    while try statement.step() {
      guard let receipt = statement.optionalString(0).flatMap(Receipt.init(json:)) else { continue }
      if sum == nil { sum = receipt } else { sum?.merge(receipt) }
    }
    return sum
  }

  private static let count = """
    SELECT count(*) FROM message AS m JOIN attachment AS a ON a.message = m.id
    WHERE m.conversation = c.id
    """
  private static let files = """
    SELECT 1 FROM message AS m JOIN attachment AS a ON a.message = m.id WHERE m.conversation = c.id
    """

  private static func known(_ statement: Statement) -> Known {
    var identity: FileStamp?
    if let device = statement.optionalInt64(9) {
      identity = FileStamp(
        device: device, inode: statement.int64(10), byteCount: statement.int64(11),
        modified: statement.int64(12), changed: statement.int64(13))
    }
    let kind = ImportKind(rawValue: statement.int64(3)) ?? .companion
    return Known(
      id: statement.int64(0), sha256: statement.bytes(1),
      file: UnchangedFile(
        path: statement.string(15), importID: statement.int64(0), identity: nil,
        provider: statement.optionalString(2).map { Provider(rawValue: $0) },
        isConversations: kind != .companion, conversations: Int(statement.int64(4)),
        messages: Int(statement.int64(5)), attachments: Int(statement.int64(6)),
        missing: Int(statement.int64(7)),
        problem: statement.int64(16) == ImportStatus.partial.rawValue
          ? statement.optionalString(17) ?? "not all of it was understood" : nil),
      parserVersion: statement.optionalInt64(8), identity: identity,
      importedAt: statement.int64(14), kind: kind)
  }
}
