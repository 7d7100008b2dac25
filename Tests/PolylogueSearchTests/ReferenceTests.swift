import PolylogueModel
import PolylogueSQL
import PolylogueSearch
import Testing

/// Compares the index with the plainest evaluation there is.
@Suite struct `The text index beside a plain evaluation` {
  private struct Random {
    var state: UInt64
    mutating func below(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    /// Small numbers far more often than large ones.
    mutating func skewed(_ bound: Int) -> Int { below(below(bound) + 1) }
  }

  private static func matches(_ words: [String], _ atom: String) -> Bool {
    if atom.hasPrefix("\"") {
      let phrase = atom.dropFirst().dropLast().split(separator: " ").map(String.init)
      guard words.count >= phrase.count else { return false }
      return (0...(words.count - phrase.count)).contains {
        Array(words[$0..<($0 + phrase.count)]) == phrase
      }
    }
    if atom.hasSuffix("*") { return words.contains { $0.hasPrefix(atom.dropLast()) } }
    return words.contains(atom)
  }

  private static func expected(_ corpus: [Int64: [String]], _ clauses: [[String]]) -> [Int64] {
    corpus.filter { _, words in
      clauses.allSatisfy { clause in
        if clause.count == 1, clause[0].hasPrefix("-") {
          return !matches(words, String(clause[0].dropFirst()))
        }
        return clause.contains { matches(words, $0) }
      }
    }.keys.sorted()
  }

  private static func clauses(_ random: inout Random) -> [[String]] {
    func word() -> String { "w\(random.skewed(60))" }
    func atom() -> String {
      switch random.below(5) {
      case 0: "\"\(word()) \(word())\""
      case 1: "w\(random.below(6))*"
      default: word()
      }
    }
    var out: [[String]] = [[atom()]]
    for _ in 0..<random.below(3) {
      switch random.below(3) {
      case 0: out.append(["-" + atom()])
      case 1: out.append([atom(), atom()])
      default: out.append([atom()])
      }
    }
    return out
  }

  /// Joins nothing within a commit, everything beside the writing.
  private static var lateJoins: SegmentPolicy {
    var policy = SegmentPolicy()
    policy.largestOfFew = 0
    policy.few = 3
    return policy
  }

  @Test(arguments: [1, 2, 3] as [UInt64], [false, true])
  func `agrees through commits, updates, removals, joins and reopening`(
    seed: UInt64, joinsLate: Bool
  ) throws {
    var random = Random(state: seed)
    let policy = joinsLate ? Self.lateJoins : SegmentPolicy()
    let index = try IndexFixture(policy: policy)
    var writer = index.writer
    var corpus: [Int64: [String]] = [:]
    for round in 0..<40 {
      for _ in 0..<(1 + random.below(60)) {
        let row = Int64(1 + random.below(1500))
        let words = (0..<(1 + random.below(30))).map { _ in "w\(random.skewed(60))" }
        if random.below(8) == 0 {
          writer.remove(message: row)
          corpus[row] = nil
          continue
        }
        let header = DocumentHeader(
          conversation: row / 10, message: row, position: Int(row % 10), timestamp: row,
          provider: .chatgpt, role: .user)
        let message = IndexedMessage(
          header: header, fields: [(.body, words.joined(separator: " "))])
        try writer.add(message)
        corpus[row] = words
      }
      try writer.commit(through: Int64(round))
      if round % 7 == 6 { writer = try IndexFixture.openWriter(index.path, policy: policy) }
      if round == 30 { while try writer.optimize() {} }
      guard round % 4 == 3 else { continue }
      for _ in 0..<25 {
        let clauses = Self.clauses(&random)
        let query = clauses.map { $0.joined(separator: " OR ") }.joined(separator: " ")
        #expect(try index.rows(query) == Self.expected(corpus, clauses), "\(query)")
      }
    }
    while try writer.optimize() {}
    #expect(try Self.strayPages(in: index) == 0)
  }

  /// Pages that belong to no segment.
  private static func strayPages(in index: IndexFixture) throws -> Int64? {
    try Connection(path: index.path, mode: .readOnly).integer(
      """
      SELECT count(*) FROM (SELECT id FROM text_dictionary UNION ALL SELECT id FROM text_postings
        UNION ALL SELECT id FROM text_positions)
      WHERE id >> 24 NOT IN (SELECT id FROM text_segments)
      """)
  }

  @Test func `agrees on lists of many blocks`() throws {
    let index = try IndexFixture()
    for row in 1...9000 {
      try index.add("all \(row % 2 == 0 ? "even" : "odd") n\(row % 97) m\(row % 300)")
      if row % 1100 == 0 { try index.commit() }
    }
    try index.commit()
    #expect(try index.reader().search(IndexFixture.request("all")).total == 9000)
    #expect(
      try index.rows("even n5 m4")
        == (1...9000).filter { $0 % 2 == 0 && $0 % 97 == 5 && $0 % 300 == 4 }.map(Int64.init))
    #expect(
      try index.rows("\"odd n7\"")
        == (1...9000).filter { $0 % 2 == 1 && $0 % 97 == 7 }.map(Int64.init))
  }
}
