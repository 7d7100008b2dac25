import PolylogueModel
import PolylogueSQL
import PolylogueSearch
import Testing

@Suite struct `The vector index` {
  private typealias Fixture = VectorFixture

  @Test(arguments: [8, 100, 384, 768], [false, true])
  func `finds what an exact search finds`(dimensions: Int, isClustered: Bool) throws {
    let all =
      isClustered
      ? Fixture.clustered(820, dimensions, seed: 3) : Fixture.random(820, dimensions, seed: 4)
    let stored = Array(all.dropLast(20))
    let fixture = try Fixture()
    try fixture.store(stored, in: try fixture.writer(dimensions))
    let reader = try fixture.reader(dimensions)
    reader.effort = VectorEffort(scanned: 400, rescored: 150)
    #expect(try reader.count() == 800)
    var found = 0
    for query in all.suffix(20) {
      let hits = try reader.nearest(to: query, limit: 10)
      #expect(hits.count == 10)
      #expect(zip(hits, hits.dropFirst()).allSatisfy { $0.score >= $1.score })
      for hit in hits {
        let exact = Fixture.cosine(query, stored[Int(hit.message) - 1])
        #expect(abs(exact - hit.score) < 0.01)
      }
      let exact = Set(Fixture.nearest(query, stored, 10))
      found += hits.count { exact.contains($0.message) }
    }
    #expect(found >= 184, "\(found) of 200")
  }

  @Test(arguments: [1, 8, 63, 64, 65, 100, 384, 700])
  func `compares alike with all instructions`(dimensions: Int) throws {
    let all = Fixture.clustered(420, dimensions, seed: UInt64(dimensions))
    let fixture = try Fixture()
    try fixture.store(all, in: try fixture.writer(dimensions))
    let plain = try fixture.reader(dimensions, level: .portable)
    let effort = VectorEffort(scanned: 60, rescored: 20)
    plain.effort = effort
    for level in VectorLevel.available {
      let reader = try fixture.reader(dimensions, level: level)
      reader.effort = effort
      for query in all.prefix(10) {
        let expected = try plain.nearest(to: query, limit: 8)
        #expect(try reader.nearest(to: query, limit: 8) == expected)
        let scores = try reader.scores(of: Array(1...50), to: query)
        #expect(try plain.scores(of: Array(1...50), to: query) == scores)
      }
    }
  }

  @Test func `finds among allowed messages only, and as many`() throws {
    let all = Fixture.clustered(3000, 24, seed: 9)
    let fixture = try Fixture()
    try fixture.store(all, in: try fixture.writer(24))
    let reader = try fixture.reader(24)
    let query = all[5]
    for step in [2, 3, 50, 1000] {
      let allowed = stride(from: Int64(step), through: 3000, by: step).map { $0 }
      let hits = try reader.nearest(to: query, limit: 10, among: MessageSet(allowed))
      #expect(hits.count == min(10, allowed.count))
      #expect(hits.allSatisfy { $0.message % Int64(step) == 0 })
      let exact = Fixture.nearest(query, all, 3000).filter { $0 % Int64(step) == 0 }
      #expect(hits.first?.message == exact.first)
    }
    #expect(try reader.nearest(to: query, limit: 5, among: MessageSet([])).isEmpty)
    let others = MessageSet([Int64.max, 1 << 50, -3, 0, 77_777])
    #expect(try reader.nearest(to: query, limit: 5, among: others).isEmpty)
    let many = MessageSet(Array(2000...2999) + [1 << 40])
    let late = try reader.nearest(to: query, limit: 5, among: many)
    #expect(late.count == 5 && late.allSatisfy { (2000...2999).contains($0.message) })
  }

  @Test func `names of each message its nearest passage`() throws {
    let all = Fixture.random(6, 32, seed: 1)
    let fixture = try Fixture()
    let writer = try fixture.writer(32)
    try writer.transaction {
      try writer.replace(
        message: 7, with: (0..<3).map { Fixture.passage($0, all[$0]) })
      try writer.replace(
        message: 9, with: (3..<6).map { Fixture.passage($0, all[$0]) })
    }
    let reader = try fixture.reader(32)
    let hits = try reader.nearest(to: all[4], limit: 10)
    #expect(hits.map(\.message) == [9, 7])
    #expect(hits.first?.passage == 1)
    #expect(abs((hits.first?.score ?? 0) - 1) < 0.005)
    let scores = try reader.scores(of: [7, 8], to: all[2])
    #expect(scores.keys.sorted() == [7])
    #expect(scores[7]?.passage == 2)
    let vectors = try reader.vectors(of: 9)
    #expect(vectors.count == 3)
    for (vector, exact) in zip(vectors, all[3...]) {
      #expect(Fixture.cosine(vector, exact) > 0.995)
    }
    #expect(try reader.vectors(of: 8).isEmpty)
  }

