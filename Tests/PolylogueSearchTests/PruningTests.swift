import PolylogueModel
import PolylogueSQL
import PolylogueSearch
import Testing

/// Searches that leave out what cannot win, beside searches that look at everything.
@Suite struct PruningTests {
  private static let queries = [
    "w0", "w1", "w0 w1", "w0 w1 w2", "w0 w9", "\"w0 w1\"", "\"w1 w0 w2\"", "w0 OR w7",
    "\"w0 w0\" OR w5", "w1 -w2", "w0 -\"w1 w2\"", "w1*", "w0 w1*", "\"w3 w1*\"", "w2 \"w0 w1\"",
  ]

  /// An index of messages and titles, in several segments.
  private static func filled(_ seed: UInt64, commitEvery: Int = 900) throws -> IndexFixture {
    var random = RandomWords(state: seed)
    let index = try IndexFixture()
    for row in 1...4000 {
      let conversation = Int64(row / 8 + 1)
      try index.add(
        random.text(of: 40, words: 30), field: row % 11 == 0 ? .tool : .body,
        conversation: conversation, time: Int64(row) * 100)
      if row % 8 == 0 {
        let title = DocumentHeader(
          conversation: conversation, message: nil, position: 0, timestamp: Int64(row) * 100,
          provider: .chatgpt, role: .user)
        try index.writer.add(
          IndexedMessage(header: title, fields: [(.title, random.text(of: 6, words: 30))]))
      }
      if row % commitEvery == 0 { try index.commit() }
    }
    try index.commit()
    return index
  }

  private static func key(_ hit: SearchHit) -> String {
    "\(hit.conversation)/\(hit.message ?? 0) \(hit.score)"
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `give the same page, and never count too many`(seed: UInt64) throws {
    let index = try Self.filled(seed)
    let full = try index.reader()
    let pruned = try TextIndexReader(
      connection: Connection(path: index.path, mode: .readOnly), countedPostings: 0)
    for query in Self.queries {
      let request = IndexFixture.request(query, limit: 20)
      let expected = try full.search(request)
      let found = try pruned.search(request)
      #expect(found.hits.map(Self.key) == expected.hits.map(Self.key), "\(query)")
      #expect(expected.isTotalExact, "\(query)")
      #expect(found.total <= expected.total, "\(query)")
      #expect(found.total == expected.total || !found.isTotalExact, "\(query)")
      #expect(found.total >= min(20, expected.total), "\(query)")
    }
  }

  @Test func `leave something out`() throws {
    let index = try Self.filled(4)
    let pruned = try TextIndexReader(
      connection: Connection(path: index.path, mode: .readOnly), countedPostings: 0)
    #expect(try !pruned.search(IndexFixture.request("w0 w1", limit: 20)).isTotalExact)
  }

  @Test func `agree in one segment, in several, and in those that were joined`() throws {
    let one = try Self.filled(5, commitEvery: .max)
    let several = try Self.filled(5)
    let joined = try Self.filled(5, commitEvery: 100)
    while try joined.writer.optimize() {}
    let connection = try Connection(path: joined.path, mode: .readOnly)
    #expect(try connection.integer("SELECT count(*) FROM text_segments") ?? 0 < 10)
    let whole = try one.reader()
    for index in [try several.reader(), try joined.reader()] {
      for query in Self.queries {
        let expected = try whole.search(IndexFixture.request(query))
        let found = try index.search(IndexFixture.request(query))
        #expect(found.total == expected.total, "\(query)")
        #expect(Set(found.hits.map(Self.key)) == Set(expected.hits.map(Self.key)), "\(query)")
      }
    }
  }

  @Test func `within dates find what a look at every message finds`() throws {
    let index = try Self.filled(6)
    while try index.writer.optimize() {}
    for (since, until) in [(1000, 2000), (150_000, 150_100), (399_900, 500_000), (0, 400_001)] {
      for query in ["w0", "w0 w1", "\"w0 w1\""] {
        var request = IndexFixture.request(query)
        let rows = try index.reader().search(request).hits.filter {
          ($0.timestamp ?? 0) >= since && ($0.timestamp ?? 0) < until
        }
        request.filters.since = Int64(since)
        request.filters.until = Int64(until)
        let found = try index.reader().search(request)
        #expect(found.total == rows.count, "\(query) \(since)")
        #expect(Set(found.hits.map(\.message)) == Set(rows.map(\.message)), "\(query) \(since)")
      }
    }
  }
}

/// The same words for the same state, a few of them very often.
struct RandomWords {
  var state: UInt64

  mutating func below(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % bound
  }

  mutating func text(of length: Int, words: Int) -> String {
    (0..<(1 + below(length))).map { _ in "w\(below(below(words) + 1))" }.joined(separator: " ")
  }
}
