import PolylogueModel
import PolylogueSQL

/// What an import row stands for.
public enum ImportKind: Int64, Sendable {
  /// A file with conversations.
  case conversations = 0
  /// A file that helps to understand others, or is kept for its own sake.
  case companion = 1
  /// A ZIP whose members are imports of their own.
  case container = 2

  /// The name used in JSON.
  public var name: String {
    switch self {
    case .conversations: "conversations"
    case .companion: "companion"
    case .container: "container"
    }
  }
}

/// How far an import has come.
public enum ImportStatus: Int64, Sendable {
  /// Being written; after a crash it is made again.
  case incomplete = 0
  /// All of it was understood.
  case complete = 1
  /// All bytes are kept; something in it is damaged or not understood, or its export lacks a part.
  case partial = 2

  /// The name used in JSON.
  public var name: String {
    switch self {
    case .incomplete: "incomplete"
    case .complete: "complete"
    case .partial: "partial"
    }
  }
}

/// What identifies the content of a file without reading it: equal values mean that it has not
/// changed since.
public struct FileStamp: Equatable, Sendable {
  /// The device number.
  public var device: Int64
  /// The inode number.
  public var inode: Int64
  /// The size in bytes.
  public var byteCount: Int64
  /// The time of the last change of the content, in nanoseconds.
  public var modified: Int64
  /// The time of the last change of the inode, in nanoseconds; no program can set it back.
  public var changed: Int64

  /// Describes a file.
  public init(device: Int64, inode: Int64, byteCount: Int64, modified: Int64, changed: Int64) {
    self.device = device
    self.inode = inode
    self.byteCount = byteCount
    self.modified = modified
    self.changed = changed
  }
}

/// What is known at the end of an import.
public struct ImportOutcome: Sendable {
  /// How far it came.
  public var status: ImportStatus = .complete
  /// The provider, once recognised.
  public var provider: Provider?
  /// The SHA-256 of the whole file.
  public var sha256: [UInt8] = []
  /// The size of the whole file in bytes.
  public var byteCount: Int64 = 0
  /// The version of the parser.
  public var parserVersion: Int?
  /// Conversations in it.
  public var conversations = 0
  /// Messages in it.
  public var messages = 0
  /// Attachments in it whose bytes or text are there.
  public var attachments = 0
  /// Attachments in it that are named but missing.
  public var missing = 0
  /// Why it is partial.
  public var error: String?
  /// The receipt as JSON.
  public var receipt: String?
  /// What identifies the file on disk.
  public var identity: FileStamp?
  /// The media type by its first bytes, of a file that is kept for its own sake; not stored here.
  public var mediaType: String?

  /// Nothing known yet.
  public init() {}
}

/// Writes the raw tier. Called inside a transaction of the writer's connection, by one thread.
public final class RawWriter {
  /// Compresses what comes uncompressed.
  public let compressor = Compressor()
  let connection: Connection
  /// The codecs of what was lost with files of cold storage, to be stored anew when it comes.
  var lost: Set<Codec> = []
  /// Imports of the container being read, by the bytes of their labels: names that differ only in
  /// Unicode normalisation are different files.
  private var members: [[UInt8]: Int64] = [:]
  /// The types of those members that were read, by their first bytes.
  private var memberTypes: [[UInt8]: String] = [:]

  /// A writer on the writer's connection.
  public init(connection: Connection) {
    self.connection = connection
  }

  /// Begins an import.
  public func begin(label: String, container: Int64?, kind: ImportKind, at time: Timestamp) throws
    -> Int64
  {
    try connection.run(
      """
      INSERT INTO import (label, container, kind, status, size, imported_at)
      VALUES (?, ?, ?, 0, 0, ?)
      """, label, container, kind.rawValue, time.microseconds)
    return connection.lastInsertedRow
  }

  /// The row of the blob with a hash; nil when there is none.
  public func row(ofBlob sha256: [UInt8]) throws -> Int64? {
    try connection.integer("SELECT id FROM blob WHERE sha256 = ?", sha256)
  }

