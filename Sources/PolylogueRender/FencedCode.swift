/// Reads the fences of Markdown text, line by line.
///
/// The rules are CommonMark's (<https://spec.commonmark.org/0.31.2/#fenced-code-blocks>) for fences
/// at the top level: up to three spaces, at least three backticks or tildes, closed by at least as
/// many of the same.
struct FenceScanner {
  /// The fence that is open.
  private(set) var open: (mark: UInt8, count: Int)?

  /// What a line does.
  enum Event: Equatable {
    case text
    case opens
    case closes
  }

  /// Takes the next line, without its line break.
  mutating func take(_ line: some Collection<UInt8>) -> Event {
    var rest = line[...]
    var indent = 0
    while indent < 3, rest.first == UInt8(ascii: " ") {
      rest = rest.dropFirst()
      indent += 1
    }
    guard let mark = rest.first, mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") else {
      return .text
    }
    var count = 0
    while rest.first == mark {
      rest = rest.dropFirst()
      count += 1
    }
    guard count >= 3 else { return .text }
    if let fence = open {
      let isBlank = rest.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
      guard mark == fence.mark, count >= fence.count, isBlank else { return .text }
      open = nil
      return .closes
    }
    // An info string after backticks cannot hold a backtick: that is a code span.
    if mark == UInt8(ascii: "`"), rest.contains(mark) { return .text }
    open = (mark, count)
    return .opens
  }
}

/// Fenced code in Markdown text.
enum FencedCode {
  /// The fenced blocks of a text, in order, with the first word of their info string.
  static func blocks(in text: String) -> [(language: String?, text: String)] {
    guard text.utf8.contains(UInt8(ascii: "`")) || text.utf8.contains(UInt8(ascii: "~")) else {
      return []
    }
    var found: [(language: String?, text: String)] = []
    var scanner = FenceScanner()
    var language: String?
    var lines: [Substring] = []
    for line in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false) {
      let wasOpen = scanner.open != nil
      switch scanner.take(line) {
      case .opens:
        language = self.language(of: line)
        lines = []
      case .closes:
        found.append((language, lines.joined(separator: "\n")))
      case .text:
        if wasOpen { lines.append(Substring(line)) }
      }
    }
    if scanner.open != nil, !lines.isEmpty {
      found.append((language, lines.joined(separator: "\n")))
    }
    return found
  }

  private static func language(of line: Substring.UTF8View) -> String? {
    let info = line.drop { $0 == 0x20 || $0 == UInt8(ascii: "`") || $0 == UInt8(ascii: "~") }
    let word = info.prefix { $0 != 0x20 && $0 != 0x0D && $0 != 0x09 }
    return word.isEmpty ? nil : String(Substring(word))
  }
}
