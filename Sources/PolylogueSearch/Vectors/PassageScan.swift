/// Goes through a text character by character, estimates the tokens that a WordPiece vocabulary makes
/// of it, and tells the seams between them.
struct PassageScan {
  /// A place at which a text can be cut, the strongest last.
  enum Seam: Int, CaseIterable, Comparable {
    case space, sentence, line, paragraph, heading

    static func < (left: Seam, right: Seam) -> Bool { left.rawValue < right.rawValue }
  }

  let bytes: UnsafeBufferPointer<UInt8>
  /// The byte that is looked at next.
  private(set) var place: Int
  /// Half tokens so far: a word is one token and more for every few letters, so are digits; each mark
  /// and each character of another script is one.
  private(set) var halfTokens = 0
  /// The seam before ``place``; nil where there is none.
  private(set) var seam: Seam?
  private(set) var isInFence: Bool
  /// The letters or digits of the run that is being read.
  private var letters = 0
  private var digits = 0
  /// Line ends since something else was read.
  private var lineEnds = 0
  private var endsSentence = false

  /// Begins in the text.
  ///
  /// - Parameter isInFence: Whether the place is inside a fenced block of code.
  init(bytes: UnsafeBufferPointer<UInt8>, place: Int, isInFence: Bool) {
    self.bytes = bytes
    self.place = place
    self.isInFence = isInFence
    // A passage begins where a line does, or it is none that matters here.
    if isFence(place) { self.isInFence.toggle() }
  }

  /// Goes behind the next character.
  mutating func advance() {
    let byte = bytes[place]
    let length = PassageScan.length(of: bytes, at: place)
    if lineEnds > 0, isFence(place) { isInFence.toggle() }
    place += length
    seam = nil
    if PassageScan.isSpace(byte) {
      if byte == 0x0A { lineEnds += 1 }
      (letters, digits) = (0, 0)
    } else {
      count(byte, length)
      lineEnds = 0
      endsSentence = PassageScan.endsSentence(bytes, place - length, length)
    }
    seam = seamHere(after: byte, length)
  }

  private mutating func count(_ byte: UInt8, _ length: Int) {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
      // The first token of a word has more letters than those that continue it.
      if letters == 0 || (letters > 6 && letters % 4 == 0) { halfTokens += 2 }
      letters += 1
      digits = 0
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      digits += 1
      halfTokens += digits % 2 == 1 ? 2 : 0
      letters = 0
    case 0..<0x80:
      halfTokens += 2
      (letters, digits) = (0, 0)
    default:
      // Letters with marks and of other alphabets: a token for two; wider characters: one each.
      halfTokens += length == 2 ? 1 : 2
      (letters, digits) = (0, 0)
    }
  }

  private func seamHere(after byte: UInt8, _ length: Int) -> Seam? {
    guard place < bytes.count, !PassageScan.isSpace(bytes[place]) else { return nil }
    guard PassageScan.isSpace(byte) else {
      // Scripts without spaces end sentences with wide marks.
      return endsSentence && length == 3 ? .sentence : nil
    }
    if isInFence { return lineEnds > 0 ? .sentence : .space }
    guard lineEnds > 0 else { return endsSentence ? .sentence : .space }
    if bytes[place] == UInt8(ascii: "#") { return .heading }
    return lineEnds > 1 || isFence(place) ? .paragraph : .line
  }

  private func isFence(_ place: Int) -> Bool {
    guard place + 3 <= bytes.count else { return false }
    let mark = bytes[place]
    return (mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~")) && bytes[place + 1] == mark
      && bytes[place + 2] == mark
  }

  /// Whether a fenced block of code begins at ``place``.
  var beginsFence: Bool { lineEnds > 0 && !isInFence && isFence(place) }

  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  /// The bytes of the character that begins here; broken ones count as one byte.
  private static func length(of bytes: UnsafeBufferPointer<UInt8>, at place: Int) -> Int {
    let length =
      switch bytes[place] {
      case 0xC2...0xDF: 2
      case 0xE0...0xEF: 3
      case 0xF0...0xF4: 4
      default: 1
      }
    return min(length, bytes.count - place)
  }

  /// Full stop, question mark, exclamation mark, and their wide forms.
  private static func endsSentence(
    _ bytes: UnsafeBufferPointer<UInt8>, _ place: Int, _ length: Int
  ) -> Bool {
    switch length {
    case 1: return [0x2E, 0x3F, 0x21].contains(bytes[place])
    case 3:
      let scalar = [bytes[place], bytes[place + 1], bytes[place + 2]]
      return scalar == [0xE3, 0x80, 0x82] || scalar == [0xEF, 0xBC, 0x9F]
        || scalar == [0xEF, 0xBC, 0x81]
    default: return false
    }
  }
}
