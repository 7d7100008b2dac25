import Glibc
import PolylogueParsing

/// Takes the inline citation marks out of an answer's text.
///
/// Old marks are `【12†source】` and `:contentReference[oaicite:2]{index=2}`. New ones are spans of
/// private-use characters: U+E200, a kind, U+E202 before each argument, U+E201.
struct ChatGPTMarks {
  /// A mark taken out of the text.
  struct Mark {
    /// Where it stood in the text without marks, in code points.
    var position: Int
    /// Where it began in the original text, in code points.
    var originalPosition: Int
    /// The same in UTF-16 units.
    var originalUTF16: Int
    var kind: String
    var arguments: [String]
    /// The mark as written.
    var raw: String
  }

  private(set) var marks: [Mark] = []
  private var out: [UInt8] = []
  private let source: [UInt8]
  private var place = 0
  private var points = 0
  private var originalPoints = 0
  private var originalUnits = 0

  /// Whether a text may hold marks; cheap enough to be asked of every text.
  static func mayOccur(in text: String) -> Bool {
    let hasPrivate: Bool? = text.utf8.withContiguousStorageIfAvailable { bytes in
      bytes.baseAddress.map { memchr($0, 0xEE, bytes.count) != nil } ?? false
    }
    return hasPrivate ?? true || text.containsBytes("\u{3010}")
      || text.containsBytes(":contentReference[")
  }

  /// Cuts the marks out of a text.
  static func cut(_ text: String) -> (text: String, marks: [Mark]) {
    var reader = ChatGPTMarks(source: Array(text.utf8))
    reader.run()
    guard reader.out.count != reader.source.count else { return (text, []) }
    return (String(decoding: reader.out, as: UTF8.self), reader.marks)
  }

  private init(source: [UInt8]) {
    self.source = source
    out.reserveCapacity(source.count)
  }

  private mutating func run() {
    while place < source.count {
      switch source[place] {
      case 0xEE where isPrivate(place): readPrivate()
      case 0xE3 where matches(place, [0xE3, 0x80, 0x90]): readBracket()
      case UInt8(ascii: ":") where matches(place, ChatGPTMarks.reference):
        readReference()
      default: copy()
      }
    }
  }

  // MARK: Forms

  private mutating func readPrivate() {
    guard matches(place, ChatGPTMarks.open) else { return skip(to: place + 3, mark: nil) }
    var end = place + 3
    while end < source.count, !matches(end, ChatGPTMarks.open), !matches(end, ChatGPTMarks.close) {
      end += 1
    }
    if matches(end, ChatGPTMarks.close) {
      var parts = split(place + 3, end)
      let kind = parts.isEmpty ? "" : parts.removeFirst()
      let visible = ChatGPTMarks.visibleText(kind: kind, arguments: parts)
      skip(to: end + 3, mark: (kind, parts))
      append(visible)
    } else {
      // A cut text: only what can belong to the mark is taken out.
      end = place + 3
      while end < source.count, isWord(source[end]) || isPrivate(end) {
        end += isPrivate(end) ? 3 : 1
      }
      var parts = split(place + 3, end)
      let kind = parts.isEmpty ? "" : parts.removeFirst()
      skip(to: end, mark: (kind, parts))
    }
  }

  /// `【12†source】`, `【4:0†file.pdf】`.
  private mutating func readBracket() {
    var end = place + 3
    let limit = min(source.count, end + 300)
    guard end < limit, source[end] &- 48 < 10 else { return copy() }
    var hasDagger = false
    while end < limit, !matches(end, [0xE3, 0x80, 0x91]), source[end] != 10 {
      if matches(end, [0xE2, 0x80, 0xA0]) { hasDagger = true }
      end += 1
    }
    guard hasDagger, matches(end, [0xE3, 0x80, 0x91]) else { return copy() }
    let inside = String(decoding: source[place + 3..<end], as: UTF8.self)
    skip(to: end + 3, mark: ("cite", [inside]))
  }

  /// `:contentReference[oaicite:2]{index=2}`.
  private mutating func readReference() {
    let limit = min(source.count, place + 80)
    guard let end = source[place..<limit].firstIndex(of: UInt8(ascii: "}")) else { return copy() }
    skip(to: end + 1, mark: ("oaicite", []))
  }

  /// What a mark shows in place of itself: names and link titles, nothing for citations.
  private static func visibleText(kind: String, arguments: [String]) -> String {
    switch kind {
    case "url": return arguments.first ?? ""
    case "entity":
      guard let list = arguments.first else { return "" }
      var reader = JSONReader()
      guard let value = try? reader.parse(Array(list.utf8)) else { return "" }
      let strings = value.elements.map { $0.text ?? "" }
      return strings.count > 1 ? strings[1] : strings.first ?? ""
    default: return ""
    }
  }

  // MARK: Bytes

  private static let reference = Array(":contentReference[oaicite:".utf8)
  private static let open: [UInt8] = [0xEE, 0x88, 0x80]
  private static let close: [UInt8] = [0xEE, 0x88, 0x81]
  private static let separator: [UInt8] = [0xEE, 0x88, 0x82]

  private func matches(_ index: Int, _ bytes: [UInt8]) -> Bool {
    guard index + bytes.count <= source.count else { return false }
    for offset in bytes.indices where source[index + offset] != bytes[offset] { return false }
    return true
  }

  /// Whether one of U+E200…U+E2FF stands here.
  private func isPrivate(_ index: Int) -> Bool {
    index + 2 < source.count && source[index] == 0xEE && (0x88...0x8B).contains(source[index + 1])
  }

  private func isWord(_ byte: UInt8) -> Bool {
    byte &- 48 < 10 || (byte | 32) &- 97 < 26 || byte == UInt8(ascii: "_")
  }

  private func split(_ start: Int, _ end: Int) -> [String] {
    var parts: [String] = []
    var from = start
    var index = start
    while index <= end {
      if index == end || matches(index, ChatGPTMarks.separator) {
        parts.append(String(decoding: source[from..<index], as: UTF8.self))
        from = index + 3
        index += 3
      } else {
        index += 1
      }
    }
    return parts
  }

  private mutating func copy() {
    let byte = source[place]
    out.append(byte)
    if byte & 0xC0 != 0x80 { points += 1 }
    count(byte)
    place += 1
  }

  private mutating func append(_ text: String) {
    out.append(contentsOf: text.utf8)
    points += text.unicodeScalars.count
  }

  private mutating func skip(to end: Int, mark: (kind: String, arguments: [String])?) {
    if let mark {
      marks.append(
        Mark(
          position: points, originalPosition: originalPoints, originalUTF16: originalUnits,
          kind: mark.kind, arguments: mark.arguments,
          raw: String(decoding: source[place..<end], as: UTF8.self)))
    }
    for byte in source[place..<end] { count(byte) }
    place = end
  }

  private mutating func count(_ byte: UInt8) {
    guard byte & 0xC0 != 0x80 else { return }
    originalPoints += 1
    originalUnits += byte >= 0xF0 ? 2 : 1
  }
}
