import Glibc
import PolylogueModel

/// The bytes of a Markdown document in the making.
struct MarkdownWriter: ~Copyable {
  private var content: GrowingBytes

  init(capacity: Int) {
    content = GrowingBytes(capacity: capacity)
  }

  /// What was written.
  var bytes: [UInt8] { content.array }

  mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { content.append($0) }
  }

  /// Text of our own.
  @inline(__always)
  mutating func put(_ text: StaticString) {
    content.append(text)
  }

  /// A time as `2026-01-31T10:20:30Z`.
  ///
  /// - Returns: Where it stands.
  mutating func time(_ time: Timestamp) -> Range<Int> {
    let start = content.count
    time.withISO { content.append($0) }
    return start..<content.count
  }

  /// The day and the time of what ``time(_:)`` has written, a space between them.
  mutating func dayAndTime(ofISO place: Range<Int>) {
    content.append(again: place.prefix(10))
    content.append(0x20)
    content.append(again: place.dropFirst(11).prefix(8))
  }

  /// One of our comments, without the line break behind it. Absent values are left out.
  mutating func marker(_ name: StaticString, _ values: [(key: StaticString, value: String?)]) {
    put("<!-- polylogue:")
    put(name)
    for (key, value) in values { self.value(key, value) }
    put(" -->")
  }

  /// A value in a comment; nothing when there is none.
  mutating func value(_ key: StaticString, _ value: String?) {
    guard let value else { return }
    put(" ")
    put(key)
    put("=")
    percentEncode(value)
  }

  /// A line of front matter; nothing when there is no value.
  mutating func yaml(_ key: String, _ value: String?) {
    guard let value else { return }
    append(key)
    append(": ")
    append(MarkdownWriter.quotedYAML(value))
    append("\n")
  }

  /// Markdown text as a block of its own, ended by a blank line.
  mutating func text(_ original: String) {
    var text = VisibleText.file(original)
    text.withUTF8 { content in
      if MarkdownWriter.hasSpecialLine(content) {
        guardedText(content)
      } else {
        self.content.append(content)
        put("\n\n")
      }
    }
  }

  /// Text in a block quote, ended by a blank line.
  mutating func quote(_ original: String) {
    var text = VisibleText.file(original)
    text.withUTF8 { content in
      Lines.forEach(in: content) { line in
        put(line.isEmpty ? ">" : "> ")
        self.content.append(line)
        self.content.append(0x0A)
      }
    }
    content.append(0x0A)
  }

  /// Text between fences that are longer than any run of backticks in it.
  mutating func fence(_ original: String, language: String?) {
    var text = VisibleText.file(original)
    text.withUTF8 { content in
      let fence = String(repeating: "`", count: max(3, MarkdownWriter.longestRun(in: content) + 1))
      append(fence)
      if let language { append(MarkdownWriter.infoString(language)) }
      append("\n")
      Lines.forEach(in: content) { line in
        guardedLine(line, isInFence: true)
        self.content.append(0x0A)
      }
      append(fence)
    }
    append("\n\n")
  }

  // MARK: Lines that would be taken for something else

  private mutating func guardedText(_ content: UnsafeBufferPointer<UInt8>) {
    var scanner = FenceScanner()
    Lines.forEach(in: content) { line in
      let wasOpen = scanner.open != nil
      let event = scanner.take(line)
      guardedLine(line, isInFence: wasOpen || event == .opens)
      self.content.append(0x0A)
    }
    if let open = scanner.open {
      // An open fence would swallow the messages behind it.
      for _ in 0..<open.count { self.content.append(open.mark) }
      put("\n<!-- polylogue:fence-added -->\n")
    }
    self.content.append(0x0A)
  }

  private mutating func guardedLine(_ line: UnsafeBufferPointer<UInt8>, isInFence: Bool) {
    guard let place = GuardedLine.place(of: line, isInFence: isInFence) else {
      content.append(line)
      return
    }
    content.append(UnsafeBufferPointer(rebasing: line[..<place]))
    content.append(UInt8(ascii: "\\"))
    content.append(UnsafeBufferPointer(rebasing: line[place...]))
  }

  /// Whether any line starts with what could be a fence or an HTML block.
  private static func hasSpecialLine(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var start = 0
    while start < bytes.count {
      var first = start
      while first < bytes.count, first < start + 3, bytes[first] == 0x20 { first += 1 }
      if first < bytes.count {
        switch bytes[first] {
        case UInt8(ascii: "`"), UInt8(ascii: "~"), UInt8(ascii: "<"), UInt8(ascii: "\\"):
          return true
        default: break
        }
      }
      guard let end = Lines.lineBreak(in: bytes, from: first) else { return false }
      start = end + 1
    }
    return false
  }

  private static func longestRun(in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var longest = 0
    var index = 0
    while let base = bytes.baseAddress, index < bytes.count,
      let found = memchr(base + index, Int32(UInt8(ascii: "`")), bytes.count - index)
    {
      let start = UnsafeRawPointer(found) - UnsafeRawPointer(base)
      index = start
      while index < bytes.count, bytes[index] == UInt8(ascii: "`") { index += 1 }
      longest = max(longest, index - start)
    }
    return longest
  }

  // MARK: Small forms

  private mutating func percentEncode(_ value: String) {
    var copy = value
    copy.withUTF8 { text in
      if MarkdownWriter.isSafe(text) {
        content.append(text)
        return
      }
      var previous: UInt8 = 0
      for byte in text {
        if MarkdownWriter.isSafe(byte, after: previous) {
          content.append(byte)
        } else {
          content.append(UInt8(ascii: "%"))
          content.append(MarkdownWriter.hexDigit(byte >> 4))
          content.append(MarkdownWriter.hexDigit(byte & 15))
        }
        previous = byte
      }
    }
  }

  /// Whether all bytes stand for themselves. Without a branch in the loop the compiler makes it look
  /// at sixteen at a time.
  private static func isSafe(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let base = text.baseAddress, let first = text.first else { return true }
    var unsafe: UInt8 = isSafe(first, after: 0) ? 0 : 1
    var index = 1
    while index < text.count {
      unsafe |= isSafe(base[index], after: base[index &- 1]) ? 0 : 1
      index &+= 1
    }
    return unsafe == 0
  }

  /// Two hyphens would end or spoil the comment.
  @inline(__always)
  private static func isSafe(_ byte: UInt8, after previous: UInt8) -> Bool {
    let hyphen = UInt8(ascii: "-")
    let isLetter = (byte | 0x20) &- UInt8(ascii: "a") < 26
    // `.`, `/`, the digits and `:` stand in a row.
    let isDigit = byte &- UInt8(ascii: ".") < 13
    let isOther =
      byte == UInt8(ascii: "_") || byte == UInt8(ascii: "@") || byte == UInt8(ascii: "+")
    return isLetter || isDigit || isOther || (byte == hyphen && previous != hyphen)
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
  }

  /// The first word of a language name, made of characters that an info string can hold.
  private static func infoString(_ language: String) -> String {
    String(
      language.unicodeScalars.prefix(40).filter { scalar in
        scalar.isASCII
          && (scalar.properties.isAlphabetic
            || "0123456789+-_.#/".unicodeScalars
              .contains(scalar))
      }.map(Character.init))
  }

  /// Text on one line in which Markdown finds nothing to format.
  static func inline(_ original: String) -> String {
    let text = VisibleText.oneLine(original)
    guard text.utf8.contains(where: isSpecial) else { return text }
    var escaped: [UInt8] = []
    for byte in text.utf8 {
      if isSpecial(byte) { escaped.append(UInt8(ascii: "\\")) }
      escaped.append(byte)
    }
    return String(decoding: escaped, as: UTF8.self)
  }

  private static func isSpecial(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "\\"), UInt8(ascii: "`"), UInt8(ascii: "*"), UInt8(ascii: "_"),
      UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "<"), UInt8(ascii: ">"),
      UInt8(ascii: "#"), UInt8(ascii: "|"), UInt8(ascii: "&"), UInt8(ascii: "~"):
      true
    default: false
    }
  }

  /// A double-quoted YAML scalar (<https://yaml.org/spec/1.2.2/#731-double-quoted-style>).
  static func quotedYAML(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy {
      $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
    }
    if isPlain { return "\"\(text)\"" }
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\t": out += "\\t"
      default:
        let value = scalar.value
        if value < 0x20 || (0x7F...0x9F).contains(value) || VisibleText.isInvisible(scalar) {
          let hex = String(value, radix: 16, uppercase: true)
          let width = value > 0xFFFF ? 8 : 4
          out += value > 0xFFFF ? "\\U" : "\\u"
          out += String(repeating: "0", count: width - hex.utf8.count) + hex
        } else {
          out.unicodeScalars.append(scalar)
        }
      }
    }
    return out + "\""
  }
}
