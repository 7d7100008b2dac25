import PolylogueSQL

/// What `text_segments` says about a segment.
struct SegmentRecord {
  var id: Int64
  var firstDocument: UInt32
  var documents: UInt32
  var firstTime: Int64
  var lastTime: Int64
  var fields: Int64
  var root: [UInt8]

  /// From the first of its documents' times to the last.
  var times: ClosedRange<Int64> { firstTime...max(firstTime, lastTime) }

  /// All segments in the order of their documents.
  static func all(in connection: Connection) throws -> [SegmentRecord] {
    let statement = try connection.statement(
      "SELECT id,first_document,documents,first_time,last_time,fields,root FROM text_segments")
    defer { statement.reset() }
    var records: [SegmentRecord] = []
    while try statement.step() {
      records.append(
        SegmentRecord(
          id: statement.int64(0), firstDocument: UInt32(truncatingIfNeeded: statement.int64(1)),
          documents: UInt32(truncatingIfNeeded: statement.int64(2)),
          firstTime: statement.int64(3), lastTime: statement.int64(4),
          fields: statement.int64(5), root: statement.bytes(6)))
    }
    return records.sorted { $0.firstDocument < $1.firstDocument }
  }
}
