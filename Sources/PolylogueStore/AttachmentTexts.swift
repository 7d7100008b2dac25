import PolylogueModel
import PolylogueSQL

/// A stored file whose text is not in the archive yet.
public struct TextlessFile: Sendable {
  /// The SHA-256 of its bytes.
  public var sha256: [UInt8]
  /// Its size in bytes.
  public var byteCount: Int64
  /// The media type, as stated or sniffed.
  public var mediaType: String?
  /// The name that a message gives it.
  public var name: String?
  /// Where its bytes are.
  public var place: RawReader.Named
}

/// What was taken out of a stored file.
public struct ExtractedText: Sendable {
  /// The SHA-256 of the file's bytes.
  public var sha256: [UInt8]
  /// The text; empty where there is none, nil where it is still to be taken out.
  public var text: String?
  /// The media type, where the bytes tell it.
  public var mediaType: String?

  /// Describes what was found.
  public init(sha256: [UInt8], text: String?, mediaType: String? = nil) {
    self.sha256 = sha256
    self.text = text
    self.mediaType = mediaType
  }
}

/// Finding stored files without a text.
public enum AttachmentTexts {
  private static let isWanted = """
    a.state = 1 AND a.text IS NULL AND (a.media_type IS NULL OR a.media_type LIKE 'text/%'
      OR a.media_type IN ('application/pdf', 'application/octet-stream', 'application/json',
        'application/xml', 'file', 'unknown')
      OR a.name LIKE '%.pdf')
    """

  /// The files that may hold text and were not looked into, each once, by hash.
  ///
  /// - Complexity: O(attachments).
  public static func waiting(in connection: Connection) throws -> [TextlessFile] {
    let statement = try connection.statement(
      """
      SELECT coalesce(i.sha256, b.sha256) AS hash, coalesce(i.size, b.size), a.media_type, a.name,
        max(i.id), max(b.id)
      FROM attachment AS a
      LEFT JOIN import AS i ON i.id = a.import AND i.status > 0
      LEFT JOIN blob AS b ON b.id = a.blob
      WHERE \(isWanted) AND hash IS NOT NULL GROUP BY hash
      """)
    defer { statement.reset() }
    var found: [TextlessFile] = []
    while try statement.step() {
      guard
        let place = statement.optionalInt64(4).map(RawReader.Named.importRow)
          ?? statement.optionalInt64(5).map(RawReader.Named.blob)
      else { continue }
      found.append(
        TextlessFile(
          sha256: statement.bytes(0), byteCount: statement.int64(1),
          mediaType: statement.optionalString(2), name: statement.optionalString(3), place: place))
    }
    return found
  }
}

extension ConversationWriter {
  /// Writes what was taken out of files, wherever they are attached, and tells the index.
  ///
  /// - Returns: The attachments that were changed.
  public func write(_ texts: [ExtractedText]) throws -> Int {
    var count = 0
    for found in texts {
      let rows = try attachments(withHash: found.sha256)
      let stored = found.text.map { text in
        Array(text.utf8).withUnsafeBytes { raw.compressor.compress($0, dictionary: nil) }
      }
      for row in rows {
        try changeFiles(of: row.message, in: row.conversation) {
          try connection.run(
            """
            UPDATE attachment SET codec = coalesce(?2, codec), text = coalesce(?3, text),
              media_type = coalesce(?4, media_type) WHERE id = ?1
            """, row.attachment, stored?.codec, stored?.bytes,
            MediaType.isGeneric(row.type) ? found.mediaType : nil)
        }
        try revive(row: row.message, conversation: row.conversation)
        count += 1
      }
    }
    return count
  }

  /// Keeps the texts that were taken out of files which are the same as before, when a message's
  /// files are written anew.
  func keepExtractedTexts(of message: Int64) throws {
    try connection.run(
      """
      UPDATE attachment SET codec = o.codec, text = o.text FROM attachment AS o
      WHERE attachment.message = ?1 AND attachment.position >= 0 AND attachment.state = 1
        AND attachment.text IS NULL AND o.message = ?1 AND o.position < 0 AND o.text IS NOT NULL
        AND o.native_id = attachment.native_id AND \(ConversationWriter.haveSameBytes)
      """, message)
  }

  /// Whether one of a message's files has a text that may not stand in the export: then the index has
  /// to read the message from the archive.
  func hasExtractedTexts(_ message: Int64) throws -> Bool {
    try connection.integer(
      """
      SELECT EXISTS (SELECT 1 FROM attachment WHERE message = ? AND state = 1
        AND text IS NOT NULL)
      """, message) == 1
  }

  private func attachments(
    withHash sha256: [UInt8]
  ) throws -> [(attachment: Int64, message: Int64, conversation: Int64, type: String?)] {
    var rows: [(Int64, Int64, Int64, String?)] = []
    for owner in ["import", "blob"] {
      let statement = try connection.statement(
        """
        SELECT a.id, a.message, m.conversation, a.media_type FROM \(owner) AS o
        JOIN attachment AS a ON a.\(owner) = o.id JOIN message AS m ON m.id = a.message
        WHERE o.sha256 = ? AND a.state = 1 AND a.text IS NULL
        """)
      statement.bind(sha256, at: 1)
      while try statement.step() {
        rows.append(
          (
            statement.int64(0), statement.int64(1), statement.int64(2), statement.optionalString(3)
          ))
      }
      statement.reset()
    }
    return rows
  }
}