  /// Keeps a blob, once.
  ///
  /// - Returns: Its row, and the bytes that were written.
  public func store(_ blob: PreparedBlob) throws -> (row: Int64, byteCount: Int) {
    if let known = try row(ofBlob: blob.sha256) {
      try refill(known, with: blob)
      return (known, 0)
    }
    let blob = blob.compressed(by: compressor)
    guard blob.size == 0 || !blob.bytes.isEmpty else {
      throw ArchiveError(.damaged, "a blob that was just there is gone", remedy: .verify)
    }
    let statement = try connection.statement(
      "INSERT INTO blob (sha256, size, codec, bytes) VALUES (?, ?, ?, ?)")
    statement.bind(blob.sha256, at: 1)
    statement.bind(Int64(blob.size), at: 2)
    statement.bind(blob.codec, at: 3)
    blob.bytes.withUnsafeBytes { statement.bind(bytes: $0, at: 4) }
    try statement.run()
    return (connection.lastInsertedRow, blob.bytes.count)
  }

  /// Adds a segment to an import.
  public func addSegment(
    to importID: Int64, position: Int, separator: [UInt8], blob: Int64?
  ) throws {
    let statement = try connection.statement(
      "INSERT INTO segment (import, position, separator, blob) VALUES (?, ?, ?, ?)")
    statement.bind(importID, at: 1)
    statement.bind(Int64(position), at: 2)
    statement.bind(separator.isEmpty ? nil : separator, at: 3)
    statement.bind(blob, at: 4)
    try statement.run()
  }

  /// Completes an import.
  public func finish(_ importID: Int64, _ outcome: ImportOutcome) throws {
    let statement = try connection.statement(
      """
      UPDATE import SET status = ?, provider = ?, sha256 = ?, size = ?, parser_version = ?,
        conversations = ?, messages = ?, attachments = ?, missing = ?, error = ?, receipt = ?,
        device = ?, inode = ?, modified = ?, changed = ? WHERE id = ?
      """)
    statement.bind(outcome.status.rawValue, at: 1)
    statement.bind(outcome.provider?.rawValue, at: 2)
    statement.bind(outcome.sha256, at: 3)
    statement.bind(outcome.byteCount, at: 4)
    statement.bind(outcome.parserVersion.map(Int64.init), at: 5)
    statement.bind(Int64(outcome.conversations), at: 6)
    statement.bind(Int64(outcome.messages), at: 7)
    statement.bind(Int64(outcome.attachments), at: 8)
    statement.bind(Int64(outcome.missing), at: 9)
    statement.bind(outcome.error, at: 10)
    statement.bind(outcome.receipt, at: 11)
    statement.bind(outcome.identity?.device, at: 12)
    statement.bind(outcome.identity?.inode, at: 13)
    statement.bind(outcome.identity?.modified, at: 14)
    statement.bind(outcome.identity?.changed, at: 15)
    statement.bind(importID, at: 16)
    try statement.run()
  }

  /// Records that the bytes of an import, and of those that are equal to it, were read again.
  public func finishRereading(_ importID: Int64, _ outcome: ImportOutcome) throws {
    let statement = try connection.statement(
      """
      UPDATE import SET status = ?1, parser_version = ?2, conversations = ?3, messages = ?4,
        attachments = ?5, missing = ?6, error = ?7, receipt = ?8
      WHERE id = ?9 OR (kind = 0 AND (sha256, provider) = (SELECT sha256, provider FROM import
        WHERE id = ?9))
      """)
    statement.bind(outcome.status.rawValue, at: 1)
    statement.bind(outcome.parserVersion.map(Int64.init), at: 2)
    statement.bind(Int64(outcome.conversations), at: 3)
    statement.bind(Int64(outcome.messages), at: 4)
    statement.bind(Int64(outcome.attachments), at: 5)
    statement.bind(Int64(outcome.missing), at: 6)
    statement.bind(outcome.error, at: 7)
    statement.bind(outcome.receipt, at: 8)
    statement.bind(importID, at: 9)
    try statement.run()
  }

  /// Whether an import that was begun at a time is still to be finished.
  public func isUnderWay(_ importID: Int64, since time: Timestamp) throws -> Bool {
    try connection.integer(
      "SELECT 1 FROM import WHERE id = ? AND status = 0 AND imported_at = ?", importID,
      time.microseconds) != nil
  }

  /// Records that a known file was read again and found unchanged, with a new identity on disk.
  public func touch(_ importID: Int64, identity: FileStamp, at time: Timestamp) throws {
    try connection.run(
      """
      UPDATE import SET device = ?, inode = ?, modified = ?, changed = ?, imported_at = ?
      WHERE id = ?
      """, identity.device, identity.inode, identity.modified, identity.changed,
      time.microseconds, importID)
  }

