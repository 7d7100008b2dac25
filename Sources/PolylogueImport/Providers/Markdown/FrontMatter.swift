/// The YAML at the head of a Markdown file: keys with texts or lists of texts.
///
/// Reads the part of YAML (<https://yaml.org/spec/1.2.2/>) that such heads use: plain and quoted
/// scalars on one line, lists in brackets or line by line. What is nested deeper is passed over.
struct FrontMatter {
  /// One key.
  struct Field {
    var key: String
    var values: [String]
    var isList: Bool
    /// The line it stands in, from 0.
    var line: Int
  }

  private(set) var fields: [Field] = []
  /// The line behind the head.
  private(set) var end = 0

  /// Reads the head; nil when the text does not begin with one that is closed.
  init?(_ text: MarkdownText) {
    guard text.count > 1, FrontMatter.isFence(text[0]) else { return nil }
    for number in 1..<text.count {
      if FrontMatter.isFence(text[number]) || text[number].elementsEqual("...".utf8) {
        end = number + 1
        return
      }
      take(text[number], number)
    }
    return nil
  }

  /// The text of a key; nil when it is absent, empty or null.
  subscript(key: String) -> String? {
    guard let field = fields.first(where: { $0.key == key }), !field.isList,
      let value = field.values.first, !value.isEmpty
    else { return nil }
    return value
  }

  /// The line of a key, from 0; the first one when it is absent.
  func line(of key: String) -> Int { fields.first { $0.key == key }?.line ?? 0 }

  private static func isFence(_ line: ArraySlice<UInt8>) -> Bool {
    var line = line
    while line.last == 0x20 { line = line.dropLast() }
    return line.elementsEqual("---".utf8)
  }

  private mutating func take(_ line: ArraySlice<UInt8>, _ number: Int) {
    let content = line.drop { $0 == 0x20 || $0 == 0x09 }
    if content.starts(with: "- ".utf8) {
      // An item of the list that the last key has begun.
      guard let last = fields.indices.last, fields[last].isList || fields[last].values.isEmpty
      else { return }
      fields[last].isList = true
      fields[last].values += FrontMatter.scalar(content.dropFirst(2)).map { [$0] } ?? []
      return
    }
    guard content.startIndex == line.startIndex, content.first != UInt8(ascii: "#"),
      let colon = content.firstIndex(of: UInt8(ascii: ":")), colon > content.startIndex
    else { return }
    let key = String(decoding: content[..<colon], as: UTF8.self)
    let value = content[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
    var field = Field(key: key, values: [], isList: false, line: number)
    if value.first == UInt8(ascii: "[") {
      field.isList = true
      field.values = FrontMatter.list(value.dropFirst())
    } else if let scalar = FrontMatter.scalar(value) {
      field.values = [scalar]
    }
    fields.append(field)
  }

  private static func list(_ text: ArraySlice<UInt8>) -> [String] {
    var values: [String] = []
    var rest = text
    while true {
      rest = rest.drop { $0 == 0x20 || $0 == UInt8(ascii: ",") }
      guard let first = rest.first, first != UInt8(ascii: "]") else { return values }
      if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") {
        let (value, end) = quoted(rest)
        values.append(value)
        rest = rest[end...]
      } else {
        let end =
          rest.firstIndex { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "]") } ?? rest.endIndex
        if let value = scalar(rest[..<end]) { values.append(value) }
        rest = rest[end...]
      }
    }
  }

  /// A scalar on one line; nil when there is none.
  private static func scalar(_ text: ArraySlice<UInt8>) -> String? {
    var text = text.drop { $0 == 0x20 || $0 == 0x09 }
    guard let first = text.first else { return nil }
    if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") { return quoted(text).value }
    // A comment begins behind a space.
    var previous: UInt8 = 0
    if let comment = text.firstIndex(where: { byte in
      defer { previous = byte }
      return byte == UInt8(ascii: "#") && previous == 0x20
    }) {
      text = text[..<comment]
    }
    while let last = text.last, last == 0x20 || last == 0x09 { text = text.dropLast() }
    let value = String(decoding: text, as: UTF8.self)
    return ["null", "~", ""].contains(value) ? nil : value
  }

  /// The text in quotes at the start, and the index behind them.
  private static func quoted(_ text: ArraySlice<UInt8>) -> (value: String, end: Int) {
    let quote = text[text.startIndex]
    var out: [UInt8] = []
    var index = text.startIndex + 1
    while index < text.endIndex {
      let byte = text[index]
      index += 1
      if byte == quote {
        guard quote == UInt8(ascii: "'"), index < text.endIndex, text[index] == quote else {
          break
        }
        out.append(quote)
        index += 1
      } else if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\""), index < text.endIndex {
        index = unescape(text, at: index, into: &out)
      } else {
        out.append(byte)
      }
    }
    return (String(decoding: out, as: UTF8.self), index)
  }

  /// What an escape stands for (<https://yaml.org/spec/1.2.2/#57-escaped-characters>).
  ///
  /// - Returns: The index behind it.
  private static func unescape(
    _ text: ArraySlice<UInt8>, at index: Int, into out: inout [UInt8]
  ) -> Int {
    let digits: Int
    switch text[index] {
    case UInt8(ascii: "n"): out.append(0x0A)
    case UInt8(ascii: "t"): out.append(0x09)
    case UInt8(ascii: "r"): out.append(0x0D)
    case UInt8(ascii: "0"): out.append(0)
    case UInt8(ascii: "e"): out.append(0x1B)
    case UInt8(ascii: "x"), UInt8(ascii: "u"), UInt8(ascii: "U"):
      digits = text[index] == UInt8(ascii: "x") ? 2 : text[index] == UInt8(ascii: "u") ? 4 : 8
      let end = min(index + 1 + digits, text.endIndex)
      let hex = String(decoding: text[(index + 1)..<end], as: UTF8.self)
      let scalar = UInt32(hex, radix: 16).flatMap(Unicode.Scalar.init) ?? "\u{FFFD}"
      out.append(contentsOf: String(Character(scalar)).utf8)
      return end
    default: out.append(text[index])
    }
    return index + 1
  }
}
