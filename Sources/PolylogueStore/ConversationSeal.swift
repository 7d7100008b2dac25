import PolylogueModel
import PolylogueSQL

/// A number made of all that the archive says of a conversation besides the bodies of its messages,
/// which have hashes of their own: what a message is called, where it hangs and stands, its files,
/// the header. It is stored with the conversation's revision, so that ``Verifier`` finds a byte that
/// has changed.
///
/// A sum over the rows, so that a change of one needs no look at the others. It is no protection
/// against somebody who wants to deceive.
struct ConversationSeal {
  private(set) var sum: UInt64 = 0

  /// The stored form.
  var value: Int64 { Int64(bitPattern: sum) }

  /// Adds a row of `message`.
  mutating func add(_ message: Row, id: NativeID) {
    var term = Term(id.word)
    term.take(message.row)
    term.take(message.parent ?? -1)
    term.take(message.position)
    term.take(message.role << 8 | message.kind)
    term.take(message.flags)
    term.take(message.model ?? -1)
    term.take(message.timestamp ?? .min)
    term.take(message.hash)
    sum &+= term.value
  }

  /// The numbers in a row of `message`.
  struct Row {
    var row: Int64
    var parent: Int64?
    var position: Int64
    var role: Int64
    var kind: Int64
    var flags: Int64
    var model: Int64?
    var timestamp: Int64?
    var hash: Int64
  }

  /// Adds what stands in `conversation`.
  mutating func add(_ header: ConversationHeader, models: [String], features: MessageFlags) {
    var term = Term(1)
    let texts: [String?] = [
      header.id.provider.rawValue, header.id.native, header.title, header.project, header.metadata,
      header.lineage?.parent, header.lineage?.origin, header.lineage?.kind.name,
      models.joined(separator: "\n"),
    ]
    for text in texts { term.take(text) }
    term.take(header.createdAt?.microseconds ?? .min)
    term.take(header.updatedAt?.microseconds ?? .min)
    term.take(Int64(header.fidelity.rawValue))
    term.take(features.rawValue)
    sum &+= term.value
  }

  /// Adds a row of `attachment` with the columns of ``fileColumns``, without what an interrupted
  /// import takes back: where the bytes are.
  mutating func addFile(_ statement: Statement) {
    var term = Term(2)
    term.take(statement.int64(0))
    term.take(statement.int64(1))
    for column in [2, 3, 4, 5] { term.take(statement.optionalString(column)) }
    term.take(statement.optionalInt64(6) ?? -1)
    term.take(statement.int64(7))
    statement.withBytes(8) { term.take($0) }
    sum &+= term.value
  }

  static let fileColumns =
    "a.message, a.position, a.native_id, a.name, a.media_type, a.member, a.size, a.codec, a.text"

  private struct Term {
    private(set) var value: UInt64

    init(_ seed: UInt64) { value = seed }

    mutating func take(_ number: Int64) {
      value = (value ^ UInt64(bitPattern: number)) &* 0xff51_afd7_ed55_8ccd
      value ^= value >> 32
    }

    mutating func take(_ text: String?) {
      guard var text else { return take(-1) }
      text.withUTF8 { take(UnsafeRawBufferPointer($0)) }
    }

    mutating func take(_ bytes: UnsafeRawBufferPointer) {
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      take(Int64(bitPattern: hash))
    }
  }
}

/// What is kept of a conversation's messages in its own row.
struct MessageSum {
  var models: [String] = []
  var features: MessageFlags = []
  /// Copies of another conversation's messages not counted.
  var messages = 0
  var files = 0
  var seal = ConversationSeal()

  /// What is known of a conversation without files that was just written.
  init(models: [String], features: MessageFlags, messages: Int, seal: ConversationSeal) {
    self.models = models
    self.features = features
    self.messages = messages
    self.seal = seal
  }

  /// Sums up what is stored.
  ///
  /// - Complexity: O(messages), without their bodies.
  init(of conversation: Int64, in connection: Connection) throws {
    let statement = try connection.statement(
      """
      SELECT m.id, m.native_id, typeof(m.native_id) = 'blob', m.parent, m.position, m.role, m.kind,
        m.flags, m.model, m.timestamp, m.hash, m.original IS NULL, model.name
      FROM message AS m LEFT JOIN model ON model.id = m.model
      WHERE m.conversation = ? ORDER BY m.position
      """)
    defer { statement.reset() }
    statement.bind(conversation, at: 1)
    var last: Int64?
    while try statement.step() {
      let flags = MessageFlags(rawValue: statement.int64(7))
      features.formUnion(flags.intersection(.features))
      if !flags.contains(.active) { features.insert(.branch) }
      if statement.int64(11) == 1 { messages += 1 }
      let model = statement.optionalInt64(8)
      if let model, model != last {
        last = model
        let name = statement.string(12)
        if !models.contains(name) { models.append(name) }
      }
      seal.add(
        ConversationSeal.Row(
          row: statement.int64(0), parent: statement.optionalInt64(3),
          position: statement.int64(4), role: statement.int64(5), kind: statement.int64(6),
          flags: flags.rawValue, model: model, timestamp: statement.optionalInt64(9),
          hash: statement.int64(10)),
        id: NativeID(statement, column: 1, isBlob: statement.int64(2) == 1))
    }
    guard features.contains(.attachment) else { return }
    let files = try connection.statement(
      """
      SELECT \(ConversationSeal.fileColumns) FROM message AS m JOIN attachment AS a ON a.message = m.id
      WHERE m.conversation = ? AND m.flags & 8
      """)
    defer { files.reset() }
    files.bind(conversation, at: 1)
    while try files.step() {
      self.files += 1
      seal.addFile(files)
    }
  }
}

extension ConversationWriter {
  /// Writes a conversation's seal anew, where it has one.
  func setSeal(_ seal: ConversationSeal?, of conversation: Int64) throws {
    try connection.run(
      "UPDATE revision SET seal = ? WHERE conversation = ?", seal?.value, conversation)
  }

  /// Changes files of a message outside of a revision of its conversation, which stays sealed.
  func changeFiles<R>(
    of message: Int64, in conversation: Int64, _ change: () throws -> R
  ) throws -> R {
    let before = try fileSeal(of: message)
    let result = try change()
    let after = try fileSeal(of: message)
    let stored = try connection.integer(
      "SELECT seal FROM revision WHERE conversation = ?", conversation)
    if let stored, before != after {
      try connection.run(
        "UPDATE revision SET seal = ? WHERE conversation = ?",
        Int64(bitPattern: UInt64(bitPattern: stored) &- before &+ after), conversation)
    }
    return result
  }

  private func fileSeal(of message: Int64) throws -> UInt64 {
    let statement = try connection.statement(
      "SELECT \(ConversationSeal.fileColumns) FROM attachment AS a WHERE a.message = ?")
    defer { statement.reset() }
    statement.bind(message, at: 1)
    var seal = ConversationSeal()
    while try statement.step() { seal.addFile(statement) }
    return seal.sum
  }
}
