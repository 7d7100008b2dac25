import PolylogueModel
import PolylogueSQL

/// What a list shows of a conversation.
public struct ConversationSummary: Sendable, Hashable {
  /// The public identifier.
  public var id: ConversationID
  /// The row in the archive; valid for this archive only.
  public var row: Int64
  /// The title.
  public var title: String?
  /// When it began.
  public var createdAt: Timestamp?
  /// When it last changed.
  public var updatedAt: Timestamp?
  /// Its messages, copies of another conversation's messages not counted.
  public var messages: Int
  /// Its attachments.
  public var attachments: Int
  /// The models that answered, in order of appearance.
  public var models: [String]
  /// The user's tags, sorted.
  public var tags: [String]
  /// Whether the user starred it.
  public var isStarred: Bool
  /// The user's note on it.
  public var note: String?
  /// The folder or project it belongs to.
  public var project: String?
  /// Where it comes from.
  public var lineage: Lineage?
}

/// Reads conversations. Used by one thread at a time.
public final class ConversationReader {
  let connection: Connection
  let compressor: Compressor
  /// The names of models met so far; a name never changes.
  private var models: [Int64: String] = [:]

  /// A reader on a connection of its own.
  public init(connection: Connection, compressor: Compressor) {
    self.connection = connection
    self.compressor = compressor
  }

  /// The codec and the body of a message `m` whose original, if it is a copy, is `o`.
  static let body = """
    CASE WHEN o.id IS NULL OR length(m.body) > 0 THEN m.codec ELSE o.codec END,
    CASE WHEN o.id IS NULL OR length(m.body) > 0 THEN m.body ELSE o.body END
    """

  // MARK: Summaries

  static let summaryColumns = """
    c.id, c.provider, c.native_id, c.title, c.created_at, c.updated_at, c.messages,
    c.attachments, c.models, c.project, c.lineage_kind, c.lineage_parent, c.lineage_origin
    """

  /// The summary of a conversation by its row.
  public func summary(row: Int64) throws -> ConversationSummary? {
    let statement = try connection.statement(
      "SELECT \(ConversationReader.summaryColumns) FROM conversation AS c WHERE c.id = ?")
    statement.bind(row, at: 1)
    guard try statement.step() else {
      statement.reset()
      return nil
    }
    var summary = ConversationReader.summary(statement)
    statement.reset()
    try addUserLayer(to: &summary)
    return summary
  }

  static func summary(_ statement: Statement) -> ConversationSummary {
    var lineage: Lineage?
    if let raw = statement.optionalInt64(10), let parent = statement.optionalString(11),
      let kind = Lineage.Kind(rawValue: UInt8(clamping: raw))
    {
      lineage = Lineage(kind: kind, parent: parent, origin: statement.optionalString(12))
    }
    return ConversationSummary(
      id: ConversationID(
        provider: Provider(rawValue: statement.string(1)), native: statement.string(2)),
      row: statement.int64(0), title: statement.optionalString(3),
      createdAt: statement.optionalInt64(4).map(Timestamp.init(microseconds:)),
      updatedAt: statement.optionalInt64(5).map(Timestamp.init(microseconds:)),
      messages: Int(statement.int64(6)), attachments: Int(statement.int64(7)),
      models: (statement.optionalString(8) ?? "").split(separator: "\n").map(String.init),
      tags: [], isStarred: false, project: statement.optionalString(9), lineage: lineage)
  }

  // MARK: Whole conversations

  /// Loads a conversation with all its messages.
  ///
  /// - Returns: nil when there is no such row.
  /// - Complexity: O(messages); a message costs one row and one decompression.
  public func conversation(row: Int64) throws -> Conversation? {
    try connection.snapshot {
      try header(row: row).map {
        Conversation(
          header: $0, messages: try messages(of: row), userData: try userData(of: $0.id))
      }
    }
  }

  /// Loads what is known of a conversation besides its messages, without reading one.
  ///
  /// - Returns: nil when there is no such row.
  /// - Complexity: one look-up.
  public func header(row: Int64) throws -> ConversationHeader? {
    try ConversationReader.header(row: row, in: connection)
  }

