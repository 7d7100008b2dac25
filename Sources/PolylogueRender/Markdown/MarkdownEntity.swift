/// The characters behind entities.
enum MarkdownEntity {
  /// The character of a number, or of one of the names that conversations hold; others stay as they
  /// are written.
  static func scalar(_ entity: UnsafeBufferPointer<CChar>) -> UInt32? {
    guard entity.count > 2 else { return nil }
    let name = String(
      decoding: UnsafeRawBufferPointer(entity)[1..<(entity.count - 1)], as: UTF8.self)
    switch name {
    case "amp": return 0x26
    case "lt": return 0x3C
    case "gt": return 0x3E
    case "quot": return 0x22
    case "apos": return 0x27
    case "nbsp": return 0xA0
    case "mdash": return 0x2014
    case "ndash": return 0x2013
    case "hellip": return 0x2026
    default: break
    }
    guard name.hasPrefix("#") else { return nil }
    let digits = name.dropFirst()
    let isHexadecimal = digits.hasPrefix("x") || digits.hasPrefix("X")
    let value = isHexadecimal ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
    guard let value, value != 0, Unicode.Scalar(value) != nil else { return nil }
    return value
  }
}
