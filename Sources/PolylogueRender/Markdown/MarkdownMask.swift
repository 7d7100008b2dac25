import Glibc

/// What Markdown is read from: a text of the same length as the written one, in which what Markdown
/// has no rules for is masked with letters. Places are the same in both, so that what is shown comes
/// from the written text alone.
///
/// Three things are masked. Formulas (`\(…\)`, `\[…\]`, `$…$`, `$$…$$`), as assistants write them:
/// their underscores, asterisks and bars are none of Markdown's. Punctuation of other scripts beside
/// asterisks: CommonMark lets no emphasis end between it and a letter, which texts without blanks
/// between words run into all the time
/// (<https://github.com/commonmark/commonmark-spec/issues/650>). And the colon of link definitions:
/// they would vanish from the page. Addresses are left as they are.
struct MarkdownMask {
  /// How far a formula goes, in bytes; one between single dollars stays on its line besides.
  static let maximumFormula = 4000
  static let maximumDollarFormula = 300

  /// The text with its masks.
  private(set) var bytes: [UInt8] = []
  /// The formulas, delimiters included, from the first to the last.
  private(set) var formulas: [Range<Int>] = []
  /// For each kind of delimiter: none ends a formula before this place, and whether none that began
  /// before it can end behind it.
  private var missing = [(place: Int, isBarrier: Bool)](repeating: (0, false), count: 3)

  /// Masks a text, and forgets the one before.
  ///
  /// - Complexity: O(bytes).
  mutating func take(_ source: UnsafeBufferPointer<UInt8>) {
    bytes.removeAll(keepingCapacity: true)
    bytes.append(contentsOf: source)
    formulas.removeAll(keepingCapacity: true)
    for kind in missing.indices { missing[kind] = (0, false) }
    var searches = "\\$*]<:".utf8.map { ByteSearch($0, in: source) }
    var index = 0
    while true {
      var next = source.count
      for search in searches.indices { next = min(next, searches[search].place(from: index)) }
      guard next < source.count else { return }
      switch source[next] {
      case UInt8(ascii: "*"): index = takeAsterisks(source, next)
      case UInt8(ascii: "]"): index = takeBracket(source, next)
      case UInt8(ascii: "<"): index = BareAddress.angleEnd(source, next) ?? next + 1
      case UInt8(ascii: ":"):
        index = BareAddress.range(in: source, colon: next, from: 0)?.upperBound ?? next + 1
      default: index = takeFormula(source, next)
      }
    }
  }

  /// Passes over a link's address; takes a definition for text.
  private mutating func takeBracket(_ source: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
    guard index + 1 < source.count else { return index + 1 }
    if source[index + 1] == UInt8(ascii: ":") {
      bytes[index + 1] = UInt8(ascii: "x")
      return index + 2
    }
    guard source[index + 1] == UInt8(ascii: "(") else { return index + 1 }
    return BareAddress.destinationEnd(source, index + 2) ?? index + 2
  }

  // MARK: Formulas

  private mutating func takeFormula(_ source: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
    guard index + 1 < source.count else { return index + 1 }
    let isBackslash = source[index] == UInt8(ascii: "\\")
    let end: Int?
    switch source[index + 1] {
    case UInt8(ascii: "(") where isBackslash:
      end = closing(source, index + 2, UInt8(ascii: "\\"), UInt8(ascii: ")"), kind: 0)
    case UInt8(ascii: "[") where isBackslash:
      end = closing(source, index + 2, UInt8(ascii: "\\"), UInt8(ascii: "]"), kind: 1)
    case UInt8(ascii: "$") where !isBackslash:
      end = closing(source, index + 2, UInt8(ascii: "$"), UInt8(ascii: "$"), kind: 2)
    default:
      if isBackslash { return index + 2 }
      end = closingDollar(source, index)
    }
    guard let end else { return index + (isBackslash || source[index + 1] == 0x24 ? 2 : 1) }
    formulas.append(index..<end)
    let isQuoted = MarkdownMask.isQuoted(source, index)
    var isPrefix = false
    for place in index..<end {
      let byte = source[place]
      // The marks of a quote go on in every line of it.
      isPrefix =
        byte == 0x0A ? isQuoted : isPrefix && (byte == 0x20 || byte == UInt8(ascii: ">"))
      if isPrefix || byte == 0x0A || byte == 0x0D { continue }
      bytes[place] = UInt8(ascii: "x")
    }
    return end
  }

