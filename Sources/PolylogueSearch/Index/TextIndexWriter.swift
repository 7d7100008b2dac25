internal import CPolylogueText
import PolylogueModel
public import PolylogueSQL

/// Adds messages to the text index and takes them out again.
///
/// Nothing is visible to readers before ``commit(through:)``, which writes what was added together
/// with the place in the change feed up to which the index has read: a crash resumes there. One
/// writer at a time; it owns the transactions of its connection. After an error it must not be used
/// further. Memory stays below about 32 MB.
public final class TextIndexWriter: TextIndexing {
  private let connection: Connection
  private let policy: SegmentPolicy
  private let builder: OpaquePointer
  /// The join of large segments that goes on beside the writing.
  private var join: SegmentJoin?
  private var providers: NameTable
  private var models: NameTable
  private var removals = Removals()
  private var columns: [[Int64]] = Array(repeating: [], count: DocumentColumn.allCases.count)
  private var nextDocument: UInt32
  private var segmentStart: UInt32
  /// Whether a segment was written that is not committed yet.
  private var hasFlushed = false
  private var lastMessage: Int64
  private var lastTitle: Int64
  private var times: ClosedRange<Int64>?
  private var lastProvider: (name: Provider, number: Int64)?
  private var lastModel: (name: String, number: Int64)?
  /// The last sequence number of the change feed that the index holds; 0 at the start.
  public private(set) var watermark: Int64

  /// Opens the index for writing, making its tables when they are missing.
  ///
  /// The database should have pages of 16 kB: the index's pages fit them exactly.
  public convenience init(connection: Connection) throws {
    try self.init(connection: connection, policy: SegmentPolicy())
  }

  /// Opens the index for writing, to join segments by another policy than the usual.
  package init(connection: Connection, policy: SegmentPolicy) throws {
    self.connection = connection
    self.policy = policy
    try connection.execute("PRAGMA secure_delete=FAST")
    try TextIndexSchema.create(in: connection)
    try SegmentJoin.discardUnfinished(in: connection)
    providers = try NameTable(kind: .provider, connection: connection)
    models = try NameTable(kind: .model, connection: connection)
    watermark = try TextIndexSchema.counter("watermark", in: connection)
    nextDocument = UInt32(
      truncatingIfNeeded: try TextIndexSchema.counter("next_document", in: connection))
    segmentStart = nextDocument
    lastMessage = try TextIndexSchema.counter("last_message", in: connection)
    lastTitle = try TextIndexSchema.counter("last_title", in: connection)
    guard let made = plt_builder_new() else { throw TextIndexError(message: "out of memory") }
    builder = made
    try loadPartialChunk()
  }

  deinit { plt_builder_free(builder) }

  /// Bytes that wait for the next commit, roughly.
  public var pendingByteCount: Int { plt_builder_bytes(builder) }

  /// Whether a commit is due: what waits nearly fills a segment, or has filled one.
  ///
  /// A commit ends the segment that is being filled. One that comes only when a segment has just
  /// been filled would leave a small one behind, or never come.
  public var wantsCommit: Bool { plt_builder_fill(builder) >= 85 || hasFlushed }

  /// Starts a message. Its texts follow by ``text(_:_:)``, then ``end()``.
  ///
  /// A message that the index already holds is replaced.
  public func begin(_ header: DocumentHeader) throws {
    if plt_builder_fill(builder) >= 100 { try flushSegment() }
    var flags = header.flags
    if let message = header.message {
      if message <= lastMessage {
        removals.remove(message: message, before: nextDocument)
      } else {
        lastMessage = message
      }
    } else {
      flags.insert(.isTitle)
      if header.conversation <= lastTitle {
        removals.remove(title: header.conversation, before: nextDocument)
      } else {
        lastTitle = header.conversation
      }
    }
    if let time = header.timestamp {
      flags.insert(.hasTime)
      times = times.map { min($0.lowerBound, time)...max($0.upperBound, time) } ?? time...time
    }
    append(header, flags)
  }

