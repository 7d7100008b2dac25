public import PolylogueModel

/// The name of a rendered conversation's file.
public enum FileName {
  /// A path of tame names: `PROVIDER/YYYY-MM-DD-title-HASH.EXTENSION`, made of
  /// `[A-Za-z0-9_.-]` only, whatever the conversation is called.
  ///
  /// The hash is the id's, so that conversations of one title and day get names of their own, and a
  /// conversation keeps its name as long as its title stays.
  public static func path(
    for header: ConversationHeader, extension suffix: String
  ) -> (folder: String, name: String) {
    let folder = slug(header.id.provider.rawValue, limit: 40) ?? "other"
    let day = header.createdAt?.date.iso ?? "undated"
    let title = header.title.flatMap { slug($0, limit: 60) } ?? "untitled"
    return (folder, "\(day)-\(title)-\(hash(header.id.description)).\(suffix)")
  }

  /// Lower-case ASCII letters and digits of a text, everything between them one hyphen.
  ///
  /// - Returns: nil when nothing is left.
  static func slug(_ text: String, limit: Int) -> String? {
    var out: [UInt8] = []
    var needsHyphen = false
    for byte in text.utf8 {
      let letter: UInt8
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        letter = byte
      case UInt8(ascii: "A")...UInt8(ascii: "Z"):
        letter = byte | 0x20
      default:
        needsHyphen = !out.isEmpty
        continue
      }
      if out.count + (needsHyphen ? 2 : 1) > limit { break }
      if needsHyphen { out.append(UInt8(ascii: "-")) }
      needsHyphen = false
      out.append(letter)
    }
    return out.isEmpty ? nil : String(decoding: out, as: UTF8.self)
  }

  /// Twelve hexadecimal digits of FNV-1a (<http://www.isthe.com/chongo/tech/comp/fnv/>), mixed so
  /// that the kept bits depend on all of them. It tells names apart; it protects nothing.
  private static func hash(_ text: String) -> String {
    var value: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
    value ^= value >> 32
    value = value &* 0x9E37_79B9_7F4A_7C15
    let hex = String(value >> 16, radix: 16)
    return String(repeating: "0", count: 12 - hex.utf8.count) + hex
  }
}
