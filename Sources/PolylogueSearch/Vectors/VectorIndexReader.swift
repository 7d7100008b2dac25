public import PolylogueModel
public import PolylogueSQL

/// Finds the messages whose meaning is nearest, by the vectors of one model.
///
/// A reader has its own connection, sees one commit at a time and never waits for the writer. What a
/// scan needs of every vector (its signs and its message) is in memory, shared by readers with a
/// common ``VectorCache``, and read again where a commit has changed it; codes are read from the
/// file for the best candidates only. It is used by one thread at a time.
public final class VectorIndexReader {
  /// The model.
  public let model: EmbeddingModel
  /// How closely ``nearest(to:limit:among:)`` looks.
  public var effort = VectorEffort.standard
  private let connection: Connection
  private let cache: VectorCache
  private let level: VectorLevel
  private let layout: VectorLayout
  private var row: Int64?
  private var identity: Int64 = 0
  private var generation: Int64 = -1
  private var segments: [VectorSegment] = []

  /// Opens the vectors of a model for reading; where there are none yet, nothing is found.
  ///
  /// - Parameters:
  ///   - connection: A connection to a file of vectors, or to an empty one.
  ///   - model: Whose vectors are searched.
  ///   - cache: Keeps what is in memory; shared by readers that have it in common.
  ///   - level: The instructions to compare with.
  /// - Throws: ``VectorIndexError`` with code `version` when another version has written the file, or
  ///   `dimensions` when no vector can have so many.
  public init(
    connection: Connection, model: EmbeddingModel, cache: VectorCache = VectorCache(),
    level: VectorLevel = .best
  ) throws {
    guard (1...VectorSchema.mostDimensions).contains(model.dimensions) else {
      throw VectorIndexError(
        .dimensions, "a vector of \(model.dimensions) dimensions cannot be searched")
    }
    switch try VectorSchema.state(of: connection) {
    case .current, .empty: break
    case .older, .newer, .foreign:
      throw VectorIndexError(.version, "the file of vectors has another version")
    }
    self.connection = connection
    self.model = model
    self.cache = cache
    self.level = level
    layout = VectorLayout(dimensions: model.dimensions)
  }

  /// The messages with the passages nearest to a query, best first; of each the nearest passage.
  /// Those that are equally near come by row.
  ///
  /// - Parameters:
  ///   - query: A vector of ``model``, of any length.
  ///   - limit: The most hits.
  ///   - among: The messages that may be found; nil for all. It is asked before anything is
  ///     compared: a search among few messages finds as many as one among all.
  /// - Returns: The nearest as far as ``effort`` finds them; exactly the nearest where up to 512
  ///   messages are allowed.
  /// - Throws: `SQLError`, or ``VectorIndexError`` for a query of other dimensions or damaged bytes.
  /// - Complexity: O(vectors); see docs/performance.md.
  public func nearest(
    to query: [Float], limit: Int, among: MessageSet? = nil
  ) throws -> [VectorHit] {
    let query = try VectorQuery(query, layout: layout, level: level)
    guard limit > 0 else { return [] }
    return try connection.snapshot {
      guard try refresh() else { return [] }
      if let few = among?.few {
        return Array(VectorIndexReader.ranked(try scores(of: few, query)).prefix(limit))
      }
      // A message may have several passages among the candidates.
      let wanted = min(limit, segments.count * VectorSchema.slotsOfSegment)
      let effort = VectorEffort(
        scanned: max(effort.scanned, wanted * 20), rescored: max(effort.rescored, wanted * 2))
      let candidates = try VectorScan.candidates(
        for: query, in: segments, among: among, effort: effort,
        check: connection.checkInterruption)
      var best: [Int64: VectorHit] = [:]
      try forEachCode(candidates.map(\.slot)) { place, code in
        let use = candidates[place].use
        VectorIndexReader.improve(
          &best, message: Int64(use >> 16), passage: Int(use & 0xffff), query.cosine(code))
      }
      return Array(VectorIndexReader.ranked(best).prefix(limit))
    }
  }

