/// Cuts a query at spaces and quotes.
enum QueryLexer {
  struct Piece {
    /// The text as written, without the sign and the quotes.
    var whole: String
    /// The known filter's name before a colon, in lower case.
    var key: String?
    /// What stands behind the colon, without its quotes.
    var value: String
    var isQuoted: Bool
    var isNegated: Bool

    func isPlain(_ text: String) -> Bool {
      !isQuoted && !isNegated && key == nil && whole.utf8.elementsEqual(text.utf8)
    }
  }

  private static let keys: Set<String> = [
    "provider", "role", "model", "since", "until", "tag", "title", "project", "tool", "has", "is",
    "starred", "in",
  ]
  private static let quote = UInt8(ascii: "\"")

  static func pieces(of bytes: [UInt8]) -> [Piece] {
    var pieces: [Piece] = []
    // Quotes without a partner are punctuation.
    let lastQuote = bytes.lastIndex(of: quote) ?? -1
    var at = 0
    while at < bytes.count {
      if isSpace(bytes[at]) {
        at += 1
        continue
      }
      let negated =
        bytes[at] == UInt8(ascii: "-") && at + 1 < bytes.count && !isSpace(bytes[at + 1])
      if negated { at += 1 }
      pieces.append(piece(bytes, &at, negated, lastQuote))
    }
    return pieces
  }

  private static func piece(
    _ bytes: [UInt8], _ at: inout Int, _ negated: Bool, _ lastQuote: Int
  ) -> Piece {
    if let quoted = quoted(bytes, &at, lastQuote) {
      return Piece(whole: quoted, key: nil, value: "", isQuoted: true, isNegated: negated)
    }
    let start = at
    var colon: Int?
    while at < bytes.count, !isSpace(bytes[at]) {
      if bytes[at] == UInt8(ascii: ":"), colon == nil, at - start <= 8 { colon = at }
      if bytes[at] == quote, at > start, at < lastQuote { break }
      at += 1
    }
    var whole = String(decoding: bytes[start..<at], as: UTF8.self)
    guard let colon else {
      return Piece(whole: whole, key: nil, value: "", isQuoted: false, isNegated: negated)
    }
    let name = String(decoding: bytes[start..<colon], as: UTF8.self).lowercased()
    var value = String(decoding: bytes[(colon + 1)..<at], as: UTF8.self)
    if keys.contains(name), value.isEmpty, let quoted = quoted(bytes, &at, lastQuote) {
      value = quoted
      whole += quoted
    }
    if name == "starred", value.isEmpty { value = "true" }
    return Piece(
      whole: whole, key: keys.contains(name) ? name : nil, value: value, isQuoted: false,
      isNegated: negated)
  }

  /// Reads `"…"`; nil, without moving, when there is none.
  private static func quoted(_ bytes: [UInt8], _ at: inout Int, _ lastQuote: Int) -> String? {
    guard at < bytes.count, bytes[at] == quote, at < lastQuote else { return nil }
    var end = at + 1
    while bytes[end] != quote { end += 1 }
    defer { at = end + 1 }
    return String(decoding: bytes[(at + 1)..<end], as: UTF8.self)
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte <= 32 || byte == 127 }
}
