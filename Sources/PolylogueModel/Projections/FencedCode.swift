/// Reads the fences of Markdown text, line by line.
///
/// The rules are CommonMark's (<https://spec.commonmark.org/0.31.2/#fenced-code-blocks>) for fences
/// at the top level: up to three spaces, at least three backticks or tildes, closed by at least as
/// many of the same.
package struct FenceScanner {
  /// No fence is open yet.
  package init() {}

  /// The fence that is open.
  package private(set) var open: (mark: UInt8, count: Int)?

  /// What a line does.
  package enum Event: Equatable {
    case text
    case opens
    case closes
  }

  /// Takes the next line, without its line break.
  package mutating func take(_ line: UnsafeBufferPointer<UInt8>) -> Event {
    var index = 0
    while index < 3, index < line.count, line[index] == 0x20 { index += 1 }
    guard index < line.count else { return .text }
    let mark = line[index]
    guard mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") else { return .text }
    let start = index
    while index < line.count, line[index] == mark { index += 1 }
    let count = index - start
    guard count >= 3 else { return .text }
    let rest = line[index...]
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
    var code: [UInt8] = []
    var copy = text
    copy.withUTF8 { bytes in
      Lines.forEach(in: bytes) { line in
        let wasOpen = scanner.open != nil
        switch scanner.take(line) {
        case .opens:
          language = self.language(of: line)
          code = []
        case .closes:
          found.append((language, self.text(code)))
        case .text:
          guard wasOpen else { return }
          code.append(contentsOf: line)
          code.append(0x0A)
        }
      }
    }
    if scanner.open != nil, !code.isEmpty { found.append((language, self.text(code))) }
    return found
  }

  /// The lines of a block, without the last line break.
  private static func text(_ code: [UInt8]) -> String {
    String(decoding: code.dropLast(), as: UTF8.self)
  }

  private static func language(of line: UnsafeBufferPointer<UInt8>) -> String? {
    let info = line.drop { $0 == 0x20 || $0 == UInt8(ascii: "`") || $0 == UInt8(ascii: "~") }
    let word = info.prefix { $0 != 0x20 && $0 != 0x0D && $0 != 0x09 }
    return word.isEmpty ? nil : String(decoding: word, as: UTF8.self)
  }
}