  static func header(row: Int64, in connection: Connection) throws -> ConversationHeader? {
    let statement = try connection.statement(
      """
      SELECT provider, native_id, title, created_at, updated_at, project, lineage_kind,
        lineage_parent, lineage_origin, fidelity, metadata
      FROM conversation WHERE id = ?
      """)
    statement.bind(row, at: 1)
    guard try statement.step() else {
      statement.reset()
      return nil
    }
    var header = ConversationHeader(
      id: ConversationID(
        provider: Provider(rawValue: statement.string(0)), native: statement.string(1)),
      title: statement.optionalString(2),
      createdAt: statement.optionalInt64(3).map(Timestamp.init(microseconds:)),
      updatedAt: statement.optionalInt64(4).map(Timestamp.init(microseconds:)),
      project: statement.optionalString(5),
      fidelity: ConversationHeader.Fidelity(stored: statement.int64(9)),
      metadata: statement.optionalString(10))
    if let raw = statement.optionalInt64(6), let parent = statement.optionalString(7),
      let kind = Lineage.Kind(rawValue: UInt8(clamping: raw))
    {
      header.lineage = Lineage(kind: kind, parent: parent, origin: statement.optionalString(8))
    }
    statement.reset()
    return header
  }

  private func messages(of conversation: Int64) throws -> [Message] {
    var messages: [Message] = []
    // Most conversations are no longer, and growing copies.
    messages.reserveCapacity(64)
    var places = RowPlaces()
    var hasAttachments = false
    let statement = try connection.statement(
      """
      SELECT m.id, m.native_id, m.parent, m.role, m.kind, m.flags, m.model, m.timestamp,
        \(ConversationReader.body)
      FROM message AS m LEFT JOIN message AS o ON o.id = m.original
      WHERE m.conversation = ? ORDER BY m.position, m.id
      """)
    defer { statement.reset() }
    statement.bind(conversation, at: 1)
    while try statement.step() {
      let flags = MessageFlags(rawValue: statement.int64(5))
      hasAttachments = hasAttachments || flags.contains(.attachment)
      let parent = statement.optionalInt64(2).flatMap { places.place(of: $0) }
      places.append(statement.int64(0))
      messages.append(
        Message(
          id: statement.isBlob(1)
            ? NativeID(statement, column: 1, isBlob: true).text : statement.string(1),
          parentID: parent.map { messages[$0].id },
          role: Role(rawValue: UInt8(clamping: statement.int64(3))) ?? .user,
          kind: MessageKind(rawValue: UInt8(clamping: statement.int64(4))) ?? .message,
          model: try statement.optionalInt64(6).flatMap { try modelName($0) },
          timestamp: statement.optionalInt64(7).map(Timestamp.init(microseconds:)),
          isActive: flags.contains(.active), isHidden: flags.contains(.hidden)))
      let place = messages.count - 1
      messages[place].isVanished = flags.contains(.vanished)
      try statement.withBytes(9) { stored in
        try compressor.withDecompressed(stored, codec: statement.int64(8)) {
          try MessageBody.decode($0, into: &messages[place])
        }
      }
    }
    if hasAttachments {
      for (row, found) in try attachments(of: conversation) {
        if let place = places.place(of: row) { messages[place].attachments = found }
      }
    }
    return messages
  }

  /// The messages of a conversation, by its row: their own ids and rows, in their order.
  public func messageRows(of conversation: Int64) throws -> [(id: String, row: Int64)] {
    let statement = try connection.statement(
      "SELECT native_id, id FROM message WHERE conversation = ? ORDER BY position, id")
    defer { statement.reset() }
    statement.bind(conversation, at: 1)
    var found: [(id: String, row: Int64)] = []
    while try statement.step() {
      let id =
        statement.isBlob(0)
        ? NativeID(statement, column: 0, isBlob: true).text : statement.string(0)
      found.append((id, statement.int64(1)))
    }
    return found
  }

  private func modelName(_ id: Int64) throws -> String? {
    if let known = models[id] { return known }
    let name = try connection.text("SELECT name FROM model WHERE id = ?", id)
    models[id] = name
    return name
  }

