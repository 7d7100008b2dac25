import PolylogueModel
import PolylogueSearch
import Testing

/// Phrases that are odd, beside a plain look through the words.
@Suite struct PhraseTests {
  /// Texts of few different words, so that these stand in many places: most are short, some so long
  /// that positions take two or three bytes.
  private static func texts(_ count: Int) -> [[String]] {
    var random = RandomWords(state: 11)
    return (1...count).map { row in
      let length = row % 1500 == 0 ? 20_000 : row % 40 == 0 ? 600 : 1 + row % 30
      return (0..<length).map { _ in "w\(random.below(random.below(40) + 1))" }
    }
  }

  private static func filled(_ texts: [[String]], commitEvery: Int) throws -> IndexFixture {
    let index = try IndexFixture()
    for (row, words) in texts.enumerated() {
      try index.add(
        words.joined(separator: " "), conversation: Int64(row / 50),
        role: row % 3 == 0 ? .user : .assistant, time: Int64(row))
      if row % commitEvery == commitEvery - 1 { try index.commit() }
    }
    try index.commit()
    return index
  }

  /// The rows whose words have the phrase. A last word with a star stands for what begins like it.
  private static func rows(_ texts: [[String]], with phrase: String) -> [Int64] {
    var wanted = phrase.split(separator: " ").map(String.init)
    let beginning = wanted.last?.hasSuffix("*") == true ? wanted.removeLast().dropLast() : nil
    let length = wanted.count + (beginning == nil ? 0 : 1)
    return texts.indices.filter { row in
      let words = texts[row]
      guard words.count >= length else { return false }
      return (0...(words.count - length)).contains { start in
        words[start..<(start + wanted.count)] == wanted[...]
          && beginning.map { words[start + wanted.count].hasPrefix($0) } ?? true
      }
    }.map { Int64($0) + 1 }
  }

  private static let phrases = [
    "w0 w0", "w0 w0 w0", "w0 w1 w0", "w1 w0", "w3 w9", "w9 w3 w0", "w0 w2 w4", "w30 w2", "w2 w30",
    "w0 w1 w2 w3 w4", "w0 nowhere", "nowhere w0", "w0 w1*", "w1 w2 w3*", "w2 w2 w3*", "w3 nowhere*",
    "w39 w38",
  ]

  @Test(arguments: [400, 5000])
  func `are found as they stand, whatever the segments`(commitEvery: Int) throws {
    let texts = Self.texts(4500)
    let index = try Self.filled(texts, commitEvery: commitEvery)
    for phrase in Self.phrases {
      let rows = Self.rows(texts, with: phrase)
      // A star within quotes is no operator; hyphens join words too.
      let query =
        phrase.hasSuffix("*")
        ? phrase.split(separator: " ").joined(separator: "-") : "\"\(phrase)\""
      let found = try index.reader().search(IndexFixture.request(query))
      let isSame = found.hits.compactMap(\.message).sorted() == rows
      #expect(isSame, "\(query)")
      #expect(found.total == rows.count && found.isTotalExact, "\(query)")
    }
  }

  @Test func `are excluded, and go with words, phrases and filters`() throws {
    let texts = Self.texts(3000)
    let index = try Self.filled(texts, commitEvery: 1300)
    func rows(_ phrase: String) -> Set<Int64> { Set(Self.rows(texts, with: phrase)) }
    func check(_ query: String, _ expected: Set<Int64>) throws {
      #expect(!expected.isEmpty, "\(query)")
      let isSame = try index.rows(query) == expected.sorted()
      #expect(isSame, "\(query)")
    }
    try check("\"w0 w1\" -w5", rows("w0 w1").subtracting(rows("w5")))
    try check("\"w0 w1\" -\"w1 w0\"", rows("w0 w1").subtracting(rows("w1 w0")))
    try check("\"w2 w2\" -\"w2 w2 w2\"", rows("w2 w2").subtracting(rows("w2 w2 w2")))
    try check("w7 -\"w0 w0\"", rows("w7").subtracting(rows("w0 w0")))
    let both = rows("w0 w1").intersection(rows("w2 w3"))
    try check("\"w0 w1\" \"w2 w3\" w4", both.intersection(rows("w4")))
    try check("\"w0 w9\" OR \"w9 w0\"", rows("w0 w9").union(rows("w9 w0")))
    try check("\"w0 w1\" role:user", rows("w0 w1").filter { $0 % 3 == 1 })
  }

  @Test func `of very many words are found in the one text that has them`() throws {
    let texts = Self.texts(3000)
    let index = try Self.filled(texts, commitEvery: 1000)
    let words = texts[1499]
    for length in [50, 600] {
      for start in [0, 9000, words.count - length] {
        let phrase = words[start..<(start + length)].joined(separator: " ")
        #expect(try index.rows("\"\(phrase)\"") == [1500], "\(length) words from \(start)")
      }
    }
  }
}
