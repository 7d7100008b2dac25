import Testing

/// What holds for pages of any text.
@Suite struct MarkdownPropertyTests {
  private static let pieces = [
    "*", "**", "_", "`", "```\n", "~~~\n", "\n", "\n\n", "> ", "- ", "1. ", "    ", "\t", " | ",
    "$",
    "$$", "\\(", "\\)", "\\[", "\\]", "<b>", "<br>", "&amp;", "&#x", "~~", "[", "](", ")", "![",
    "\\",
    "# ", " ", "「", "」", "- [ ] ", "\n|---|---|\n", "https://", "<https://x.org>",
    "https://x.org/a", "**https://x.org/a**，", "[1]: ", "\r\n", "===\n",
  ]

  /// Words between Markdown's signs, each word once.
  private static func text(_ random: inout SplitMix) -> (text: String, words: [String]) {
    var text = ""
    var words: [String] = []
    for number in 0..<Int.random(in: 4...40, using: &random) {
      if Bool.random(using: &random) {
        words.append("w\(number)o")
        text += words[words.count - 1]
      } else {
        text += pieces[Int.random(in: 0..<pieces.count, using: &random)]
      }
    }
    return (text, words)
  }

  @Test(arguments: 0..<8)
  func `no word is lost, and every element is closed where it was opened`(seed: Int) throws {
    var random = SplitMix(seed: UInt64(seed))
    for _ in 0..<250 {
      let (text, words) = MarkdownPropertyTests.text(&random)
      let html = messageHTML(text)
      // Cells beyond a table's columns are left out.
      if !html.contains("<table>") {
        for word in words { #expect(html.contains(word), "\(word) of \(text.debugDescription)") }
      }
      var open: [Substring] = []
      for tag in html.matches(of: /<(\/?)([a-z0-9]+)[^<>]*>/) {
        if ["br", "hr", "input"].contains(tag.2) { continue }
        if tag.1.isEmpty {
          open.append(tag.2)
        } else {
          let last = open.popLast()
          try #require(last == tag.2, "\(html) of \(text.debugDescription)")
        }
      }
      #expect(open.isEmpty, "\(html) of \(text.debugDescription)")
    }
  }
}

/// The generator of <https://prng.di.unimi.it/splitmix64.c>: the same numbers in every run.
private struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