  private func append(_ header: DocumentHeader, _ flags: DocumentFlags) {
    let last = columns[DocumentColumn.message.rawValue].last
    columns[0].append(header.conversation)
    columns[1].append(header.message ?? last ?? 0)
    columns[2].append(header.timestamp ?? columns[2].last ?? 0)
    columns[3].append(Int64(header.position))
    columns[4].append(Int64(flags.rawValue))
    columns[5].append(Int64(header.role.rawValue) << 4 | Int64(header.kind.rawValue))
    columns[6].append(number(of: header.provider))
    columns[7].append(header.model.map { number(ofModel: $0) + 1 } ?? 0)
  }

  private func number(of provider: Provider) -> Int64 {
    if let lastProvider, lastProvider.name == provider { return lastProvider.number }
    let number = providers.number(of: provider.rawValue)
    lastProvider = (provider, number)
    return number
  }

  private func number(ofModel name: String) -> Int64 {
    if let lastModel, lastModel.name == name { return lastModel.number }
    let number = models.number(of: name)
    lastModel = (name, number)
    return number
  }

  /// Adds text, as UTF-8, to the message that was begun; bytes that are not UTF-8 separate words.
  public func text(_ field: TextField, _ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    plt_builder_text(
      builder, Int32(field.rawValue), base.assumingMemoryBound(to: UInt8.self), bytes.count)
  }

  /// Ends the message.
  public func end() throws {
    plt_builder_end_document(builder)
    nextDocument += 1
    if nextDocument % UInt32(DocumentChunk.capacity) == 0 { try flushChunk() }
  }

  /// Adds a message, replacing what the index holds of it.
  public func add(_ message: IndexedMessage) throws {
    try begin(message.header)
    for (field, var text) in message.fields {
      text.withUTF8 { self.text(field, UnsafeRawBufferPointer($0)) }
    }
    try end()
  }

  /// Takes a message out.
  public func remove(message: Int64) { removals.remove(message: message, before: nextDocument) }

  /// Takes a conversation's title out.
  public func remove(titleOf conversation: Int64) {
    removals.remove(title: conversation, before: nextDocument)
  }

  /// Takes a conversation out, title and messages.
  public func remove(conversation: Int64) {
    removals.remove(conversation: conversation, before: nextDocument)
  }

  /// Makes everything so far durable and visible, up to this place in the change feed.
  public func commit(through sequence: Int64) throws {
    try beginTransaction()
    do {
      try flushSegment()
      if !columns[0].isEmpty { try writeChunk() }
      try applyRemovals()
      try providers.save(in: connection)
      try models.save(in: connection)
      for (name, value) in [
        ("watermark", sequence), ("next_document", Int64(nextDocument)),
        ("last_message", lastMessage), ("last_title", lastTitle),
        ("commits", try TextIndexSchema.counter("commits", in: connection) + 1),
      ] {
        try TextIndexSchema.setCounter(name, value, in: connection)
      }
      try joinDue()
      try connection.execute("COMMIT")
      watermark = sequence
      hasFlushed = false
    } catch {
      if connection.isInTransaction { try? connection.execute("ROLLBACK") }
      throw error
    }
  }

  /// Ends the join that goes on beside the writing, if there is one; right after a commit.
  ///
  /// - Parameter isCancelled: Asked before each piece. What is left of a join then is cleared away when
  ///   the index is opened for writing again.
  public func finishJoin(isCancelled: () -> Bool = { false }) throws {
    while join != nil, !isCancelled() {
      try connection.transaction { try goOnJoining(byteCount: 8 * TextIndexWriter.joinByteCount) }
    }
  }

  /// Joins segments once; for idle times, again while it returns true. Memory stays bounded.
  ///
  /// When nothing is left to join, pages that merges freed go back to the file system, where the
  /// database was made with `auto_vacuum=INCREMENTAL`.
  ///
  /// - Returns: whether segments were joined.
  public func optimize() throws -> Bool {
    let wasJoining = join != nil
    try finishJoin()
    if try connection.transaction({ try joinNow(upTo: policy.largest) }) || wasJoining {
      return true
    }
    try connection.execute("PRAGMA incremental_vacuum")
    return false
  }