  /// How near given messages are to a query; exact, up to what a code leaves out.
  ///
  /// - Parameters:
  ///   - messages: Rows of messages in any order.
  ///   - query: A vector of ``model``, of any length.
  /// - Returns: By message the nearest passage; messages without vectors are absent.
  /// - Throws: As ``nearest(to:limit:among:)``.
  /// - Complexity: O(passages of the messages).
  public func scores(of messages: [Int64], to query: [Float]) throws -> [Int64: VectorHit] {
    let query = try VectorQuery(query, layout: layout, level: level)
    return try connection.snapshot {
      guard try refresh() else { return [:] }
      return try scores(of: messages.sorted(), query)
    }
  }

  /// The vectors of a message's passages, in order, each of length 1 up to what a code leaves out;
  /// none when it has no vectors.
  public func vectors(of message: Int64) throws -> [[Float]] {
    try connection.snapshot {
      guard try refresh() else { return [] }
      let passages = try self.passages(of: [message])
      var found = [[Float]](repeating: [], count: passages.count)
      try forEachCode(passages.map(\.slot)) { place, code in
        let scale = Float(bitPattern: UInt32(littleEndian: code.loadUnaligned(as: UInt32.self)))
        found[place] = code.dropFirst(4).map { Float(Int8(bitPattern: $0)) * scale }
      }
      return zip(passages, found).sorted { $0.0.number < $1.0.number }.map(\.1)
    }
  }

  /// The name of the text that a passage's vector was computed of; nil when there is no such passage.
  ///
  /// - Parameters:
  ///   - passage: The passage's number in its message.
  ///   - message: The message's row.
  public func hash(ofPassage passage: Int, of message: Int64) throws -> TextHash? {
    try connection.snapshot {
      guard try refresh() else { return nil }
      let statement = try connection.statement(
        "SELECT hash FROM vector_passage WHERE model = ? AND message = ? AND number = ?")
      defer { statement.reset() }
      statement.bind(row, at: 1)
      statement.bind(message, at: 2)
      statement.bind(Int64(passage), at: 3)
      return try statement.step() ? TextHash(statement.bytes(0)) : nil
    }
  }

  /// How many vectors there are.
  public func count() throws -> Int {
    try connection.snapshot {
      guard try refresh(), let row else { return 0 }
      return Int(
        try connection.integer("SELECT vectors FROM vector_model WHERE id = ?", row) ?? 0)
    }
  }

  // MARK: Scores

  private struct Passage {
    var message: Int64
    var number: Int
    var slot: Int
  }

  private func scores(
    of messages: [Int64], _ query: VectorQuery
  ) throws -> [Int64: VectorHit] {
    let passages = try passages(of: messages)
    var best: [Int64: VectorHit] = [:]
    try forEachCode(passages.map(\.slot)) { place, code in
      VectorIndexReader.improve(
        &best, message: passages[place].message, passage: passages[place].number,
        query.cosine(code))
    }
    return best
  }

  private static func improve(
    _ best: inout [Int64: VectorHit], message: Int64, passage: Int, _ score: Float
  ) {
    if let known = best[message] {
      guard (score, known.passage) > (known.score, passage) else { return }
    }
    best[message] = VectorHit(message: message, passage: passage, score: score)
  }

  private static func ranked(_ hits: [Int64: VectorHit]) -> [VectorHit] {
    hits.values.sorted { ($1.score, $0.message) < ($0.score, $1.message) }
  }

  /// How many slots are looked at in the time that one message is looked up in.
  private static let slotsOfLookUp = 2000

  /// The passages of messages, in order of their slots: of many messages by looking at all slots,
  /// which are in memory.
  private func passages(of messages: [Int64]) throws -> [Passage] {
    let slots = segments.count * VectorSchema.slotsOfSegment
    if messages.count > slots / VectorIndexReader.slotsOfLookUp {
      return VectorScan.slots(of: MessageSet(messages), in: segments).map {
        Passage(message: Int64($0.use >> 16), number: Int($0.use & 0xffff), slot: $0.slot)
      }
    }
    let statement = try connection.statement(
      "SELECT number, slot FROM vector_passage WHERE model = ? AND message = ?")
    defer { statement.reset() }
    var found: [Passage] = []
    for message in messages {
      statement.reset()
      statement.bind(row, at: 1)
      statement.bind(message, at: 2)
      while try statement.step() {
        found.append(
          Passage(
            message: message, number: Int(statement.int64(0)), slot: Int(statement.int64(1))))
      }
    }
    return found.sorted { $0.slot < $1.slot }
  }

