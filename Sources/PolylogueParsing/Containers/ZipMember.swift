/// What the directory of a ZIP file says about one member. Sizes are what it claims.
public struct ZipMember: Sendable {
  /// Its position in the directory, from 0. Names may occur several times.
  public let index: Int
  /// Its name for people and for telling its role, never to be used as a path: separators and dots
  /// are as they were written; control characters have become U+FFFD.
  public let label: String
  /// The length it inflates to, in bytes.
  public let byteCount: Int64
  /// The length it is stored in, in bytes.
  public let compressedByteCount: Int64
  /// The checksum of its content.
  public let crc32: UInt32
  /// How it is stored: 0 as it is, 8 deflated; others are not supported.
  public let method: Int
  /// The general purpose flags (APPNOTE 4.4.4).
  public let flags: Int
  /// Whether it is a folder.
  public let isDirectory: Bool
  /// Whether it is a symbolic link, a pipe, a device: nothing that can be read.
  public let isSpecial: Bool
  /// Whether it is encrypted.
  public var isEncrypted: Bool { flags & 0x2041 != 0 }
  /// Where its local header begins, not counting bytes in front of the ZIP file proper.
  let headerOffset: Int64
}

extension ZipMember {
  /// A name as text: UTF-8 where it is, otherwise code page 437, ZIP's own (APPNOTE D.1).
  static func label(_ name: UnsafeRawBufferPointer, isUTF8: Bool) -> String {
    let text: String
    if isUTF8 {
      text = String(decoding: name, as: UTF8.self)
    } else if let valid = String(validating: name, as: UTF8.self) {
      text = valid
    } else {
      var scalars = String.UnicodeScalarView()
      for byte in name {
        scalars.append(
          byte < 0x80 ? Unicode.Scalar(byte) : codePage437[Int(byte) - 0x80])
      }
      text = String(scalars)
    }
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    return String(
      String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "\u{FFFD}" : $0 }))
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || 0x7F..<0xA0 ~= scalar.value
  }

  private static let codePage437 = Array(
    """
    ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
    αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}
    """.unicodeScalars)
}
