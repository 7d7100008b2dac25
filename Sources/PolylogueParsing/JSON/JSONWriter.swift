/// Writes one JSON text, compact, in the order of the calls.
///
///     var writer = JSONWriter()
///     writer.beginObject()
///     writer.key("title")
///     writer.value("Tea")
///     writer.endObject()
///     writer.text  // {"title":"Tea"}
public struct JSONWriter {
  private var bytes: [UInt8] = []
  private var needsComma = false

  /// A writer of an empty text.
  public init() {}

  /// What was written so far.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// What was written so far, as UTF-8.
  public var utf8: [UInt8] { bytes }

  /// Opens an object.
  public mutating func beginObject() { open("{") }

  /// Closes the innermost object.
  public mutating func endObject() { close("}") }

  /// Opens an array.
  public mutating func beginArray() { open("[") }

  /// Closes the innermost array.
  public mutating func endArray() { close("]") }

  /// Writes the key of a member; its value must follow.
  public mutating func key(_ key: String) {
    separate()
    JSONWriter.quote(key, into: &bytes)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// Writes a string, or null.
  public mutating func value(_ value: String?) {
    guard let value else { return null() }
    separate()
    JSONWriter.quote(value, into: &bytes)
  }

  /// Writes a whole number, or null.
  public mutating func value(_ value: (some BinaryInteger)?) {
    raw(value.map { "\($0)" } ?? "null")
  }

  /// Writes a number by its shortest form that reads back the same; null for what is not finite.
  public mutating func value(_ value: Double?) {
    guard let value, value.isFinite else { return null() }
    raw("\(value)")
  }

  /// Writes a truth value, or null.
  public mutating func value(_ value: Bool?) {
    raw(value.map { $0 ? "true" : "false" } ?? "null")
  }

  /// Writes a value that was read, repaired where it has to be.
  public mutating func value(_ value: JSONValue) { raw(value.json) }

  /// Writes null.
  public mutating func null() { raw("null") }

  /// Writes text that is JSON already.
  public mutating func raw(_ json: String) {
    separate()
    bytes.append(contentsOf: json.utf8)
  }

  /// A string as a JSON text, quotes included.
  public static func quoted(_ text: String) -> String {
    var bytes: [UInt8] = []
    quote(text, into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  private mutating func open(_ bracket: Unicode.Scalar) {
    separate()
    bytes.append(UInt8(ascii: bracket))
    needsComma = false
  }

  private mutating func close(_ bracket: Unicode.Scalar) {
    bytes.append(UInt8(ascii: bracket))
    needsComma = true
  }

  private static func quote(_ text: String, into bytes: inout [UInt8]) {
    var text = text
    bytes.append(UInt8(ascii: "\""))
    text.withUTF8 { utf8 in
      var start = 0
      for (place, byte) in utf8.enumerated() where needsEscape(byte) {
        bytes.append(contentsOf: utf8[start..<place])
        escape(byte, into: &bytes)
        start = place + 1
      }
      bytes.append(contentsOf: utf8[start...])
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  private static func escape(_ byte: UInt8, into bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\n"): bytes.append(UInt8(ascii: "n"))
    case UInt8(ascii: "\r"): bytes.append(UInt8(ascii: "r"))
    case UInt8(ascii: "\t"): bytes.append(UInt8(ascii: "t"))
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
    default:
      let digits: StaticString = "0123456789abcdef"
      bytes.append(contentsOf: [UInt8(ascii: "u"), UInt8(ascii: "0"), UInt8(ascii: "0")])
      bytes.append(digits.utf8Start[Int(byte >> 4)])
      bytes.append(digits.utf8Start[Int(byte & 15)])
    }
  }
}