  /// Calls `body` with the code of each slot and its place among them; slots in ascending order, so
  /// that a row is read once.
  private func forEachCode(
    _ slots: [Int], _ body: (Int, UnsafeRawBufferPointer) throws -> Void
  ) throws {
    guard let row else { return }
    let statement = try connection.statement("SELECT bytes FROM vector_codes WHERE id = ?")
    defer { statement.reset() }
    var current = -1
    for (place, slot) in slots.enumerated() {
      let (block, offset) = slot.quotientAndRemainder(dividingBy: layout.slotsOfBlock)
      if block != current {
        statement.reset()
        statement.bind(VectorSchema.row(row, block), at: 1)
        guard try statement.step() else { throw VectorIndexError.damage }
        current = block
      }
      try statement.withBytes(0) { bytes in
        let start = offset * layout.codeByteCount
        guard start >= 0, start + layout.codeByteCount <= bytes.count else {
          throw VectorIndexError.damage
        }
        try body(
          place, UnsafeRawBufferPointer(rebasing: bytes[start..<start + layout.codeByteCount]))
      }
    }
  }

  // MARK: Memory

  /// Reads what commits have changed; false when there is nothing of the model. Within a snapshot.
  private func refresh() throws -> Bool {
    if row == nil {
      guard try VectorSchema.state(of: connection) == .current else { return false }
      identity = try VectorSchema.counter("identity", in: connection)
    }
    let statement = try connection.statement(
      """
      SELECT id, generation, slots FROM vector_model
      WHERE name = ? AND revision = ? AND dimensions = ? AND token_limit = ?
      """)
    defer { statement.reset() }
    statement.bind(model.name, at: 1)
    statement.bind(model.revision, at: 2)
    statement.bind(Int64(model.dimensions), at: 3)
    statement.bind(Int64(model.tokenLimit), at: 4)
    guard try statement.step() else {
      (row, generation, segments) = (nil, -1, [])
      return false
    }
    let (id, now, slots) = (statement.int64(0), statement.int64(1), Int(statement.int64(2)))
    guard now != generation || id != row else { return true }
    if id != row { segments = [] }
    (row, generation) = (id, -1)
    try load(segmentCount: (slots + VectorSchema.slotsOfSegment - 1) / VectorSchema.slotsOfSegment)
    generation = now
    return true
  }

  private func load(segmentCount: Int) throws {
    guard let row else { return }
    let list = try connection.statement(
      "SELECT id, generation FROM vector_segment WHERE id BETWEEN ? AND ? ORDER BY id")
    defer { list.reset() }
    list.bind(VectorSchema.row(row, 0), at: 1)
    list.bind(VectorSchema.row(row, Int(UInt32.max)), at: 2)
    var loaded: [VectorSegment] = []
    while try list.step() {
      let (id, version) = (list.int64(0), list.int64(1))
      // Slots are counted by place: no segment is missing, and none comes after the last.
      guard id == VectorSchema.row(row, loaded.count) else { throw VectorIndexError.damage }
      // No two commits of a file have the same generation, whichever model they change.
      if loaded.count < segments.count, segments[loaded.count].generation == version {
        loaded.append(segments[loaded.count])
      } else {
        loaded.append(try segment(id, generation: version))
      }
    }
    guard loaded.count == segmentCount else { throw VectorIndexError.damage }
    segments = loaded
  }

  private func segment(_ id: Int64, generation: Int64) throws -> VectorSegment {
    let key = VectorCache.Key(file: identity, segment: id)
    if let known = cache.segment(key, generation: generation) { return known }
    let statement = try connection.statement("SELECT bytes FROM vector_signs WHERE id = ?")
    defer { statement.reset() }
    statement.bind(id, at: 1)
    guard try statement.step(),
      let segment = statement.withBytes(
        0, { VectorSegment(generation: generation, layout: layout, bytes: $0) })
    else { throw VectorIndexError.damage }
    cache.insert(segment, key)
    return segment
  }
}
