internal import CPolylogueText
import PolylogueSQL

/// Where the pages of one new segment go.
final class SegmentOutput {
  /// The segment's row.
  let segment: Int64
  private let connection: Connection
  private var nextPages: [UInt32] = [0, 0, 0]
  private var failure: (any Error)?

  /// Gives the new segment its row; within a transaction.
  init(connection: Connection) throws {
    self.connection = connection
    segment = try TextIndexSchema.counter("last_segment", in: connection) + 1
    try TextIndexSchema.setCounter("last_segment", segment, in: connection)
  }

  /// Writes what a builder holds as a segment.
  static func write(
    _ builder: OpaquePointer, firstDocument: UInt32, times: ClosedRange<Int64>,
    connection: Connection
  ) throws {
    let output = try SegmentOutput(connection: connection)
    let documents = plt_builder_documents(builder)
    var info = plt_segment_info()
    let sink: plt_sink = { context, stream, bytes, length in
      guard let context, let bytes else { return 1 }
      let output = Unmanaged<SegmentOutput>.fromOpaque(context).takeUnretainedValue()
      return output.put(Int(stream), UnsafeRawBufferPointer(start: bytes, count: length))
    }
    let code = plt_builder_flush(
      builder, sink, Unmanaged.passUnretained(output).toOpaque(), &info)
    defer { plt_segment_info_free(&info) }
    try output.check(code)
    try output.enter(info, firstDocument: firstDocument, documents: documents, times: times)
  }

  /// Keeps the next page of a stream.
  ///
  /// - Returns: 0, or 1 after a failure, which ``check(_:)`` throws.
  func put(_ stream: Int, _ bytes: UnsafeRawBufferPointer) -> Int32 {
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

  /// Throws what went wrong with the pages, if anything.
  func check(_ code: Int32) throws {
    if let failure { throw failure }
    guard code == 0 else { throw TextIndexError(message: "a text index segment was not written") }
  }

  /// Makes the segment part of the index.
  func enter(
    _ info: plt_segment_info, firstDocument: UInt32, documents: UInt32, times: ClosedRange<Int64>
  ) throws {
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

  /// Takes a segment out of the index, or what there is of one that was never finished.
  static func remove(_ segment: Int64, in connection: Connection) throws {
    for table in ["text_dictionary", "text_postings", "text_positions"] {
      try connection.run(
        "DELETE FROM \(table) WHERE id BETWEEN ? AND ?", segment << 24, (segment + 1) << 24 - 1)
    }
    try connection.run("DELETE FROM text_segments WHERE id=?", segment)
  }
}