  /// Records that a file with the content of an earlier import was met under another name.
  ///
  /// - Returns: Its row, and its size in bytes.
  public func copyImport(
    _ original: Int64, label: String, container: Int64?, identity: FileStamp?,
    at time: Timestamp
  ) throws -> (row: Int64, byteCount: Int64) {
    try connection.run(
      """
      INSERT INTO import (label, container, kind, status, provider, sha256, size, imported_at,
        parser_version, conversations, messages, attachments, missing, error, receipt, device,
        inode, modified, changed)
      SELECT ?2, ?3, kind, status, provider, sha256, size, ?4, parser_version, conversations,
        messages, attachments, missing, error, receipt, ?5, ?6, ?7, ?8
      FROM import WHERE id = ?1
      """, original, label, container, time.microseconds, identity?.device, identity?.inode,
      identity?.modified, identity?.changed)
    let copy = connection.lastInsertedRow
    try connection.run(
      """
      INSERT INTO segment (import, position, separator, blob)
      SELECT ?2, position, separator, blob FROM segment WHERE import = ?1
      """, original, copy)
    return (copy, try connection.integer("SELECT size FROM import WHERE id = ?", copy) ?? 0)
  }

  /// Records that what a partial import lacked has arrived.
  public func markComplete(_ importID: Int64) throws {
    try connection.run(
      "UPDATE import SET status = ?, error = NULL WHERE id = ?", ImportStatus.complete.rawValue,
      importID)
  }

  /// Removes what an interrupted import of the same file left behind; its blobs stay and are found
  /// again by their hash.
  public func removeIncomplete(label: String) throws {
    let statement = try connection.statement(
      "SELECT id FROM import WHERE label = ? AND status = 0")
    statement.bind(label, at: 1)
    var stale: [Int64] = []
    while try statement.step() { stale.append(statement.int64(0)) }
    statement.reset()
    for row in stale {
      let statement = try connection.statement("SELECT id FROM import WHERE container = ?")
      statement.bind(row, at: 1)
      var members: [Int64] = []
      while try statement.step() { members.append(statement.int64(0)) }
      statement.reset()
      for member in members { try drop(member) }
      try drop(row)
    }
  }

  /// Takes an import and its segments back; whatever refers to it keeps its blobs.
  public func drop(_ importID: Int64) throws {
    try connection.run("UPDATE conversation SET import = NULL WHERE import = ?", importID)
    // What an import brings again is looked for again.
    try connection.run(
      """
      UPDATE attachment SET import = NULL, state = CASE WHEN text IS NULL THEN 0 ELSE 2 END
      WHERE import = ?
      """, importID)
    try connection.run("UPDATE tombstone SET import = NULL WHERE import = ?", importID)
    try connection.run("DELETE FROM segment WHERE import = ?", importID)
    try connection.run("DELETE FROM import WHERE id = ?", importID)
  }

  /// Makes the members of a container findable for attachments.
  public func setMembers(_ members: [[UInt8]: Int64]) {
    self.members = members
    if members.isEmpty { memberTypes = [:] }
  }

  /// Makes one more member findable.
  ///
  /// - Parameter type: What kind of file it is by its first bytes, where they tell.
  public func add(member label: String, importID: Int64, type: String?) {
    members[Array(label.utf8)] = importID
    if let type { memberTypes[Array(label.utf8)] = type }
  }

  /// The media type of an attachment: as stated, unless that says nothing and the bytes do.
  func mediaType(of attachment: Attachment) -> String? {
    guard MediaType.isGeneric(attachment.mediaType), let label = attachment.member else {
      return attachment.mediaType
    }
    return memberTypes[Array(label.utf8)] ?? attachment.mediaType
  }

  /// The import of a member of the container being read.
  func member(_ label: String) -> Int64? {
    members[Array(label.utf8)]
  }

  /// Keeps a dictionary; one with the same id stays as it is.
  public func store(_ dictionary: CompressionDictionary) throws {
    try connection.run(
      "INSERT INTO dictionary (id, purpose, bytes) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
      dictionary.id, dictionary.purpose, dictionary.bytes)
  }
}
