import Glibc

/// What Markdown is read from: a text of the same length as the written one, in which what Markdown
/// has no rules for is masked with letters. Places are the same in both, so that what is shown comes
/// from the written text alone.
///
/// Two things are masked. Formulas (`\(…\)`, `\[…\]`, `$…$`, `$$…$$`), as assistants write them:
/// their underscores, asterisks and bars are none of Markdown's. And punctuation of other scripts
/// beside asterisks: CommonMark lets no emphasis end between it and a letter, which texts without
/// blanks between words run into all the time (<https://github.com/commonmark/commonmark-spec/issues/650>).
struct MarkdownMask {
  /// How far a formula goes, in bytes; one between single dollars stays on its line besides.
  static let maximumFormula = 4000
  static let maximumDollarFormula = 300

  /// The text with its masks.
  private(set) var bytes: [UInt8] = []
  /// The formulas, delimiters included, from the first to the last.
  private(set) var formulas: [Range<Int>] = []
  /// For each kind of delimiter: none ends a formula before this place.
  private var missing = [Int](repeating: 0, count: 3)

  /// Masks a text, and forgets the one before.
  ///
  /// - Complexity: O(bytes).
  mutating func take(_ source: UnsafeBufferPointer<UInt8>) {
    bytes.removeAll(keepingCapacity: true)
    bytes.append(contentsOf: source)
    formulas.removeAll(keepingCapacity: true)
    for kind in missing.indices { missing[kind] = 0 }
    var backslashes = ByteSearch(UInt8(ascii: "\\"), in: source)
    var dollars = ByteSearch(UInt8(ascii: "$"), in: source)
    var asterisks = ByteSearch(UInt8(ascii: "*"), in: source)
    var index = 0
    while true {
      let asterisk = asterisks.place(from: index)
      index = min(backslashes.place(from: index), dollars.place(from: index), asterisk)
      guard index < source.count else { return }
      index =
        index == asterisk ? takeAsterisks(source, index) : takeFormula(source, index)
    }
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
    for place in index..<end where bytes[place] != 0x0A && bytes[place] != 0x0D {
      bytes[place] = UInt8(ascii: "x")
    }
    return end
  }

  /// Behind the pair that ends a formula. A blank line or a backtick ends the search.
  private mutating func closing(
    _ source: UnsafeBufferPointer<UInt8>, _ start: Int, _ first: UInt8, _ second: UInt8, kind: Int
  ) -> Int? {
    let limit = min(source.count - 1, start + MarkdownMask.maximumFormula)
    var index = max(start, missing[kind])
    var isBlankLine = false
    while index < limit {
      let byte = source[index]
      if byte == first, source[index + 1] == second { return index + 2 }
      if byte == UInt8(ascii: "`") || (byte == 0x0A && isBlankLine) { break }
      if byte == 0x0A { isBlankLine = true } else if byte > 0x20 { isBlankLine = false }
      // What a backslash protects ends nothing; a line break is not protected.
      index += byte == UInt8(ascii: "\\") && source[index + 1] > 0x20 ? 2 : 1
    }
    missing[kind] = max(missing[kind], index)
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
  private static func isPunctuation(
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

/// Finds the places of a byte, one after the other.
struct ByteSearch {
  private let byte: UInt8
  private let source: UnsafeBufferPointer<UInt8>
  private var found: Int

  init(_ byte: UInt8, in source: UnsafeBufferPointer<UInt8>) {
    self.byte = byte
    self.source = source
    found = -1
  }

  /// The first place that is not before another; the count of the bytes when there is none.
  mutating func place(from start: Int) -> Int {
    if found >= start { return found }
    guard let base = source.baseAddress, start < source.count,
      let next = memchr(base + start, CInt(byte), source.count - start)
    else {
      found = source.count
      return found
    }
    found = UnsafeRawPointer(next) - UnsafeRawPointer(base)
    return found
  }
}
