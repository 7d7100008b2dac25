/// Queries that break parsers.
enum OddQueries {
  private static let pieces = [
    "\"", "'", "-", "*", ":", "OR", "AND", "NOT", "NEAR(", "(", ")", "hello", "\u{0}", "\u{1F600}",
    "role:", "since:", "has:", "-\"", "\"\"", "\\", "%", ";--", "^", "~", "{", "}", "💥*", "世",
    "世界*",
    "\u{FEFF}", "\u{202E}", "e\u{301}\u{302}", "title:\"", "a:b:c", "🏳️‍🌈", "\r\n", "\t", "-role:user",
    "OR OR", "until:9999-99-99", "is:", "in:all", "-*", "h*", "he*", "\u{10FFFF}", "ﷺ", "٣",
  ]

  static let all: [String] = {
    var queries = pieces
    var state: UInt64 = 42
    while queries.count < 640 {
      var text = ""
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      for _ in 0..<(2 + Int(state >> 60) / 2) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        text += pieces[Int(state >> 33) % pieces.count]
        if state >> 62 == 0 { text += " " }
      }
      queries.append(text)
    }
    for piece in ["a", "\"", "-", "a OR ", "字", "a* ", "\u{0}", "role:", "\" "] {
      queries.append(String(repeating: piece, count: 100_000 / piece.utf8.count))
    }
    return queries
  }()
}