  /// Whether the line of a place is one of a quote.
  private static func isQuoted(_ source: UnsafeBufferPointer<UInt8>, _ place: Int) -> Bool {
    var first = place
    let limit = max(0, place - maximumFormula)
    while first > limit, source[first - 1] != 0x0A { first -= 1 }
    while first < place, source[first] == 0x20 { first += 1 }
    return source[first] == UInt8(ascii: ">")
  }

  /// Behind the pair that ends a formula. A blank line, a backtick or a fence ends the search.
  private mutating func closing(
    _ source: UnsafeBufferPointer<UInt8>, _ start: Int, _ first: UInt8, _ second: UInt8, kind: Int
  ) -> Int? {
    if start < missing[kind].place, missing[kind].isBarrier { return nil }
    let limit = min(source.count - 1, start + MarkdownMask.maximumFormula)
    var index = max(start, missing[kind].place)
    var isBlankLine = index > 0 && source[index - 1] == 0x0A
    while index < limit {
      let byte = source[index]
      if byte == first, source[index + 1] == second { return index + 2 }
      let isFence =
        byte == UInt8(ascii: "`") || (byte == UInt8(ascii: "~") && source[index + 1] == byte)
      if isFence || (byte == 0x0A && isBlankLine) {
        missing[kind] = (index + 1, true)
        return nil
      }
      if byte == 0x0A { isBlankLine = true } else if byte > 0x20 { isBlankLine = false }
      // What a backslash protects ends nothing; a line break is not protected.
      index += byte == UInt8(ascii: "\\") && source[index + 1] > 0x20 ? 2 : 1
    }
    missing[kind] = (max(missing[kind].place, index), false)
    return nil
  }

  /// Behind the dollar that ends a formula. Amounts of money and names of variables are none: the
  /// first dollar follows no letter and no address, the last no blank, and is followed by no letter.
  private func closingDollar(_ source: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int? {
    let before = index > 0 ? source[index - 1] : 0x20
    if MarkdownMask.isAlphanumeric(before) || before == UInt8(ascii: "/") { return nil }
    if before == UInt8(ascii: "("), index > 1, source[index - 2] == UInt8(ascii: "]") { return nil }
    guard source[index + 1] > 0x20 else { return nil }
    let limit = min(source.count, index + MarkdownMask.maximumDollarFormula)
    var place = index + 1
    while place < limit, source[place] != 0x0A, source[place] != UInt8(ascii: "`") {
      if source[place] == UInt8(ascii: "$"), source[place - 1] != 0x20 {
        let next = place + 1 < source.count ? source[place + 1] : 0x20
        return MarkdownMask.isAlphanumeric(next) ? nil : place + 1
      }
      place += 1
    }
    return nil
  }

  static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: false
    }
  }

  // MARK: Emphasis

  private mutating func takeAsterisks(_ source: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
    var end = index + 1
    while end < source.count, source[end] == UInt8(ascii: "*") { end += 1 }
    if index >= 3, MarkdownMask.isPunctuation(source, index - 3) { hide(index - 3) }
    if MarkdownMask.isPunctuation(source, end) { hide(end) }
    return end
  }

  /// Whether three bytes are punctuation of another script: U+2010 to U+205E, U+3001 to U+303F or
  /// U+FF01 to U+FF65, where letters and digits of full width lie too, which are none the less.
  static func isPunctuation(
    _ source: UnsafeBufferPointer<UInt8>, _ index: Int
  ) -> Bool {
    guard index + 2 < source.count, source[index] >= 0xE2 else { return false }
    let tail = Int(source[index + 1] & 0x3F) << 6 | Int(source[index + 2] & 0x3F)
    switch source[index] {
    case 0xE2: return (0x10...0x5E).contains(tail)
    case 0xE3: return (0x01...0x3F).contains(tail)
    case 0xEF: return (0xF01...0xF65).contains(tail)
    default: return false
    }
  }

  /// Puts a letter of three bytes, U+4E00, in place.
  private mutating func hide(_ index: Int) {
    bytes[index] = 0xE4
    bytes[index + 1] = 0xB8
    bytes[index + 2] = 0x80
  }
}
