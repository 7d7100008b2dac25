/// What a file may call a provider: the name becomes a part of ids, queries and file names.
enum ProviderName {
  /// The form in words.
  static let form = "1 to 64 lower-case letters, digits, '-' and '_'"
  private static let limit = 64

  /// Whether a name has that form.
  static func isWellFormed(_ name: String) -> Bool {
    (1...limit).contains(name.utf8.count) && name.utf8.allSatisfy(isAllowed)
  }

  /// A name in that form for what a person may have written; nil when nothing of it is left.
  static func made(of text: String) -> String? {
    var bytes: [UInt8] = []
    for byte in text.lowercased().utf8 {
      if isAllowed(byte) {
        bytes.append(byte)
      } else if bytes.last.map({ $0 != hyphen }) ?? false {
        bytes.append(hyphen)
      }
    }
    bytes = Array(bytes.prefix(limit))
    while bytes.last == hyphen { bytes.removeLast() }
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }

  private static let hyphen = UInt8(ascii: "-")

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case 97...122, 48...57, hyphen, UInt8(ascii: "_"): true
    default: false
    }
  }
}
