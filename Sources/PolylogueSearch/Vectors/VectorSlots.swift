internal import CPolylogueVectors
import PolylogueSQL

/// The slots of a model while a transaction changes them: segments and codes are read when they are
/// first touched and written once, at its end.
final class VectorSlots {
  /// The words of a segment: of each slot the message that it belongs to, then the signs of all.
  private final class Segment {
    var words: [UInt64]

    init(words: [UInt64]) { self.words = words }
  }

  private final class Block {
    var bytes: [UInt8]

    init(bytes: [UInt8]) { self.bytes = bytes }
  }

  private let connection: Connection
  private let model: Int64
  private let layout: VectorLayout
  private var segments: [Int: Segment] = [:]
  private var blocks: [Int: Block] = [:]
  /// The slots that were ever given out.
  private var count = 0
  /// The slots that hold a vector.
  private var vectors = 0
  /// Messages that have vectors.
  var messages = 0

  init(connection: Connection, model: Int64, layout: VectorLayout) {
    self.connection = connection
    self.model = model
    self.layout = layout
  }

  /// Reads the counters; at the beginning of a transaction.
  func begin() throws {
    let statement = try connection.statement(
      "SELECT slots, vectors, messages FROM vector_model WHERE id = ?")
    defer { statement.reset() }
    statement.bind(model, at: 1)
    guard try statement.step() else { throw VectorIndexError.damage }
    count = Int(statement.int64(0))
    vectors = Int(statement.int64(1))
    messages = Int(statement.int64(2))
  }

  /// Writes what was changed; at the end of a transaction.
  func save() throws {
    var generation = try VectorSchema.counter("generation", in: connection)
    if !segments.isEmpty || !blocks.isEmpty {
      generation += 1
      try VectorSchema.setCounter("generation", generation, in: connection)
      for (number, segment) in segments.sorted(by: { $0.key < $1.key }) {
        let row = VectorSchema.row(model, number)
        try connection.run("INSERT OR REPLACE INTO vector_segment VALUES(?, ?)", row, generation)
        let put = try connection.statement("INSERT OR REPLACE INTO vector_signs VALUES(?, ?)")
        put.bind(row, at: 1)
        segment.words.withUnsafeBytes { put.bind(bytes: $0, at: 2) }
        try put.run()
      }
      for (number, block) in blocks.sorted(by: { $0.key < $1.key }) {
        try connection.run(
          "INSERT OR REPLACE INTO vector_codes VALUES(?, ?)", VectorSchema.row(model, number),
          block.bytes)
      }
      try connection.run(
        """
        UPDATE vector_model SET slots = ?, vectors = ?, messages = ?, generation = ? WHERE id = ?
        """, count, vectors, messages, generation, model)
    }
  }

  /// Forgets what was read; after a transaction.
  func forget() {
    segments = [:]
    blocks = [:]
  }

  // MARK: Slots

  /// Puts a vector of any length into a free slot, as if it had the length 1.
  func add(_ vector: [Float]) throws -> Int {
    guard vector.count == layout.dimensions else {
      throw VectorIndexError(
        .dimensions,
        "a vector of \(vector.count) dimensions came where the model has \(layout.dimensions)")
    }
    var squares: Float = 0
    for component in vector { squares += component * component }
    guard squares.isFinite else {
      throw VectorIndexError(.invalidArgument, "a vector's components are no finite numbers")
    }
    let slot = try take()
    let segment = try segment(of: slot)
    let block = try block(of: slot)
    let place = signPlace(of: slot)
    segment.words.withUnsafeMutableBufferPointer { words in
      if let base = words.baseAddress { plv_signs(vector, vector.count, base + place) }
    }
    let range = codeRange(of: slot)
    block.bytes.withUnsafeMutableBytes { bytes in
      let code = bytes[range.lowerBound + 4..<range.upperBound]
      guard let start = UnsafeMutableRawBufferPointer(rebasing: code).baseAddress else { return }
      let scale = plv_encode(vector, vector.count, start.assumingMemoryBound(to: Int8.self))
      let length = squares.squareRoot()
      bytes.storeBytes(
        of: (length > 0 ? scale / length : 0).bitPattern.littleEndian,
        toByteOffset: range.lowerBound, as: UInt32.self)
    }
    return slot
  }

