/// What can be told of inline forms by looking ahead.
enum InlineScanner {
  /// ASCII punctuation; other punctuation counts as letters, which lets emphasis stand beside it.
  static func isPunctuation(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
    default: false
    }
  }

  static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: false
    }
  }

  /// How many bytes like the first stand here.
  static func run(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
    var end = index + 1
    while end < bytes.count, bytes[end] == bytes[index] { end += 1 }
    return end - index
  }

  /// What `<`, `&` or `:` begins or belongs to.
  static func mark(
    _ bytes: UnsafeBufferPointer<UInt8>, _ index: Int, first: Int
  ) -> InlineParser.Mark? {
    switch bytes[index] {
    case UInt8(ascii: "<"): angle(bytes, index)
    case UInt8(ascii: "&"): entity(bytes, index)
    default: bareAddress(bytes, colon: index, first: first)
    }
  }

  // MARK: Addresses

  /// The parenthesis behind a link's label: `(ADDRESS "title")`. The title is left out.
  static func target(
    _ bytes: UnsafeBufferPointer<UInt8>, _ index: Int
  ) -> (address: Span, end: Int)? {
    guard index < bytes.count, bytes[index] == UInt8(ascii: "(") else { return nil }
    let limit = min(bytes.count, index + InlineParser.maximumAddress)
    var place = skipBlanks(bytes, index + 1, limit)
    let address: Span
    if place < limit, bytes[place] == UInt8(ascii: "<") {
      let start = place + 1
      place = start
      while place < limit, bytes[place] != UInt8(ascii: ">"), bytes[place] != UInt8(ascii: "<"),
        bytes[place] != 0x0A
      {
        place += 1
      }
      guard place < limit, bytes[place] == UInt8(ascii: ">") else { return nil }
      address = Span(start, place)
      place += 1
    } else {
      let start = place
      var depth = 0
      while place < limit, bytes[place] > 0x20 {
        if bytes[place] == UInt8(ascii: "\\"), place + 1 < limit {
          place += 1
        } else if bytes[place] == UInt8(ascii: "(") {
          depth += 1
          if depth > 32 { return nil }
        } else if bytes[place] == UInt8(ascii: ")") {
          if depth == 0 { break }
          depth -= 1
        }
        place += 1
      }
      address = Span(start, place)
    }
    place = skipBlanks(bytes, place, limit)
    place = skipTitle(bytes, place, limit)
    guard place < limit, bytes[place] == UInt8(ascii: ")") else { return nil }
    return (address, place + 1)
  }

  private static func skipBlanks(
    _ bytes: UnsafeBufferPointer<UInt8>, _ index: Int, _ limit: Int
  ) -> Int {
    var place = index
    while place < limit, bytes[place] == 0x20 || bytes[place] == 0x0A || bytes[place] == 0x09 {
      place += 1
    }
    return place
  }

  private static func skipTitle(
    _ bytes: UnsafeBufferPointer<UInt8>, _ index: Int, _ limit: Int
  ) -> Int {
    guard index < limit else { return index }
    let quote = bytes[index]
    guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return index }
    var place = index + 1
    while place < limit, bytes[place] != quote { place += 1 }
    return skipBlanks(bytes, min(place + 1, limit), limit)
  }

  /// `<https://…>`, `<somebody@example.org>` or `<br>`.
  private static func angle(
    _ bytes: UnsafeBufferPointer<UInt8>, _ index: Int
  ) -> InlineParser.Mark? {
    let limit = min(bytes.count, index + InlineParser.maximumAddress)
    var place = index + 1
    var hasAt = false
    while place < limit, bytes[place] > 0x20 || isBreakBlank(bytes, index, place),
      bytes[place] != UInt8(ascii: "<"), bytes[place] != UInt8(ascii: ">")
    {
      hasAt = hasAt || bytes[place] == UInt8(ascii: "@")
      place += 1
    }
    guard place < limit, bytes[place] == UInt8(ascii: ">") else { return nil }
    let span = Span(index + 1, place)
    let inner = UnsafeBufferPointer(rebasing: bytes[(index + 1)..<place])
    let length = place + 1 - index
    if starts(inner, "br"), inner.count < 5,
      inner.dropFirst(2).allSatisfy({ $0 == 0x20 || $0 == UInt8(ascii: "/") })
    {
      return InlineParser.Mark(position: index, length: length, node: .lineBreak)
    }
    if starts(inner, "http://") || starts(inner, "https://") || starts(inner, "mailto:") {
      return InlineParser.Mark(
        position: index, length: length, node: .address(span, isMail: false))
    }
    let isMail =
      hasAt
      && inner.allSatisfy {
        isAlphanumeric($0) || $0 == 0x40 || $0 == 0x2E || $0 == 0x2D || $0 == 0x5F || $0 == 0x2B
      }
    guard isMail else { return nil }
    return InlineParser.Mark(position: index, length: length, node: .address(span, isMail: true))
  }

  /// The blank of `<br />`.
  private static func isBreakBlank(
    _ bytes: UnsafeBufferPointer<UInt8>, _ index: Int, _ place: Int
  ) -> Bool {
    bytes[place] == 0x20 && place == index + 3
  }

  /// `http://` or `https://` around a colon, to the end of the address.
  private static func bareAddress(
    _ bytes: UnsafeBufferPointer<UInt8>, colon: Int, first: Int
  ) -> InlineParser.Mark? {
    guard colon + 3 < bytes.count, bytes[colon + 1] == UInt8(ascii: "/"),
      bytes[colon + 2] == UInt8(ascii: "/")
    else { return nil }
    var start = colon
    while start > first, colon - start < 6, isAlphanumeric(bytes[start - 1]) { start -= 1 }
    let scheme = UnsafeBufferPointer(rebasing: bytes[start..<colon])
    guard scheme.count < 6, starts(scheme, scheme.count == 4 ? "http" : "https") else {
      return nil
    }
    var end = colon + 3
    var depth = 0
    let limit = min(bytes.count, start + InlineParser.maximumAddress)
    while end < limit, isAddressByte(bytes[end]) {
      if bytes[end] == UInt8(ascii: "(") { depth += 1 }
      if bytes[end] == UInt8(ascii: ")") { depth -= 1 }
      end += 1
    }
    guard end < limit || limit == bytes.count else { return nil }
    // What ends a sentence is not the address's, nor is a parenthesis that was not opened in it.
    while end > colon + 3 {
      let last = bytes[end - 1]
      if last == UInt8(ascii: ")") {
        guard depth < 0 else { break }
        depth += 1
      } else if !"?!.,:;*_~'|".utf8.contains(last) {
        break
      }
      end -= 1
    }
    guard end > colon + 3 else { return nil }
    return InlineParser.Mark(
      position: start, length: end - start, node: .address(Span(start, end), isMail: false))
  }

  private static func isAddressByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0...0x20, 0x7F, UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""),
      UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "`"), UInt8(ascii: "\\"):
      false
    default: true
    }
  }

  static func starts(_ bytes: UnsafeBufferPointer<UInt8>, _ wanted: StaticString) -> Bool {
    guard bytes.count >= wanted.utf8CodeUnitCount else { return false }
    return wanted.withUTF8Buffer { wanted in
      for index in wanted.indices {
        let byte = bytes[index]
        let folded = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
        if folded != wanted[index] { return false }
      }
      return true
    }
  }

  // MARK: Entities

  /// The entities that conversations hold; others stay as they are written.
  private static func entity(
    _ bytes: UnsafeBufferPointer<UInt8>, _ index: Int
  ) -> InlineParser.Mark? {
    let limit = min(bytes.count, index + 10)
    var end = index + 1
    while end < limit, bytes[end] != UInt8(ascii: ";") { end += 1 }
    guard end < limit else { return nil }
    let name = UnsafeBufferPointer(rebasing: bytes[(index + 1)..<end])
    let scalar: UInt32?
    if name.first == UInt8(ascii: "#") {
      scalar = number(name)
    } else {
      scalar =
        switch String(decoding: name, as: UTF8.self) {
        case "amp": 0x26
        case "lt": 0x3C
        case "gt": 0x3E
        case "quot": 0x22
        case "apos": 0x27
        case "nbsp": 0xA0
        case "mdash": 0x2014
        case "ndash": 0x2013
        case "hellip": 0x2026
        default: nil
        }
    }
    guard let scalar, scalar != 0, Unicode.Scalar(scalar) != nil else { return nil }
    return InlineParser.Mark(
      position: index, length: end + 1 - index, node: .character(scalar))
  }

  private static func number(_ name: UnsafeBufferPointer<UInt8>) -> UInt32? {
    let digits = String(decoding: name.dropFirst(), as: UTF8.self)
    if digits.utf8.first.map({ $0 | 0x20 }) == UInt8(ascii: "x") {
      return UInt32(digits.dropFirst(), radix: 16)
    }
    return UInt32(digits)
  }
}

