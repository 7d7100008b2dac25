import Foundation
import PolylogueModel
import PolylogueSQL
import PolylogueSearch

/// An index in a folder of its own, removed with it.
final class IndexFixture {
  let path: String
  let writer: TextIndexWriter
  static let now = Timestamp(microseconds: 1_800_000_000_000_000)
  private var next: Int64 = 0
  private var sequence: Int64 = 0

  init(policy: SegmentPolicy = SegmentPolicy()) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.appendingPathComponent("index.db").path
    writer = try IndexFixture.openWriter(path, policy: policy)
  }

  deinit {
    try? FileManager.default.removeItem(
      at: URL(fileURLWithPath: path).deletingLastPathComponent())
  }

  static func openWriter(
    _ path: String, policy: SegmentPolicy = SegmentPolicy()
  ) throws -> TextIndexWriter {
    let connection = try Connection(path: path, mode: .create)
    try connection.execute("PRAGMA page_size=16384; PRAGMA journal_mode=WAL;")
    return try TextIndexWriter(connection: connection, policy: policy)
  }

  @discardableResult
  func add(
    _ text: String, field: TextField = .body, message: Int64? = nil, conversation: Int64 = 1,
    role: Role = .user, time: Int64? = 1000, provider: Provider = .chatgpt,
    model: String? = nil, flags: DocumentFlags = []
  ) throws -> Int64 {
    next += 1
    let row = message ?? next
    try writer.add(
      IndexedMessage(
        header: DocumentHeader(
          conversation: conversation, message: row, position: Int(row), timestamp: time,
          provider: provider, role: role, model: model, flags: flags),
        fields: [(field, text)]))
    return row
  }

  func commit() throws {
    sequence += 1
    try writer.commit(through: sequence)
  }

  func reader() throws -> TextIndexReader {
    try TextIndexReader(connection: Connection(path: path, mode: .readOnly))
  }

  /// The rows found, in the order of the rows.
  func rows(_ query: String) throws -> [Int64] {
    try reader().search(IndexFixture.request(query)).hits.compactMap(\.message).sorted()
  }

  static func request(
    _ query: String, sort: SearchRequest.Sort = .relevance, limit: Int = 10_000
  ) -> SearchRequest {
    SearchRequest(
      query: QueryParser.parse(query, now: now), sort: sort, limit: limit, now: now)
  }
}
