internal import CPolylogueText
import PolylogueSQL

/// Writes segments: those that a builder gives, and those that join older ones.
final class SegmentStore {
  private let connection: Connection
  private var statements: [Statement] = []
  private var segment: Int64 = 0
  private var nextPages: [UInt32] = [0, 0, 0]
  private var sources: [SegmentRecord] = []
  private var failure: (any Error)?

  init(connection: Connection) { self.connection = connection }

  /// Writes what the builder holds as a segment.
  func write(
    _ builder: OpaquePointer, firstDocument: UInt32, times: ClosedRange<Int64>
  ) throws {
    try begin()
    let documents = plt_builder_documents(builder)
    var info = plt_segment_info()
    let context = Unmanaged.passUnretained(self).toOpaque()
    let code = plt_builder_flush(builder, SegmentStore.sink, context, &info)
    try end(code, &info, firstDocument, documents, times)
  }

  /// Replaces neighbouring segments by one, without what was deleted.
  func merge(_ records: [SegmentRecord], deleted: (UInt32) throws -> [UInt8]?) throws {
    guard let first = records.first, let last = records.last else { return }
    try begin()
    sources = records
    defer { sources = [] }
    var info = plt_segment_info()
    let bitmaps = try records.map { try SegmentStore.bitmap(of: $0, deleted) }
    let code = withSources(records, bitmaps) { pointer in
      plt_merge(
        pointer.baseAddress, Int32(records.count), SegmentStore.fetch, SegmentStore.sink,
        Unmanaged.passUnretained(self).toOpaque(), &info)
    }
    if code == 2, failure == nil {
      failure = TextIndexError(message: "the text index is damaged; run polylogue reindex")
    }
    let times =
      (records.map(\.firstTime).min() ?? 0)...(records.map(\.lastTime).max() ?? 0)
    let documents = last.firstDocument + last.documents - first.firstDocument
    for record in records { try remove(record.id) }
    try end(code, &info, first.firstDocument, documents, times)
  }

  private func remove(_ id: Int64) throws {
    for table in ["text_dictionary", "text_postings", "text_positions"] {
      try connection.run(
        "DELETE FROM \(table) WHERE id BETWEEN ? AND ?", id << 24, (id + 1) << 24 - 1)
    }
    try connection.run("DELETE FROM text_segments WHERE id=?", id)
  }

  private func begin() throws {
    failure = nil
    nextPages = [0, 0, 0]
    segment = try TextIndexSchema.counter("last_segment", in: connection) + 1
    try TextIndexSchema.setCounter("last_segment", segment, in: connection)
  }

  private func end(
    _ code: Int32, _ info: inout plt_segment_info, _ firstDocument: UInt32, _ documents: UInt32,
    _ times: ClosedRange<Int64>
  ) throws {
    defer { plt_segment_info_free(&info) }
    if let failure { throw failure }
    guard code == 0 else { throw TextIndexError(message: "a text index segment was not written") }
    let insert = try connection.statement(
      """
      INSERT INTO text_segments(
        id,first_document,documents,first_time,last_time,terms,bytes,fields,root)
      VALUES(?,?,?,?,?,?,?,?,?)
      """)
    for (index, value) in [
      segment, Int64(firstDocument), Int64(documents), times.lowerBound, times.upperBound,
      Int64(truncatingIfNeeded: info.terms), Int64(truncatingIfNeeded: info.bytes),
      Int64(info.fields),
    ].enumerated() {
      insert.bind(value, at: index + 1)
    }
    insert.bind(bytes: UnsafeRawBufferPointer(start: info.root, count: info.root_length), at: 9)
    _ = try insert.step()
    insert.reset()
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

  private func withSources<R>(
    _ records: [SegmentRecord], _ bitmaps: [[UInt8]?],
    _ body: (UnsafeBufferPointer<plt_source>) -> R
  ) -> R {
    let storage = UnsafeMutablePointer<UInt8>.allocate(
      capacity: max(1, bitmaps.reduce(0) { $0 + ($1?.count ?? 0) }))
    defer { storage.deallocate() }
    var at = 0
    var list: [plt_source] = []
    for (record, bitmap) in zip(records, bitmaps) {
      var source = plt_source(
        shift: record.firstDocument - records[0].firstDocument, documents: record.documents,
        deleted: nil)
      if let bitmap {
        (storage + at).initialize(from: bitmap, count: bitmap.count)
        source.deleted = UnsafePointer(storage + at)
        at += bitmap.count
      }
      list.append(source)
    }
    return list.withUnsafeBufferPointer(body)
  }

  // MARK: Callbacks

  private static let sink: plt_sink = { context, stream, bytes, length in
    guard let context, let bytes else { return 1 }
    let store = Unmanaged<SegmentStore>.fromOpaque(context).takeUnretainedValue()
    return store.put(Int(stream), UnsafeRawBufferPointer(start: bytes, count: length))
  }

  private func put(_ stream: Int, _ bytes: UnsafeRawBufferPointer) -> Int32 {
    do {
      let statement = try connection.statement(TextIndexSchema.insertPage[stream])
      statement.bind(TextIndexSchema.pageKey(segment, nextPages[stream]), at: 1)
      statement.bind(bytes: bytes, at: 2)
      nextPages[stream] += 1
      _ = try statement.step()
      statement.reset()
      return 0
    } catch {
      failure = error
      return 1
    }
  }

  private static let fetch: plt_fetch = { context, source, stream, page, into in
    guard let context, let into else { return -1 }
    let store = Unmanaged<SegmentStore>.fromOpaque(context).takeUnretainedValue()
    return store.get(Int(source), Int(stream), page, into)
  }

  private func get(
    _ source: Int, _ stream: Int, _ page: UInt32, _ into: UnsafeMutablePointer<UInt8>
  ) -> Int32 {
    do {
      let statement = try connection.statement(TextIndexSchema.selectPage[stream])
      defer { statement.reset() }
      statement.bind(TextIndexSchema.pageKey(sources[source].id, page), at: 1)
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