/// What searches in a paragraph have not found, so that nobody looks for it again.
struct SearchLimits {
  /// Runs of more backticks than this begin nothing.
  static let maximumBackticks = 80
  /// The lengths of runs of backticks of which none follows any more, a bit each.
  private var missingCode: (low: UInt64, high: UInt64) = (0, 0)
  private var missingPairs: [UInt8] = []

  /// The end of a pair of bytes.
  mutating func find(
    _ first: UInt8, _ second: UInt8, in bytes: UnsafeBufferPointer<UInt8>, from start: Int
  ) -> Int? {
    guard !missingPairs.contains(second) else { return nil }
    var index = start
    while index + 1 < bytes.count {
      if bytes[index] == first, bytes[index + 1] == second { return index + 2 }
      index += 1
    }
    missingPairs.append(second)
    return nil
  }

  /// Behind the run of exactly so many backticks that ends a code span.
  mutating func closeCode(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, count: Int
  ) -> Int? {
    guard count <= SearchLimits.maximumBackticks, !isMissing(count) else { return nil }
    var index = start
    while index < bytes.count {
      guard bytes[index] == UInt8(ascii: "`") else {
        index += 1
        continue
      }
      let run = InlineScanner.run(bytes, index)
      index += run
      if run == count { return index }
    }
    if count < 64 {
      missingCode.low |= 1 << UInt64(count)
    } else {
      missingCode.high |= 1 << UInt64(count - 64)
    }
    return nil
  }

  private func isMissing(_ count: Int) -> Bool {
    count < 64
      ? missingCode.low & 1 << UInt64(count) != 0
      : missingCode.high & 1 << UInt64(count - 64) != 0
  }
}
