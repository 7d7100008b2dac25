import PolylogueSearch
import Testing

@Suite struct `Passages` {
  private func cut(_ text: String, _ limit: Int = 40, atMost count: Int = 1000) -> [String] {
    PassageCutter(limit: limit).passages(of: text, atMost: count)
  }

  /// Everything but white space.
  private func ink(_ text: String) -> String { text.filter { !$0.isWhitespace } }

  @Test func `leaves a short text whole, without the space around it`() {
    #expect(
      cut("  A short question?\n\nAnd a second line.\n ") == [
        "A short question?\n\nAnd a second line."
      ])
    #expect(cut("").isEmpty)
    #expect(cut(" \n\t\r\n ").isEmpty)
  }

  @Test func `cuts before headings, paragraphs, lines, sentences and words, in this order`() {
    let words = "one two three four five six seven eight nine ten"
    let heading = "\(words) \(words) \(words)\n\n\(words)\n# Title\n\(words) \(words)"
    #expect(cut(heading, 45).map { $0.hasPrefix("# Title") } == [false, true])
    let paragraphs = "\(words) \(words)\n\n\(words)\n\(words). \(words)"
    #expect(cut(paragraphs).first == "\(words) \(words)")
    let lines = "\(words) \(words)\n\(words). \(words) \(words)"
    #expect(cut(lines).first == "\(words) \(words)")
    let sentences = "\(words) \(words) \(words). And \(words) \(words)"
    #expect(cut(sentences).first == "\(words) \(words) \(words).")
    let plain = cut("\(words) \(words) \(words) \(words) \(words)")
    #expect(plain.count == 2 && plain.allSatisfy { !$0.isEmpty && !$0.hasPrefix(" ") })
  }

  @Test func `treats lines of code as one`() {
    let code = (0..<8).map { "let value\($0) = \($0)" }.joined(separator: "\n")
    let text =
      "Some words stand here, one after the other, and they go on for a while yet.\n"
      + "```\n\(code)\n# no heading\n\n```\nAnd then some more words follow it."
    let passages = cut(text, 60)
    #expect(passages.dropFirst().first?.hasPrefix("```") == true)
    #expect(!passages.contains { $0.hasPrefix("# no heading") })
  }

  @Test(arguments: [
    String(repeating: "x", count: 5000), String(repeating: "漢字かな", count: 500),
    String(repeating: "👩‍👩‍👧‍👦é", count: 300), String(repeating: "=", count: 900),
    String(repeating: "Ελληνικά και русский ", count: 90), String(repeating: "12345", count: 300),
    String(repeating: "一つの文です。二つ目の文です。", count: 60),
    "\u{0}\u{7f}" + String(repeating: "a\r\n", count: 500),
  ])
  func `loses nothing, and cuts no character`(text: String) {
    let passages = cut(text)
    #expect(ink(passages.joined()) == ink(text))
    #expect(passages.count > 1)
    #expect(!passages.contains { $0.unicodeScalars.contains("\u{FFFD}") })
    #expect(passages.allSatisfy { $0.unicodeScalars.count < 40 * 9 })
  }

  @Test func `ends after as many passages as are wanted`() {
    let text = String(repeating: "Some words of a sentence. ", count: 500)
    let all = cut(text)
    #expect(all.count > 20)
    #expect(cut(text, atMost: 7) == Array(all.prefix(7)))
    #expect(cut(text, atMost: 0).isEmpty)
  }
}
