public import PolylogueModel
public import PolylogueSQL

/// Adds messages to the vectors of one model and takes them out again.
///
/// All changes happen in ``transaction(_:)`` and are visible to readers after it, all at once. One
/// writer at a time; memory: the segments and codes that a transaction touches.
public final class VectorIndexWriter {
  /// The model.
  public let model: EmbeddingModel
  /// The model's number in the file.
  public let row: Int64
  private let connection: Connection
  private let slots: VectorSlots
  /// What the transaction has taken out. It is given back at the transaction's end: until then a text
  /// that moves to another message finds its vector here.
  private var leaving: [(hash: TextHash, slot: Int)] = []

  /// Opens the vectors of a model for writing, in a file that was prepared.
  ///
  /// - Throws: ``VectorIndexError`` when a vector cannot have so many dimensions.
  public init(connection: Connection, model: EmbeddingModel) throws {
    guard (1...VectorSchema.mostDimensions).contains(model.dimensions) else {
      throw VectorIndexError(
        .dimensions, "a vector of \(model.dimensions) dimensions cannot be kept")
    }
    self.connection = connection
    self.model = model
    row = try VectorIndexWriter.makeRow(of: model, in: connection)
    slots = VectorSlots(
      connection: connection, model: row, layout: VectorLayout(dimensions: model.dimensions))
  }

  private static func makeRow(of model: EmbeddingModel, in connection: Connection) throws -> Int64 {
    if let known = try VectorFile.row(of: model, in: connection) { return known }
    try connection.run(
      """
      INSERT INTO vector_model(name, revision, dimensions, token_limit, watermark, slots, vectors,
        messages, generation)
      VALUES(?, ?, ?, ?, 0, 0, 0, 0, 0)
      """, model.name, model.revision, model.dimensions, model.tokenLimit)
    return connection.lastInsertedRow
  }

  /// Runs `body`, which changes the index, and commits what it did; nothing of it when it throws.
  public func transaction<R>(_ body: () throws -> R) throws -> R {
    defer {
      slots.forget()
      leaving = []
    }
    return try connection.transaction {
      try slots.begin()
      let result = try body()
      for passage in leaving { try slots.free(passage.slot) }
      try slots.save()
      return result
    }
  }

  /// The last sequence number of the change feed that was looked at; 0 at the start.
  public func watermark() throws -> Int64 {
    try connection.integer("SELECT watermark FROM vector_model WHERE id = ?", row) ?? 0
  }

  /// Notes how far the change feed was looked at; within a transaction.
  public func setWatermark(_ sequence: Int64) throws {
    try connection.run("UPDATE vector_model SET watermark = ? WHERE id = ?", sequence, row)
  }

  /// Whether the index has a vector of a text.
  public func knows(_ hash: TextHash) throws -> Bool {
    try connection.integer(
      "SELECT 1 FROM vector_passage WHERE model = ? AND hash = ? LIMIT 1", row, hash.bytes) != nil
  }

  /// Replaces what the index has of a message; within a transaction.
  ///
  /// - Throws: ``VectorIndexError`` when a vector has another number of components than the model, a
  ///   text has neither a vector nor one in the index, or a number is out of range.
  public func replace(message: Int64, with passages: [VectorPassage]) throws {
    guard message > 0, message < VectorSchema.messageLimit,
      passages.count <= VectorSchema.mostPassages
    else {
      throw VectorIndexError(.invalidArgument, "a message's number or passages are out of range")
    }
    var old = try self.passages(of: message)
    guard old.map(\.hash) != passages.map(\.hash) else { return }
    slots.messages += (passages.isEmpty ? 0 : 1) - (old.isEmpty ? 0 : 1)
    try connection.run(
      "DELETE FROM vector_passage WHERE model = ? AND message = ?", row, message)
    for (number, passage) in passages.enumerated() {
      let slot: Int
      if let same = old.firstIndex(where: { $0.hash == passage.hash }) {
        slot = old.remove(at: same).slot
      } else {
        slot = try fill(with: passage)
      }
      try slots.use(slot, by: UInt64(message) << 16 | UInt64(number))
      try connection.run(
        "INSERT INTO vector_passage VALUES(?, ?, ?, ?, ?)", row, message, number, slot,
        passage.hash.bytes)
    }
    leaving += old
  }

  /// Takes a message out; within a transaction.
  ///
  /// - Returns: Whether the index had it.
  @discardableResult
  public func remove(message: Int64) throws -> Bool {
    let old = try passages(of: message)
    guard !old.isEmpty else { return false }
    try connection.run(
      "DELETE FROM vector_passage WHERE model = ? AND message = ?", row, message)
    leaving += old
    slots.messages -= 1
    return true
  }

  /// Takes out the messages of a range of rows; within a transaction.
  ///
  /// - Returns: How many the index had.
  public func remove(messages rows: ClosedRange<Int64>) throws -> Int {
    let statement = try connection.statement(
      """
      SELECT DISTINCT message FROM vector_passage
      WHERE model = ? AND message BETWEEN ? AND ? ORDER BY message
      """)
    statement.bind(row, at: 1)
    statement.bind(rows.lowerBound, at: 2)
    statement.bind(rows.upperBound, at: 3)
    var found: [Int64] = []
    while try statement.step() { found.append(statement.int64(0)) }
    statement.reset()
    for message in found { try remove(message: message) }
    return found.count
  }

  /// The messages that have vectors, in ascending order.
  ///
  /// - Complexity: O(vectors).
  public func messages() throws -> [Int64] {
    let statement = try connection.statement(
      "SELECT DISTINCT message FROM vector_passage WHERE model = ? ORDER BY message")
    defer { statement.reset() }
    statement.bind(row, at: 1)
    var found: [Int64] = []
    while try statement.step() { found.append(statement.int64(0)) }
    return found
  }

  // MARK: Parts

  /// Puts a passage's vector, its own or that of the same text, into a slot.
  private func fill(with passage: VectorPassage) throws -> Int {
    if let vector = passage.vector { return try slots.add(vector) }
    let known = try connection.integer(
      "SELECT slot FROM vector_passage WHERE model = ? AND hash = ? LIMIT 1", row,
      passage.hash.bytes)
    guard
      let source = known.map({ Int($0) })
        ?? leaving.first(where: { $0.hash == passage.hash })?.slot
    else {
      throw VectorIndexError(.invalidArgument, "a passage has no vector")
    }
    return try slots.addCopy(of: source)
  }

  private func passages(of message: Int64) throws -> [(hash: TextHash, slot: Int)] {
    let statement = try connection.statement(
      """
      SELECT slot, hash FROM vector_passage
      WHERE model = ? AND message = ? ORDER BY number
      """)
    defer { statement.reset() }
    statement.bind(row, at: 1)
    statement.bind(message, at: 2)
    var found: [(hash: TextHash, slot: Int)] = []
    while try statement.step() {
      found.append((TextHash(statement.bytes(1)), Int(statement.int64(0))))
    }
    return found
  }
}
