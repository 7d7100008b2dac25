/// How many columns text takes on a terminal.
enum DisplayWidth {
  /// The columns of a text: East Asian wide characters and emoji take two, marks none.
  static func columns(of text: String) -> Int {
    var columns = 0
    for scalar in text.unicodeScalars { columns += self.columns(of: scalar) }
    return columns
  }

  /// The text cut to fit, with `…` where something is missing.
  ///
  /// - Parameter keepsEnd: Whether the beginning is cut instead of the end.
  static func fit(_ text: String, columns limit: Int, keepsEnd: Bool = false) -> String {
    guard limit > 0 else { return "" }
    // A column takes at least one byte unless it is a mark: short texts need no look.
    guard text.utf8.count > limit, columns(of: text) > limit else { return text }
    var kept: [Character] = []
    var used = 0
    for character in keepsEnd ? Array(text.reversed()) : Array(text) {
      let size = character.unicodeScalars.reduce(0) { $0 + columns(of: $1) }
      if used + size > limit - 1 { break }
      kept.append(character)
      used += size
    }
    return keepsEnd ? "…" + String(kept.reversed()) : String(kept) + "…"
  }

  /// The text filled up with spaces.
  static func pad(_ text: String, columns width: Int, isNumber: Bool = false) -> String {
    let missing = width - columns(of: text)
    guard missing > 0 else { return text }
    let space = String(repeating: " ", count: missing)
    return isNumber ? space + text : text + space
  }

  /// The text broken at spaces into lines that fit, at any character where a word is too long. The
  /// lines joined by spaces, or by nothing within a word, say the same.
  ///
  /// - Parameter columns: What to fit in; nil where nothing is broken.
  static func wrap(_ text: String, columns limit: Int?) -> [String] {
    guard let limit, limit > 8, text.utf8.count > limit, columns(of: text) > limit else {
      return [text]
    }
    var lines: [String] = []
    var line: [Character] = []
    var used = 0
    var space: Int?
    for character in text {
      let size = character.unicodeScalars.reduce(0) { $0 + columns(of: $1) }
      if used + size > limit {
        // A space that does not fit ends the line and is the break.
        let end = character == " " ? line.count : space ?? line.count
        let rest = line[min(end + (space == end ? 1 : 0), line.count)...]
        lines.append(String(line[..<end]))
        line = Array(rest)
        used = columns(of: String(line))
        space = nil
        if character == " " { continue }
      }
      // Spaces that begin a line are its indentation, no place to break.
      if character == " ", line.contains(where: { $0 != " " }) { space = line.count }
      line.append(character)
      used += size
    }
    return lines + [String(line)]
  }

  private static func columns(of scalar: Unicode.Scalar) -> Int {
    let value = scalar.value
    if value < 0x300 { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    // The blocks of UAX #11 that are wide or full-width (<https://www.unicode.org/reports/tr11/>).
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
      0xA000...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
      0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF,
      0x1FA70...0x1FAFF, 0x20000...0x3FFFD:
      return 2
    default:
      return scalar.properties.isEmojiPresentation ? 2 : 1
    }
  }
}
