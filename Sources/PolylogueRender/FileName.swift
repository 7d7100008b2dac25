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

  /// The folder beside rendered conversations that their attachments' files stand in.
  public static let attachmentFolder = "attachments"

  /// A tame name for an attachment's file: `HASH-name.extension`, whatever the attachment is called.
  ///
  /// The hash is that of the bytes, so that equal files of one name are one file, and a name says
  /// what stands in it.
  ///
  /// - Returns: nil when the archive has no bytes for it.
  public static func attachment(_ attachment: Attachment) -> String? {
    guard let stored = attachment.stored else { return nil }
    let name = attachment.name ?? ""
    // What stands before the last slash or backslash is somebody's folder.
    let base =
      name.utf8.split(omittingEmptySubsequences: true) {
        $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\")
      }.last.map { String(Substring($0)) } ?? ""
    let dot = base.utf8.lastIndex(of: UInt8(ascii: "."))
    let stem = slug(dot.map { String(base[..<$0]) } ?? base, limit: 60) ?? "attachment"
    let stated = dot.flatMap { slug(String(base[$0...]), limit: 12) }
    let suffix = stated ?? suffix(ofMediaType: attachment.mediaType) ?? "bin"
    return "\(stored.sha256.prefix(12))-\(stem).\(suffix)"
  }

  /// Whether a file of this name is a picture that can be shown in a page. SVG is none: it can hold
  /// programs.
  static func isPicture(_ name: String) -> Bool {
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return false }
    return ["png", "jpg", "jpeg", "gif", "webp"].contains(
      String(name[name.utf8.index(after: dot)...]))
  }

  /// The extension for files whose name has none.
  private static func suffix(ofMediaType type: String?) -> String? {
    switch type?.lowercased() {
    case "image/png": "png"
    case "image/jpeg": "jpg"
    case "image/gif": "gif"
    case "image/webp": "webp"
    case "application/pdf": "pdf"
    case "text/plain": "txt"
    case "text/csv": "csv"
    case "application/json": "json"
    default: nil
    }
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
  static func hash(_ text: String) -> String {
    var value: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
    value ^= value >> 32
    value = value &* 0x9E37_79B9_7F4A_7C15
    let hex = String(value >> 16, radix: 16)
    return String(repeating: "0", count: 12 - hex.utf8.count) + hex
  }
}