  // MARK: Parts of a commit

  private func beginTransaction() throws {
    if !connection.isInTransaction { try connection.execute("BEGIN IMMEDIATE") }
  }

  private func flushSegment() throws {
    guard plt_builder_documents(builder) > 0 else { return }
    try beginTransaction()
    // Documents without a time are in no range: such a segment is never skipped by time.
    try SegmentOutput.write(
      builder, firstDocument: segmentStart, times: times ?? 0...0, connection: connection)
    segmentStart = nextDocument
    times = nil
    hasFlushed = true
  }

  private func flushChunk() throws {
    try beginTransaction()
    try writeChunk()
    for index in columns.indices { columns[index].removeAll(keepingCapacity: true) }
    try goOnJoining(byteCount: TextIndexWriter.joinByteCount)
  }

  private func writeChunk() throws {
    let count = UInt32(columns[0].count)
    let chunk = Int64((nextDocument - count) >> 10)
    try connection.run(
      "INSERT OR REPLACE INTO text_chunks(id,bytes) VALUES(?,?)", chunk,
      DocumentChunk.encode(columns))
    try connection.run(
      "INSERT OR REPLACE INTO text_ranges VALUES(?,?,?,?,?,?,?)", chunk, columns[1].min() ?? 0,
      columns[1].max() ?? 0, columns[0].min() ?? 0, columns[0].max() ?? 0, columns[2].min() ?? 0,
      columns[2].max() ?? 0)
  }

  private func loadPartialChunk() throws {
    guard nextDocument % UInt32(DocumentChunk.capacity) != 0 else { return }
    let chunk = Int64(nextDocument >> 10)
    let statement = try connection.statement("SELECT bytes FROM text_chunks WHERE id=?")
    defer { statement.reset() }
    statement.bind(chunk, at: 1)
    guard try statement.step(), let stored = DocumentChunk(statement.bytes(0)),
      stored.count == Int(nextDocument & 1023)
    else { throw TextIndexError(message: "the text index is damaged; run polylogue reindex") }
    for column in DocumentColumn.allCases {
      columns[column.rawValue] = (0..<stored.count).map { stored.value(column, $0) }
    }
  }

  private func applyRemovals() throws {
    guard !removals.isEmpty else { return }
    var removed: Int64 = 0
    for chunk in try RemovalScan.chunks(for: removals, in: connection) {
      removed += try RemovalScan.mark(chunk, removals, in: connection)
    }
    let before = try TextIndexSchema.counter("deleted", in: connection)
    try TextIndexSchema.setCounter("deleted", before + removed, in: connection)
    removals = Removals()
  }

  // MARK: Joining

  /// The bytes of a joined segment that are written for every full chunk of documents: four times
  /// what the documents themselves take, so that a join has ended long before the next is due.
  private static let joinByteCount: UInt64 = 1 << 20

  /// Joins small segments now; where there are many large ones, begins to join these.
  private func joinDue() throws {
    try joinNow(upTo: policy.largestOfFew)
    let segments = try SegmentRecord.all(in: connection)
    guard join == nil, segments.count > policy.few,
      let run = policy.run(in: segments, largest: policy.largest)
    else { return }
    join = try begin(Array(segments[run]), spansCommits: true)
  }

  @discardableResult
  private func joinNow(upTo largest: UInt32) throws -> Bool {
    var segments = try SegmentRecord.all(in: connection)
    if let last = join?.records.last {
      segments.removeAll { $0.firstDocument <= last.firstDocument }
    }
    guard let run = policy.run(in: segments, largest: largest) else { return false }
    _ = try begin(Array(segments[run]), spansCommits: false).step(byteCount: .max)
    return true
  }

  private func begin(_ records: [SegmentRecord], spansCommits: Bool) throws -> SegmentJoin {
    try SegmentJoin(records, spansCommits: spansCommits, connection: connection) { chunk in
      try RemovalScan.bits(of: Int64(chunk), in: connection)
    }
  }

  private func goOnJoining(byteCount: UInt64) throws {
    if try join?.step(byteCount: byteCount) == true { join = nil }
  }
}
