/// A JSON document to be printed.
///
/// Members keep their order. What a terminal would act upon is escaped, control characters of the
/// C1 range and direction marks included, so that a document is safe to look at too.
enum JSON {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSON])
  case object([(key: String, value: JSON)])
  /// JSON text that is a value already.
  case text(String)

  static func string(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
  static func integer(_ value: Int) -> JSON { .integer(Int64(value)) }
  static func strings(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }
  static func text(_ json: String?) -> JSON { json.map { .text($0) } ?? .null }

  /// Seconds to the millisecond.
  static func seconds(_ value: Double) -> JSON {
    value.isFinite ? .number((value * 1000).rounded() / 1000) : .null
  }

  /// The document on one line, without a line break behind it.
  var bytes: [UInt8] {
    var out: [UInt8] = []
    write(into: &out)
    return out
  }

  /// Appends the document. Nesting is as deep as our own documents are.
  func write(into out: inout [UInt8]) {
    switch self {
    case .null: out.append(contentsOf: "null".utf8)
    case .bool(let value): out.append(contentsOf: (value ? "true" : "false").utf8)
    case .integer(let value): out.append(contentsOf: String(value).utf8)
    case .number(let value):
      out.append(contentsOf: (value.isFinite ? String(value) : "null").utf8)
    case .string(let text): JSON.quote(text, into: &out)
    case .array(let elements):
      out.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        element.write(into: &out)
      }
      out.append(UInt8(ascii: "]"))
    case .object(let members):
      out.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        JSON.quote(member.key, into: &out)
        out.append(UInt8(ascii: ":"))
        member.value.write(into: &out)
      }
      out.append(UInt8(ascii: "}"))
    case .text(let text): JSON.copy(text, into: &out)
    }
  }

  private static func quote(_ text: String, into out: inout [UInt8]) {
    out.append(UInt8(ascii: "\""))
    var copy = text
    copy.withUTF8 { bytes in
      var done = 0
      var index = 0
      while index < bytes.count {
        guard isRemarkable(bytes[index]), let escaped = escaped(bytes, at: index) else {
          index += 1
          continue
        }
        out.append(contentsOf: bytes[done..<index])
        escape(escaped.value, into: &out)
        index += escaped.length
        done = index
      }
      out.append(contentsOf: bytes[done...])
    }
    out.append(UInt8(ascii: "\""))
  }

  /// Whether a byte may have to be written as an escape.
  @inline(__always)
  private static func isRemarkable(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0x7F || byte == 0xC2 || byte == 0xE2
  }

  /// A character of a string that is written as an escape.
  private static func escaped(
    _ bytes: UnsafeBufferPointer<UInt8>, at index: Int
  ) -> (value: UInt32, length: Int)? {
    let byte = bytes[index]
    if byte == 0x22 || byte == 0x5C { return (UInt32(byte), 1) }
    return special(bytes, at: index)
  }

  /// Copies JSON text, its line breaks made spaces (they can only stand between values).
  private static func copy(_ text: String, into out: inout [UInt8]) {
    var copy = text
    copy.withUTF8 { bytes in
      var index = 0
      while index < bytes.count {
        let byte = bytes[index]
        if byte == 0x0A || byte == 0x0D || byte == 0x09 {
          out.append(0x20)
          index += 1
        } else if let special = special(bytes, at: index) {
          escape(special.value, into: &out)
          index += special.length
        } else {
          out.append(byte)
          index += 1
        }
      }
    }
  }

  /// A character that is written as an escape: controls, line separators, direction marks.
  private static func special(
    _ bytes: UnsafeBufferPointer<UInt8>, at index: Int
  ) -> (value: UInt32, length: Int)? {
    let byte = bytes[index]
    if byte < 0x20 || byte == 0x7F { return (UInt32(byte), 1) }
    if byte == 0xC2, index + 1 < bytes.count, bytes[index + 1] < 0xA0 {
      return (UInt32(bytes[index + 1]), 2)
    }
    guard byte == 0xE2, index + 2 < bytes.count else { return nil }
    let value = 0x2000 | UInt32(bytes[index + 1] & 0x3F) << 6 | UInt32(bytes[index + 2] & 0x3F)
    switch value {
    case 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: return (value, 3)
    default: return nil
    }
  }

  private static func escape(_ value: UInt32, into out: inout [UInt8]) {
    switch value {
    case 0x22: return out.append(contentsOf: "\\\"".utf8)
    case 0x5C: return out.append(contentsOf: "\\\\".utf8)
    case 0x0A: return out.append(contentsOf: "\\n".utf8)
    case 0x0D: return out.append(contentsOf: "\\r".utf8)
    case 0x09: return out.append(contentsOf: "\\t".utf8)
    default: break
    }
    let hex = String(value, radix: 16)
    out.append(contentsOf: "\\u".utf8)
    out.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 4 - hex.utf8.count))
    out.append(contentsOf: hex.utf8)
  }
}
