/// Makes text from elsewhere safe to look at.
///
/// An archived text may hold bytes that move a terminal's cursor, set its title or clear its screen
/// (control characters, the C1 range included), turn the direction of the text around (bidirectional
/// overrides), or hide in it (characters without width). They are not dropped but shown, so that a
/// reader sees what stands there.
public enum VisibleText {
  /// The text on one line: line breaks and tabs become a space, runs of spaces are kept.
  ///
  /// - Complexity: O(bytes); a text of printable ASCII is returned as it is.
  public static func oneLine(_ text: String) -> String {
    show(text, keepsLines: false, showsFormat: true)
  }

  /// The text with its line breaks and tabs.
  ///
  /// - Complexity: O(bytes); a text of printable ASCII is returned as it is.
  public static func block(_ text: String) -> String {
    show(text, keepsLines: true, showsFormat: true)
  }

  /// The text with control characters shown, and direction marks and zero-width characters left
  /// alone: for files, which a reader opens in a program that knows Unicode.
  public static func file(_ text: String) -> String {
    show(text, keepsLines: true, showsFormat: false)
  }

  private static func show(_ text: String, keepsLines: Bool, showsFormat: Bool) -> String {
    if isPlain(text, keepsLines: keepsLines, showsFormat: showsFormat) { return text }
    var out = String.UnicodeScalarView()
    var previous: Unicode.Scalar?
    let scalars = text.unicodeScalars
    var index = scalars.startIndex
    while index < scalars.endIndex {
      let scalar = scalars[index]
      let next = scalars.index(after: index)
      switch scalar.value {
      case 0x0A, 0x09, 0x0D:
        append(
          scalar, to: &out, keepsLines: keepsLines,
          following: next < scalars.endIndex ? scalars[next] : nil)
      case 0..<0x20:
        append(0x2400 + scalar.value, to: &out)
      case 0x7F:
        append(0x2421, to: &out)
      case 0x80...0x9F:
        out.append(contentsOf: notation(scalar).unicodeScalars)
      default:
        let follower = next < scalars.endIndex ? scalars[next] : nil
        if showsFormat, isInvisible(scalar),
          !isJoiner(scalar, between: previous, and: follower)
        {
          out.append(contentsOf: notation(scalar).unicodeScalars)
        } else {
          out.append(scalar)
        }
      }
      previous = scalar
      index = next
    }
    return String(out)
  }

  /// Whether nothing has to be shown: printable ASCII, or, in files, anything that is no control.
  private static func isPlain(_ text: String, keepsLines: Bool, showsFormat: Bool) -> Bool {
    var copy = text
    return copy.withUTF8 { bytes in
      if !keepsLines { return !contains(bytes) { $0 < 0x20 || $0 >= 0x7F } }
      if showsFormat { return !contains(bytes) { isControl($0) || $0 >= 0x7F } }
      return !contains(bytes) { isControl($0) || $0 == 0x7F || $0 == 0xC2 } || !holdsControl(bytes)
    }
  }

  /// Whether a byte passes; without a branch in its loop the compiler makes it look at sixteen at a
  /// time.
  @inline(__always)
  private static func contains(
    _ bytes: UnsafeBufferPointer<UInt8>, _ isMeant: (UInt8) -> Bool
  ) -> Bool {
    guard let base = bytes.baseAddress else { return false }
    var start = 0
    while start < bytes.count {
      let end = min(start &+ 256, bytes.count)
      var found: UInt8 = 0
      var index = start
      while index < end {
        found |= isMeant(base[index]) ? 1 : 0
        index &+= 1
      }
      if found != 0 { return true }
      start = end
    }
    return false
  }

  /// A control other than a line break or a tab.
  @inline(__always)
  private static func isControl(_ byte: UInt8) -> Bool {
    byte < 0x20 && byte != 0x0A && byte != 0x09
  }

  private static func holdsControl(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    bytes.indices.contains { index in
      let byte = bytes[index]
      // U+0080 to U+009F are C2 80 to C2 9F.
      return isControl(byte) || byte == 0x7F
        || (byte == 0xC2 && index + 1 < bytes.count && bytes[index + 1] < 0xA0)
    }
  }

  private static func append(
    _ scalar: Unicode.Scalar, to out: inout String.UnicodeScalarView, keepsLines: Bool,
    following: Unicode.Scalar?
  ) {
    if scalar == "\r" {
      // A Windows line break is a line break.
      if following == "\n" { return }
      // A carriage return alone would let a line write over itself.
      append(0x240D, to: &out)
    } else {
      out.append(keepsLines ? scalar : " ")
    }
  }

  private static func append(_ value: UInt32, to out: inout String.UnicodeScalarView) {
    if let scalar = Unicode.Scalar(value) { out.append(scalar) }
  }

  private static func notation(_ scalar: Unicode.Scalar) -> String {
    let hex = String(scalar.value, radix: 16, uppercase: true)
    return "<U+" + String(repeating: "0", count: max(0, 4 - hex.utf8.count)) + hex + ">"
  }

  /// Characters that take no room or change the direction of what follows.
  static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B...0x180F, 0x200B...0x200F,
      0x2028...0x202E, 0x2060...0x206F, 0x3164, 0xFE00...0xFE0F, 0xFEFF, 0xFFA0, 0xFFF9...0xFFFB,
      0x1D173...0x1D17A, 0xE0000...0xE0FFF:
      true
    default:
      false
    }
  }

  /// Whether an invisible character does honest work where it stands: a joiner or a variation
  /// selector inside an emoji, a joiner between letters of a script that is written with joiners.
  private static func isJoiner(
    _ scalar: Unicode.Scalar, between previous: Unicode.Scalar?, and next: Unicode.Scalar?
  ) -> Bool {
    guard let previous else { return false }
    switch scalar.value {
    case 0xFE00...0xFE0F:
      return previous.value > 0x22 && !isInvisible(previous)
    case 0x200C, 0x200D:
      guard let next else { return false }
      if scalar.value == 0x200D, isPictorial(previous), isPictorial(next) { return true }
      return usesJoiners(previous) && usesJoiners(next)
    default:
      return false
    }
  }

  private static func isPictorial(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x2190...0x2BFF, 0xFE0F, 0x1F000...0x1FAFF: true
    default: false
    }
  }

  private static func usesJoiners(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0600...0x08FF, 0x0900...0x0DFF, 0x1000...0x109F, 0x1780...0x18AF: true
    default: false
    }
  }
}