  private func attachments(of conversation: Int64) throws -> [Int64: [Attachment]] {
    var found: [Int64: [Attachment]] = [:]
    let statement = try connection.statement(
      """
      SELECT m.id, a.native_id, a.name, a.media_type, a.size, a.member, a.codec, a.text,
        i.id, coalesce(i.sha256, b.sha256), coalesce(i.size, b.size)
      FROM message AS m JOIN attachment AS a ON a.message = coalesce(m.original, m.id)
      LEFT JOIN import AS i ON i.id = a.import AND i.status > 0
      LEFT JOIN blob AS b ON b.id = a.blob
      WHERE m.conversation = ? AND m.flags & 8 ORDER BY m.position, m.id, a.position
      """)
    defer { statement.reset() }
    statement.bind(conversation, at: 1)
    while try statement.step() {
      var attachment = Attachment(
        id: statement.string(1), name: statement.optionalString(2),
        mediaType: statement.optionalString(3), byteCount: statement.optionalInt64(4),
        member: statement.optionalString(5))
      if !statement.isNull(9) {
        attachment.stored = Attachment.Stored(
          sha256: Hex.encode(statement.bytes(9)), byteCount: statement.int64(10),
          importID: statement.optionalInt64(8))
      }
      if !statement.isNull(7) {
        let text = try statement.withBytes(7) {
          try compressor.decompress($0, codec: statement.int64(6))
        }
        // Nothing was found in a file whose text is empty.
        if !text.isEmpty { attachment.extractedText = String(decoding: text, as: UTF8.self) }
      }
      found[statement.int64(0), default: []].append(attachment)
    }
    return found
  }

  /// The body of one message, and where it stands, for a search hit.
  public func hit(message row: Int64) throws -> MessageHit? {
    let statement = try connection.statement(
      """
      SELECT m.native_id, typeof(m.native_id) = 'blob', m.role, m.timestamp, m.conversation,
        \(ConversationReader.body), m.kind, c.provider, c.native_id, c.title, m.flags
      FROM message AS m JOIN conversation AS c ON c.id = m.conversation
      LEFT JOIN message AS o ON o.id = m.original WHERE m.id = ?
      """)
    defer { statement.reset() }
    statement.bind(row, at: 1)
    guard try statement.step() else { return nil }
    var message = Message(
      id: NativeID(statement, column: 0, isBlob: statement.int64(1) == 1).text,
      role: Role(rawValue: UInt8(clamping: statement.int64(2))) ?? .user,
      kind: MessageKind(rawValue: UInt8(clamping: statement.int64(7))) ?? .message,
      timestamp: statement.optionalInt64(3).map(Timestamp.init(microseconds:)))
    message.isActive = MessageFlags(rawValue: statement.int64(11)).contains(.active)
    var absence: MessageHit.Absence?
    do {
      let body = try statement.withBytes(6) {
        try compressor.decompress($0, codec: statement.int64(5))
      }
      try MessageBody.decode(body, into: &message)
    } catch let error as ArchiveError where error.code == .unavailable {
      let id = 0 - statement.int64(5)
      let file = try ColdStorage.records(in: connection).first { $0.id == id }?.path
      absence = MessageHit.Absence(file: file, message: error.message)
    }
    return MessageHit(
      conversation: ConversationID(
        provider: Provider(rawValue: statement.string(8)), native: statement.string(9)),
      conversationRow: statement.int64(4), title: statement.optionalString(10), message: message,
      absence: absence)
  }

  /// The extracted texts of a message's attachments.
  public func attachmentTexts(message row: Int64) throws -> [(name: String?, text: String)] {
    var found: [(String?, String)] = []
    let statement = try connection.statement(
      "SELECT name, codec, text FROM attachment WHERE message = ? ORDER BY position")
    defer { statement.reset() }
    statement.bind(row, at: 1)
    while try statement.step() {
      var text = ""
      if !statement.isNull(2) {
        text = String(
          decoding: try statement.withBytes(2) {
            try compressor.decompress($0, codec: statement.int64(1))
          }, as: UTF8.self)
      }
      found.append((statement.optionalString(0), text))
    }
    return found
  }
}

/// Where rows stand among the messages read so far.
private struct RowPlaces {
  private var rows: [Int64] = []
  /// The places of the first rows: nearly always the one asked for is the last, and none is needed.
  private var places: [Int64: Int] = [:]

  mutating func append(_ row: Int64) { rows.append(row) }

  mutating func place(of row: Int64) -> Int? {
    if let last = rows.last, last == row { return rows.count - 1 }
    for place in places.count..<rows.count { places[rows[place]] = place }
    return places[row]
  }
}

/// A message found by search, with what a result line shows.
public struct MessageHit: Sendable {
  /// The conversation it stands in.
  public var conversation: ConversationID
  /// The row of that conversation.
  public var conversationRow: Int64
  /// The conversation's title.
  public var title: String?
  /// The message, without its attachments.
  public var message: Message
  /// Why its text could not be read; nil where it could.
  public var absence: Absence?

  /// A text that lies in cold storage, in a file that is not there.
  public struct Absence: Sendable {
    /// The file; nil of one that the archive has lost track of.
    public var file: String?
    /// What to do about it.
    public var message: String
  }
}