  @Test func `takes vectors of any length as directions`() throws {
    let fixture = try Fixture()
    let writer = try fixture.writer(3)
    try writer.transaction {
      try writer.replace(message: 1, with: [Fixture.passage(1, [0, 30, 40])])
      try writer.replace(message: 2, with: [Fixture.passage(2, [0, 0, 0])])
    }
    let hits = try fixture.reader(3).nearest(to: [0, 0, 0.001], limit: 2)
    #expect(hits.map(\.message) == [1, 2])
    #expect(abs(hits[0].score - 0.8) < 0.005)
    #expect(hits[1].score == 0)
  }

  @Test func `uses a known text's vector again, in any message`() throws {
    let all = Fixture.random(2, 16, seed: 5)
    let fixture = try Fixture()
    let writer = try fixture.writer(16)
    try writer.transaction {
      try writer.replace(message: 1, with: [Fixture.passage(0, all[0])])
      #expect(try writer.knows(Fixture.hash(0)))
      #expect(try !writer.knows(Fixture.hash(1)))
      try writer.replace(message: 2, with: [Fixture.passage(1, all[1]), Fixture.passage(0)])
    }
    try writer.transaction { _ = try writer.remove(message: 1) }
    let hits = try fixture.reader(16).nearest(to: all[0], limit: 5)
    #expect(hits.map(\.message) == [2])
    #expect(hits.first?.passage == 1)
    #expect(throws: VectorIndexError.self) {
      try writer.transaction { try writer.replace(message: 3, with: [Fixture.passage(5)]) }
    }
    #expect(try fixture.reader(16).count() == 2)
  }

  @Test func `forgets what is removed or replaced, and leaves none of its bytes`() throws {
    let all = Fixture.random(700, 24, seed: 6)
    let fixture = try Fixture()
    let writer = try fixture.writer(24)
    try fixture.store(all, in: writer)
    let reader = try fixture.reader(24)
    #expect(try reader.nearest(to: all[10], limit: 1).first?.message == 11)
    try writer.transaction {
      #expect(try writer.remove(messages: 1...350) == 350)
      try writer.replace(message: 400, with: [Fixture.passage(9999, all[0])])
      try writer.replace(message: 401, with: [])
    }
    #expect(try reader.count() == 349)
    #expect(try reader.nearest(to: all[10], limit: 5).allSatisfy { $0.message > 350 })
    #expect(try reader.nearest(to: all[0], limit: 1).first?.message == 400)
    #expect(try reader.scores(of: [1, 2, 401], to: all[1]).isEmpty)
    let state = try VectorFile.models(in: fixture.connection)
    #expect(state.map(\.messages) == [349] && state.map(\.vectors) == [349])
    // Slots are used again: the file's counters do not grow.
    try fixture.store(Array(all.prefix(300)), in: writer)
    #expect(
      try fixture.connection.integer("SELECT slots FROM vector_model") ?? 0 <= 701)
    try writer.transaction { _ = try writer.remove(messages: 1...Int64(1 << 40)) }
    #expect(try isZero(fixture.connection, "signs") && isZero(fixture.connection, "codes"))
    #expect(try reader.nearest(to: all[0], limit: 5).isEmpty)
  }

  private func isZero(_ connection: Connection, _ table: String) throws -> Bool {
    let statement = try connection.statement("SELECT bytes FROM vector_\(table)")
    defer { statement.reset() }
    while try statement.step() {
      guard statement.bytes(0).allSatisfy({ $0 == 0 }) else { return false }
    }
    return true
  }

  @Test func `keeps models apart, and removes one alone`() throws {
    let fixture = try Fixture()
    let all = Fixture.random(3, 16, seed: 8)
    let wide = Fixture.random(1, 40, seed: 8)
    let (first, second) = (try fixture.writer(16), try fixture.writer(16, revision: "2"))
    let third = try fixture.writer(40)
    try first.transaction { try first.replace(message: 1, with: [Fixture.passage(1, all[0])]) }
    try second.transaction { try second.replace(message: 2, with: [Fixture.passage(1, all[1])]) }
    try third.transaction { try third.replace(message: 3, with: [Fixture.passage(1, wide[0])]) }
    try second.transaction { try second.setWatermark(12) }
    #expect(try first.watermark() == 0)
    #expect(try second.watermark() == 12)
    let cache = VectorCache()
    let readers = try ["1", "2"].map { try fixture.reader(16, revision: $0, cache: cache) }
    #expect(try readers[0].nearest(to: all[1], limit: 9).map(\.message) == [1])
    #expect(try readers[1].nearest(to: all[1], limit: 9).map(\.message) == [2])
    #expect(try fixture.reader(40).nearest(to: wide[0], limit: 9).map(\.message) == [3])
    #expect(try VectorFile.remove(first.model, from: fixture.connection))
    #expect(try !VectorFile.remove(first.model, from: fixture.connection))
    #expect(try readers[0].nearest(to: all[1], limit: 9).isEmpty)
    #expect(try readers[1].nearest(to: all[1], limit: 9).map(\.message) == [2])
    let again = try fixture.writer(16)
    try again.transaction { try again.replace(message: 5, with: [Fixture.passage(1, all[2])]) }
    #expect(try readers[0].nearest(to: all[1], limit: 9).map(\.message) == [5])
  }

  @Test func `shows each reader one commit, whole`() throws {
    let all = Fixture.random(900, 16, seed: 2)
    let fixture = try Fixture()
    let writer = try fixture.writer(16)
    try fixture.store(Array(all.prefix(300)), in: writer)
    let cache = VectorCache()
    let (early, late) = (try fixture.reader(16, cache: cache), try fixture.reader(16, cache: cache))
    #expect(try early.count() == 300)
    let held = try Connection(path: fixture.path, mode: .readOnly)
    let old = try VectorIndexReader(connection: held, model: VectorFixture.model(16), cache: cache)
    try held.snapshot {
      #expect(try old.nearest(to: all[0], limit: 1).first?.message == 1)
      try writer.transaction { _ = try writer.remove(message: 1) }
      try fixture.store(all, in: writer)
      try writer.transaction { _ = try writer.remove(message: 1) }
      #expect(try late.nearest(to: all[0], limit: 1).first?.message != 1)
      #expect(try old.nearest(to: all[0], limit: 1).first?.message == 1)
      #expect(try old.count() == 300)
    }
    #expect(try early.count() == 899)
    #expect(try old.nearest(to: all[0], limit: 1).first?.message != 1)
    #expect(throws: CancellationError.self) {
      try writer.transaction {
        try writer.remove(message: 5)
        throw CancellationError()
      }
    }
    #expect(try late.nearest(to: all[4], limit: 1).first?.message == 5)
  }

  @Test func `refuses vectors of other dimensions, and those without numbers`() throws {
    let fixture = try Fixture()
    let writer = try fixture.writer(4)
    for wrong: [Float] in [
      [], [1, 2, 3], [1, 2, 3, 4, 5], [1, .nan, 0, 0], [.infinity, 0, 0, 0],
    ] {
      #expect(throws: VectorIndexError.self) {
        try writer.transaction {
          try writer.replace(message: 1, with: [Fixture.passage(1, wrong)])
        }
      }
      #expect(throws: VectorIndexError.self) {
        try fixture.reader(4).nearest(to: wrong, limit: 3)
      }
    }
    #expect(throws: VectorIndexError.self) { try fixture.writer(0) }
    #expect(throws: VectorIndexError.self) { try fixture.writer(100_000) }
    #expect(throws: VectorIndexError.self) {
      try writer.transaction { try writer.replace(message: 1 << 60, with: []) }
    }
    #expect(try fixture.reader(4).count() == 0)
  }

  @Test func `is refused in another version, and read nothing of where there is nothing`() throws {
    let fixture = try Fixture()
    try fixture.connection.execute("PRAGMA user_version=99")
    #expect(throws: VectorIndexError.self) { try fixture.reader(4) }
    #expect(throws: VectorIndexError.self) { try VectorFile.prepare(fixture.connection) }
    #expect(try VectorFile.state(of: fixture.connection) == .newer)
    let empty = try Connection(path: fixture.path + ".other", mode: .create)
    #expect(try VectorFile.models(in: empty).isEmpty)
    let reader = try VectorIndexReader(connection: empty, model: VectorFixture.model(4))
    #expect(try reader.nearest(to: [1, 0, 0, 0], limit: 3).isEmpty)
    #expect(try reader.count() == 0)
  }

  @Test func `says so when stored bytes do not fit together`() throws {
    for damage in [
      "UPDATE vector_signs SET bytes = x'00'", "DELETE FROM vector_signs",
      "DELETE FROM vector_segment", "UPDATE vector_codes SET bytes = x'0011'",
      "DELETE FROM vector_codes",
    ] {
      let fixture = try Fixture()
      let writer = try fixture.writer(4)
      try fixture.store(Fixture.random(3, 4, seed: 1), in: writer)
      try fixture.connection.execute(damage)
      try fixture.connection.execute(
        "UPDATE vector_model SET generation = 99; UPDATE vector_segment SET generation = 99")
      #expect(throws: VectorIndexError.self, "\(damage)") {
        try fixture.reader(4).scores(of: [1, 2, 3], to: [1, 0, 0, 0])
      }
    }
  }
}
