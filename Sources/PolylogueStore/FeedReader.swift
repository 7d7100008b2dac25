import PolylogueModel
import PolylogueSQL

/// Reads the change feed for an index that has fallen behind.
public final class FeedReader {
  private let connection: Connection
  private let compressor: Compressor
  /// The codecs of what lies in files that were not there when they were asked for.
  private var absent: Set<Codec> = []

  /// A message as an index takes it.
  public struct Entry: Sendable {
    /// The message's row.
    public var row: Int64
    /// The conversation's row.
    public var conversation: Int64
    /// The message's place in it.
    public var position: Int
    /// Whose conversation it is.
    public var provider: Provider
    /// Who speaks.
    public var role: Role
    /// Where the text comes from.
    public var kind: MessageKind
    /// What is known at a glance.
    public var flags: MessageFlags
    /// The model that answered.
    public var model: String?
    /// When it was written.
    public var timestamp: Timestamp?
    /// The uncompressed ``MessageBody``.
    public var body: [UInt8]
    /// Texts extracted from its files, and their names.
    public var attachmentTexts: [String]
  }

  /// A line of the feed.
  public struct Change: Sendable {
    /// Its number; numbers only grow.
    public var sequence: Int64
    /// What happened.
    public var kind: ChangeKind
    /// The conversation's row.
    public var conversation: Int64
    /// The first message's row, where messages are concerned.
    public var first: Int64
    /// The last message's row.
    public var last: Int64
  }

  /// A reader on a connection of its own.
  public init(connection: Connection, compressor: Compressor) {
    self.connection = connection
    self.compressor = compressor
  }

  /// The number of the newest line; 0 when there is none.
  public func newest() throws -> Int64 {
    try connection.integer("SELECT max(sequence) FROM change") ?? 0
  }

  /// The lines after a number, oldest first.
  public func changes(after sequence: Int64, limit: Int) throws -> [Change] {
    let statement = try connection.statement(
      """
      SELECT sequence, kind, conversation, first, last FROM change WHERE sequence > ?
      ORDER BY sequence LIMIT ?
      """)
    defer { statement.reset() }
    statement.bind(sequence, at: 1)
    statement.bind(Int64(limit), at: 2)
    var changes: [Change] = []
    while try statement.step() {
      guard let kind = ChangeKind(rawValue: UInt8(clamping: statement.int64(1))) else { continue }
      changes.append(
        Change(
          sequence: statement.int64(0), kind: kind, conversation: statement.int64(2),
          first: statement.int64(3), last: statement.int64(4)))
    }
    return changes
  }

  /// The messages that are no longer to be found, by the lines after a number, oldest first.
  ///
  /// - Complexity: O(lines after the number).
  public func removals(after sequence: Int64) throws -> [ClosedRange<Int64>] {
    let statement = try connection.statement(
      "SELECT first, last FROM change WHERE sequence > ? AND kind = ? ORDER BY sequence")
    defer { statement.reset() }
    statement.bind(sequence, at: 1)
    statement.bind(Int64(ChangeKind.removed.rawValue), at: 2)
    var found: [ClosedRange<Int64>] = []
    while try statement.step() {
      found.append(statement.int64(0)...max(statement.int64(0), statement.int64(1)))
    }
    return found
  }

  /// The title of a conversation; nil when there is no such conversation.
  public func title(conversation: Int64) throws -> FeedTitle? {
    let statement = try connection.statement(
      "SELECT provider, title, sort_at FROM conversation WHERE id = ?")
    defer { statement.reset() }
    statement.bind(conversation, at: 1)
    guard try statement.step() else { return nil }
    let time = statement.int64(2)
    return FeedTitle(
      conversation: conversation, provider: Provider(rawValue: statement.string(0)),
      title: statement.optionalString(1),
      timestamp: time == 0 ? nil : Timestamp(microseconds: time))
  }

  /// Calls `body` for the messages of a range of rows that search may find.
  ///
  /// - Parameter onAbsent: Called instead for a message whose text lies in cold storage, in a file
  ///   that is not there: its row, and the number of the file. A reader looks for a file once.
  public func forEachEntry(
    first: Int64, last: Int64, onAbsent: (_ row: Int64, _ file: Int64) -> Void,
    _ body: (Entry) throws -> Void
  ) throws {
    let statement = try connection.statement(
      """
      SELECT m.id, m.conversation, m.position, c.provider, m.role, m.kind, m.flags, model.name,
        m.timestamp, m.codec, m.body
      FROM message AS m JOIN conversation AS c ON c.id = m.conversation
      LEFT JOIN model ON model.id = m.model
      WHERE m.id BETWEEN ? AND ? AND m.original IS NULL ORDER BY m.id
      """)
    defer { statement.reset() }
    statement.bind(first, at: 1)
    statement.bind(last, at: 2)
    while try statement.step() {
      let flags = MessageFlags(rawValue: statement.int64(6))
      let row = statement.int64(0)
      let codec = statement.int64(9)
      guard let plain = try statement.withBytes(10, { try text($0, codec) }) else {
        onAbsent(row, 0 - codec)
        continue
      }
      try body(
        Entry(
          row: row, conversation: statement.int64(1), position: Int(statement.int64(2)),
          provider: Provider(rawValue: statement.string(3)),
          role: Role(rawValue: UInt8(clamping: statement.int64(4))) ?? .user,
          kind: MessageKind(rawValue: UInt8(clamping: statement.int64(5))) ?? .message,
          flags: flags, model: statement.optionalString(7),
          timestamp: statement.optionalInt64(8).map(Timestamp.init(microseconds:)), body: plain,
          attachmentTexts: flags.contains(.attachment) ? try attachmentTexts(row) : []))
    }
  }

  private func text(_ bytes: UnsafeRawBufferPointer, _ codec: Codec) throws -> [UInt8]? {
    guard !absent.contains(codec) else { return nil }
    do {
      return try compressor.decompress(bytes, codec: codec)
    } catch let error as ArchiveError where error.code == .unavailable {
      absent.insert(codec)
      return nil
    }
  }

  /// The names and texts of a message's files.
  public func attachmentTexts(_ message: Int64) throws -> [String] {
    let statement = try connection.statement(
      "SELECT name, codec, text FROM attachment WHERE message = ? ORDER BY position")
    defer { statement.reset() }
    statement.bind(message, at: 1)
    var texts: [String] = []
    while try statement.step() {
      if let name = statement.optionalString(0) { texts.append(name) }
      if !statement.isNull(2) {
        let text = try statement.withBytes(2) {
          try compressor.decompress($0, codec: statement.int64(1))
        }
        texts.append(String(decoding: text, as: UTF8.self))
      }
    }
    return texts
  }
}
