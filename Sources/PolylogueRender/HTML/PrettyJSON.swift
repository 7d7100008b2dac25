/// Makes JSON, or what looks like it, easier to read. Nothing is checked and nothing is lost.
enum PrettyJSON {
  private static let maximumIndent = 20
  private static let maximumBytes = 256 << 10

  static func looksLikeJSON(_ text: String) -> Bool {
    let first = text.utf8.first { $0 > 0x20 }
    return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
  }

  /// The text with a line for each member, unless it has lines already.
  static func text(_ json: String) -> String {
    guard looksLikeJSON(json), json.utf8.count <= maximumBytes, !json.utf8.contains(0x0A) else {
      return json
    }
    var out: [UInt8] = []
    out.reserveCapacity(json.utf8.count * 5 / 4)
    var depth = 0
    var isInText = false
    var isEscaped = false
    func breakLine() {
      out.append(0x0A)
      out.append(contentsOf: repeatElement(0x20, count: 2 * max(0, min(depth, maximumIndent))))
    }
    for byte in json.utf8 {
      if isInText {
        out.append(byte)
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInText = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        out.append(byte)
        depth += 1
        breakLine()
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        breakLine()
        out.append(byte)
      case UInt8(ascii: ","):
        out.append(byte)
        breakLine()
      case UInt8(ascii: ":"):
        out.append(byte)
        out.append(0x20)
      case 0x20, 0x09: break
      default:
        isInText = byte == UInt8(ascii: "\"")
        out.append(byte)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// The first text among a call's arguments, or their first line: enough to tell calls apart.
  static func gist(of input: String) -> String {
    guard looksLikeJSON(input) else { return firstLine(of: input) }
    let bytes = input.utf8.prefix(2000)
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return firstLine(of: input) }
    let value = bytes[bytes.index(after: colon)...].drop { $0 <= 0x20 }
    guard value.first == UInt8(ascii: "\"") else { return firstLine(of: input) }
    let text = value.dropFirst().prefix { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    return shortened(String(decoding: text, as: UTF8.self))
  }

  /// The first line with something in it, shortened.
  static func firstLine(of text: String) -> String {
    let start = text.utf8.prefix(400).drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A }
    return shortened(String(decoding: start.prefix { $0 != 0x0A }, as: UTF8.self))
  }

  private static func shortened(_ text: String) -> String {
    let limit = 110
    guard text.utf8.count > limit else { return text }
    var end = text.utf8.index(text.startIndex, offsetBy: limit)
    // Not into the middle of a character.
    while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
    return String(text[..<end]) + "…"
  }
}
