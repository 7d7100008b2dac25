internal import CPolylogueText
import PolylogueSQL

/// Replaces neighbouring segments by one, without what was deleted, a piece at a time.
///
/// Between pieces the writer goes on and may commit: readers see the old segments until the new one
/// is whole. What a process that ended early leaves behind, ``discardUnfinished(in:)`` clears away.
final class SegmentJoin {
  /// The name of the counter that holds the segment being put together; 0 when there is none.
  private static let counter = "joining"

  /// The segments that are joined.
  let records: [SegmentRecord]
  private let connection: Connection
  private let output: SegmentOutput
  private let spansCommits: Bool
  private let sources: UnsafeMutableBufferPointer<plt_source>
  private let bits: UnsafeMutableBufferPointer<UInt8>
  private var merge: OpaquePointer?
  private var failure: (any Error)?

  /// Begins to join; within a transaction.
  ///
  /// - Parameters:
  ///   - records: Neighbours, in the order of their documents.
  ///   - deleted: A bit for each deleted document of a chunk, nil where there is none. Documents
  ///     that are deleted later remain in the new segment, as they did in the old one.
  ///   - spansCommits: Whether the transaction may be committed before the join is finished. There
  ///     can be one such join at a time.
  init(
    _ records: [SegmentRecord], spansCommits: Bool, connection: Connection,
    deleted: (UInt32) throws -> [UInt8]?
  ) throws {
    self.records = records
    self.spansCommits = spansCommits
    self.connection = connection
    let bitmaps = try records.map { try SegmentJoin.bitmap(of: $0, deleted) }
    output = try SegmentOutput(connection: connection)
    if spansCommits {
      try TextIndexSchema.setCounter(SegmentJoin.counter, output.segment, in: connection)
    }
    bits = .allocate(capacity: max(1, bitmaps.reduce(0) { $0 + ($1?.count ?? 0) }))
    sources = .allocate(capacity: records.count)
    lay(bitmaps)
    merge = plt_merge_new(
      sources.baseAddress, Int32(records.count), SegmentJoin.fetch, SegmentJoin.sink,
      Unmanaged.passUnretained(self).toOpaque())
  }

  deinit {
    plt_merge_free(merge)
    sources.deallocate()
    bits.deallocate()
  }

  private func lay(_ bitmaps: [[UInt8]?]) {
    var at = 0
    for (index, record) in records.enumerated() {
      var source = plt_source(
        shift: record.firstDocument - records[0].firstDocument, documents: record.documents,
        deleted: nil)
      if let bitmap = bitmaps[index], let base = bits.baseAddress {
        (base + at).initialize(from: bitmap, count: bitmap.count)
        source.deleted = UnsafePointer(base + at)
        at += bitmap.count
      }
      sources.initializeElement(at: index, to: source)
    }
  }

  /// Goes on; within a transaction. After an error the join must be given up with its transaction.
  ///
  /// - Parameter byteCount: About how many bytes of the new segment to write.
  /// - Returns: Whether the join is finished: the new segment stands in place of the old ones.
  func step(byteCount: UInt64) throws -> Bool {
    let code = plt_merge_step(merge, byteCount)
    if code == Int32(PLT_MERGE_MORE) { return false }
    try check(code)
    var info = plt_segment_info()
    let result = plt_merge_finish(merge, &info)
    defer { plt_segment_info_free(&info) }
    try check(result)
    try replace(with: info)
    return true
  }

  private func check(_ code: Int32) throws {
    if let failure { throw failure }
    if code == Int32(PLT_MERGE_DAMAGED) {
      throw TextIndexError(message: "the text index is damaged; run polylogue reindex")
    }
    try output.check(code)
  }

  private func replace(with info: plt_segment_info) throws {
    guard let first = records.first, let last = records.last else { return }
    for record in records { try SegmentOutput.remove(record.id, in: connection) }
    try output.enter(
      info, firstDocument: first.firstDocument,
      documents: last.firstDocument + last.documents - first.firstDocument,
      times: (records.map(\.firstTime).min() ?? 0)...(records.map(\.lastTime).max() ?? 0))
    if spansCommits { try TextIndexSchema.setCounter(SegmentJoin.counter, 0, in: connection) }
  }

  /// Clears away what a process that ended early left of a join.
  static func discardUnfinished(in connection: Connection) throws {
    let segment = try TextIndexSchema.counter(counter, in: connection)
    guard segment != 0 else { return }
    try connection.transaction {
      try SegmentOutput.remove(segment, in: connection)
      try TextIndexSchema.setCounter(counter, 0, in: connection)
    }
  }

  private static func bitmap(
    of record: SegmentRecord, _ deleted: (UInt32) throws -> [UInt8]?
  ) throws -> [UInt8]? {
    var bits: [UInt8]?
    let end = record.firstDocument + record.documents
    var chunk = record.firstDocument >> 10
    while chunk << 10 < end {
      if let found = try deleted(chunk) {
        var out = bits ?? [UInt8](repeating: 0, count: Int(record.documents) / 8 + 1)
        for index in 0..<UInt32(1024) where found[Int(index >> 3)] >> (index & 7) & 1 == 1 {
          let document = chunk << 10 + index
          guard document >= record.firstDocument, document < end else { continue }
          let at = document - record.firstDocument
          out[Int(at >> 3)] |= 1 << (at & 7)
        }
        bits = out
      }
      chunk += 1
    }
    return bits
  }

  // MARK: Callbacks

  private static let sink: plt_sink = { context, stream, bytes, length in
    guard let context, let bytes else { return 1 }
    let join = Unmanaged<SegmentJoin>.fromOpaque(context).takeUnretainedValue()
    return join.output.put(Int(stream), UnsafeRawBufferPointer(start: bytes, count: length))
  }

  private static let fetch: plt_fetch = { context, source, stream, page, into in
    guard let context, let into else { return -1 }
    let join = Unmanaged<SegmentJoin>.fromOpaque(context).takeUnretainedValue()
    return join.page(page, of: Int(source), stream: Int(stream), into: into)
  }

  private func page(
    _ page: UInt32, of source: Int, stream: Int, into: UnsafeMutablePointer<UInt8>
  ) -> Int32 {
    do {
      let statement = try connection.statement(TextIndexSchema.selectPage[stream])
      defer { statement.reset() }
      statement.bind(TextIndexSchema.pageKey(records[source].id, page), at: 1)
      guard try statement.step() else { return 0 }
      return statement.withBytes(0) { bytes in
        guard let base = bytes.baseAddress, bytes.count <= PLT_PAGE else { return -1 }
        UnsafeMutableRawPointer(into).copyMemory(from: base, byteCount: bytes.count)
        return Int32(bytes.count)
      }
    } catch {
      failure = error
      return -1
    }
  }
}
