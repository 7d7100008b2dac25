/// How many columns text takes on a terminal.
enum DisplayWidth {
  /// The columns of a text: East Asian wide characters and emoji take two, marks none.
  static func columns(of text: String) -> Int {
    var columns = 0
    for scalar in text.unicodeScalars { columns += self.columns(of: scalar) }
    return columns
  }

  /// The text cut to fit, with `ellipsis` where something is missing.
  static func fit(_ text: String, columns limit: Int, ellipsis: String = "…") -> String {
    guard limit > 0 else { return "" }
    // A column takes at least one byte unless it is a mark: short texts need no look.
    guard text.utf8.count > limit, columns(of: text) > limit else { return text }
    var out = ""
    var used = 0
    for character in text {
      let size = character.unicodeScalars.reduce(0) { $0 + columns(of: $1) }
      if used + size > limit - columns(of: ellipsis) { break }
      out.append(character)
      used += size
    }
    return out + ellipsis
  }

  /// The text filled up with spaces.
  static func pad(_ text: String, columns width: Int, isNumber: Bool = false) -> String {
    let missing = width - columns(of: text)
    guard missing > 0 else { return text }
    let space = String(repeating: " ", count: missing)
    return isNumber ? space + text : text + space
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
