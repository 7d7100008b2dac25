import Glibc

/// The bytes of an HTML document in the making.
///
/// Markup is given as literals (`StaticString`), which archived text can never be; all other text
/// goes through ``text(_:)-(String)``, which escapes it for content and for quoted attributes alike.
struct HTMLWriter {
  private(set) var bytes: [UInt8] = []

  init(capacity: Int) {
    bytes.reserveCapacity(capacity)
  }

  // MARK: Markup

  mutating func markup(_ literal: StaticString) {
    bytes.append(
      contentsOf: UnsafeBufferPointer(
        start: literal.utf8Start, count: literal.utf8CodeUnitCount))
  }

  /// Markup that the program made before: a stylesheet, a checked template.
  mutating func prepared(_ markup: [UInt8]) {
    bytes.append(contentsOf: markup)
  }

  mutating func number(_ value: Int) {
    var rest = value.magnitude
    guard rest >= 10 else {
      if value < 0 { bytes.append(UInt8(ascii: "-")) }
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest))
      return
    }
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    let start = bytes.count
    while rest > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    }
    bytes[start...].reverse()
  }

  // MARK: Text

  mutating func text(_ text: String) {
    var copy = text
    copy.withUTF8 { self.text($0) }
  }

  /// Escapes valid UTF-8.
  ///
  /// Markup characters become entities, control characters their pictures, and characters that turn
  /// the direction of text around or carry hidden text their numbers.
  ///
  /// - Complexity: O(bytes).
  mutating func text(_ text: UnsafeBufferPointer<UInt8>) {
    guard let base = text.baseAddress else { return }
    HTMLWriter.suspects.withUnsafeBufferPointer { table in
      var done = 0
      var index = 0
      while index < text.count {
        let kind = table[Int(text[index])]
        if kind == 0 {
          index += 1
          continue
        }
        let length = HTMLWriter.length(ofSuspect: kind, text, at: index)
        if length == 0 {
          index += 1
          continue
        }
        bytes.append(contentsOf: UnsafeBufferPointer(start: base + done, count: index - done))
        replace(UnsafeBufferPointer(start: base + index, count: length))
        index += length
        done = index
      }
      bytes.append(contentsOf: UnsafeBufferPointer(start: base + done, count: text.count - done))
    }
  }

  /// 1 for what is always replaced, 2 for the first byte of what may be.
  private static let suspects: [UInt8] = {
    var table = [UInt8](repeating: 0, count: 256)
    for byte in 0..<0x20 where byte != 0x0A && byte != 0x09 { table[byte] = 1 }
    for byte in "<>&\"'\u{7F}".utf8 { table[Int(byte)] = 1 }
    for lead in [0xC2, 0xE2, 0xF3] { table[lead] = 2 }
    return table
  }()

  /// How many bytes have to be replaced here; 0 when all is well.
  @inline(__always)
  private static func length(
    ofSuspect kind: UInt8, _ text: UnsafeBufferPointer<UInt8>, at index: Int
  ) -> Int {
    guard index + 1 < text.count else { return kind == 1 ? 1 : 0 }
    let second = text[index + 1]
    // A line break of two characters is one.
    if kind == 1 { return text[index] == 0x0D && second == 0x0A ? 2 : 1 }
    switch text[index] {
    case 0xC2:
      // U+0080 to U+009F, the second half of control characters.
      return second < 0xA0 ? 2 : 0
    case 0xE2:
      guard second == 0x80 || second == 0x81, index + 2 < text.count else { return 0 }
      let third = text[index + 2]
      // U+2028 to U+202E, and U+2066 to U+2069.
      return (second == 0x80 && third >= 0xA8 && third <= 0xAE)
        || (second == 0x81 && third >= 0xA6 && third <= 0xA9) ? 3 : 0
    default:
      // U+E0000 to U+E0FFF: tags and selectors, which show nothing and can say anything.
      return second == 0xA0 && index + 3 < text.count ? 4 : 0
    }
  }

  private mutating func replace(_ suspect: UnsafeBufferPointer<UInt8>) {
    switch suspect[0] {
    case UInt8(ascii: "<"): markup("&lt;")
    case UInt8(ascii: ">"): markup("&gt;")
    case UInt8(ascii: "&"): markup("&amp;")
    case UInt8(ascii: "\""): markup("&quot;")
    case UInt8(ascii: "'"): markup("&#39;")
    case 0x0D: bytes.append(0x0A)
    case 0..<0x20:
      // The control pictures, U+2400 on.
      bytes.append(0xE2)
      bytes.append(0x90)
      bytes.append(0x80 | suspect[0])
    case 0x7F: markup("\u{2421}")
    default:
      let scalar = String(decoding: suspect, as: UTF8.self).unicodeScalars.first?.value ?? 0
      markup("‹U+")
      bytes.append(contentsOf: String(scalar, radix: 16, uppercase: true).utf8)
      markup("›")
    }
  }

  /// One character.
  mutating func character(_ value: UInt32) {
    guard let scalar = Unicode.Scalar(value) else { return }
    text(String(Character(scalar)))
  }
}