  /// Puts the vector of a slot into a free one as well.
  func addCopy(of source: Int) throws -> Int {
    guard source >= 0, source < count else { throw VectorIndexError.damage }
    let slot = try take()
    let (from, to) = (try segment(of: source), try segment(of: slot))
    let (first, second) = (signPlace(of: source), signPlace(of: slot))
    for word in 0..<layout.words { to.words[second + word] = from.words[first + word] }
    let code = try block(of: source).bytes[codeRange(of: source)]
    try block(of: slot).bytes.replaceSubrange(codeRange(of: slot), with: code)
    return slot
  }

  /// Says whose the vector of a slot is.
  func use(_ slot: Int, by use: UInt64) throws {
    guard slot >= 0, slot < count else { throw VectorIndexError.damage }
    let place = slot % VectorSchema.slotsOfSegment
    let segment = try segment(of: slot)
    segment.words[place] = use
  }

  /// Gives a slot back; nothing of its vector stays.
  func free(_ slot: Int) throws {
    guard slot >= 0, slot < count else { throw VectorIndexError.damage }
    let segment = try segment(of: slot)
    segment.words[slot % VectorSchema.slotsOfSegment] = 0
    let place = signPlace(of: slot)
    for word in place..<place + layout.words { segment.words[word] = 0 }
    let block = try block(of: slot)
    for byte in codeRange(of: slot) { block.bytes[byte] = 0 }
    try connection.run("INSERT INTO vector_free VALUES(?, ?)", model, slot)
    vectors -= 1
  }

  /// A slot that holds no vector.
  private func take() throws -> Int {
    vectors += 1
    if vectors <= count,
      let free = try connection.integer(
        "SELECT slot FROM vector_free WHERE model = ? ORDER BY slot LIMIT 1", model)
    {
      try connection.run("DELETE FROM vector_free WHERE model = ? AND slot = ?", model, free)
      guard free >= 0, free < count else { throw VectorIndexError.damage }
      return Int(free)
    }
    guard count < Int(UInt32.max) else {
      throw VectorIndexError(.invalidArgument, "there are too many vectors")
    }
    count += 1
    return count - 1
  }

  // MARK: Places

  private func signPlace(of slot: Int) -> Int {
    VectorSchema.slotsOfSegment + slot % VectorSchema.slotsOfSegment * layout.words
  }

  private func codeRange(of slot: Int) -> Range<Int> {
    let start = slot % layout.slotsOfBlock * layout.codeByteCount
    return start..<start + layout.codeByteCount
  }

  private func segment(of slot: Int) throws -> Segment {
    let number = slot / VectorSchema.slotsOfSegment
    if let known = segments[number] { return known }
    let segment = Segment(words: [UInt64](repeating: 0, count: layout.segmentWords))
    let statement = try connection.statement("SELECT bytes FROM vector_signs WHERE id = ?")
    defer { statement.reset() }
    statement.bind(VectorSchema.row(model, number), at: 1)
    if try statement.step() {
      try statement.withBytes(0) { bytes in
        guard bytes.count == layout.segmentWords * 8 else { throw VectorIndexError.damage }
        segment.words.withUnsafeMutableBytes { $0.copyMemory(from: bytes) }
      }
    }
    segments[number] = segment
    return segment
  }

  private func block(of slot: Int) throws -> Block {
    let number = slot / layout.slotsOfBlock
    if let known = blocks[number] { return known }
    let statement = try connection.statement("SELECT bytes FROM vector_codes WHERE id = ?")
    defer { statement.reset() }
    statement.bind(VectorSchema.row(model, number), at: 1)
    let byteCount = layout.slotsOfBlock * layout.codeByteCount
    let block: Block
    if try statement.step() {
      block = Block(bytes: statement.bytes(0))
      guard block.bytes.count == byteCount else { throw VectorIndexError.damage }
    } else {
      block = Block(bytes: [UInt8](repeating: 0, count: byteCount))
    }
    blocks[number] = block
    return block
  }
}
