/// Character references of HTML.
enum HTMLEntities {
  /// The longest name that is looked up, and the most digits.
  private static let lengthLimit = 10

  /// Replaces references that are known; anything else stays as it is.
  static func decode(_ bytes: ArraySlice<UInt8>) -> String {
    guard bytes.contains(UInt8(ascii: "&")) else { return String(decoding: bytes, as: UTF8.self) }
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var index = bytes.startIndex
    while index < bytes.endIndex {
      if bytes[index] == UInt8(ascii: "&"), let (scalar, end) = reference(in: bytes, at: index) {
        out.append(contentsOf: String(Character(scalar)).utf8)
        index = end
      } else {
        out.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// Replaces references that are known.
  static func decode(_ text: String) -> String { decode(Array(text.utf8)[...]) }

  /// Whether a plain text has been through an HTML encoder: it holds a reference that nobody types.
  static func isEncoded(_ text: String) -> Bool {
    text.containsBytes("&#39;") || text.containsBytes("&quot;") || text.containsBytes("&#34;")
  }

  private static func reference(
    in bytes: ArraySlice<UInt8>, at start: Int
  ) -> (Unicode.Scalar, end: Int)? {
    var end = start + 1
    while end < bytes.endIndex, end - start <= lengthLimit, bytes[end] != UInt8(ascii: ";") {
      end += 1
    }
    guard end < bytes.endIndex, bytes[end] == UInt8(ascii: ";") else { return nil }
    let name = bytes[(start + 1)..<end]
    guard name.first == UInt8(ascii: "#") else {
      return names[String(decoding: name, as: UTF8.self)].map { ($0, end + 1) }
    }
    let digits = name.dropFirst()
    let isHex = digits.first.map { $0 | 0x20 == UInt8(ascii: "x") } ?? false
    let text = String(decoding: isHex ? digits.dropFirst() : digits, as: UTF8.self)
    guard let code = UInt32(text, radix: isHex ? 16 : 10), code != 0,
      let scalar = Unicode.Scalar(code)
    else { return nil }
    return (scalar, end + 1)
  }

  private static let names: [String: Unicode.Scalar] = [
    "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{A0}",
    "ensp": "\u{2002}", "emsp": "\u{2003}", "thinsp": "\u{2009}", "shy": "\u{AD}",
    "ndash": "–", "mdash": "—", "hellip": "…", "lsquo": "‘", "rsquo": "’", "sbquo": "‚",
    "ldquo": "“", "rdquo": "”", "bdquo": "„", "laquo": "«", "raquo": "»", "lsaquo": "‹",
    "rsaquo": "›", "bull": "•", "middot": "·", "deg": "°", "plusmn": "±", "times": "×",
    "divide": "÷", "micro": "µ", "para": "¶", "sect": "§", "copy": "©", "reg": "®", "trade": "™",
    "euro": "€", "pound": "£", "yen": "¥", "cent": "¢", "frac12": "½", "frac14": "¼",
    "frac34": "¾", "sup2": "²", "sup3": "³", "iexcl": "¡", "iquest": "¿", "larr": "←",
    "rarr": "→", "uarr": "↑", "darr": "↓", "le": "≤", "ge": "≥", "ne": "≠", "infin": "∞",
    "sum": "∑", "radic": "√", "asymp": "≈", "pi": "π", "alpha": "α", "beta": "β", "gamma": "γ",
    "delta": "δ", "lambda": "λ", "mu": "μ", "sigma": "σ", "omega": "ω", "Omega": "Ω",
    "auml": "ä", "ouml": "ö", "uuml": "ü", "Auml": "Ä", "Ouml": "Ö", "Uuml": "Ü", "szlig": "ß",
    "eacute": "é", "egrave": "è", "ecirc": "ê", "agrave": "à", "acirc": "â", "ccedil": "ç",
    "ocirc": "ô", "ucirc": "û", "ugrave": "ù", "icirc": "î", "iuml": "ï", "aacute": "á",
    "iacute": "í", "oacute": "ó", "uacute": "ú", "ntilde": "ñ", "aring": "å", "Aring": "Å",
    "aelig": "æ", "oslash": "ø", "zwnj": "\u{200C}", "zwj": "\u{200D}", "lrm": "\u{200E}",
    "rlm": "\u{200F}", "check": "✓", "star": "☆", "hearts": "♥",
  ]
}
