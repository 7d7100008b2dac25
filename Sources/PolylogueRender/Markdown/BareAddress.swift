import Glibc

/// Addresses in a text: bare ones, which Markdown itself knows nothing of, and the extent of others.
///
/// md4c's own search for bare addresses runs over the marks of emphasis and takes its closing away.
enum BareAddress {
  /// Longer ones are text.
  static let maximumByteCount = 2000

  /// `http://` or `https://` around a colon, up to the end of the address.
  ///
  /// - Parameter first: What lies before is not looked at.
  static func range(
    in source: UnsafeBufferPointer<UInt8>, colon: Int, from first: Int
  ) -> Range<Int>? {
    guard colon + 3 < source.count, source[colon + 1] == UInt8(ascii: "/"),
      source[colon + 2] == UInt8(ascii: "/")
    else { return nil }
    let start =
      if isScheme("https", source, before: colon, from: first) {
        colon - 5
      } else if isScheme("http", source, before: colon, from: first) {
        colon - 4
      } else {
        -1
      }
    guard start >= 0, start == first || !MarkdownMask.isAlphanumeric(source[start - 1]) else {
      return nil
    }
    let limit = min(source.count, start + maximumByteCount)
    var end = colon + 3
    var depth = 0
    while end < limit, isAddressByte(source[end]), !MarkdownMask.isPunctuation(source, end) {
      if source[end] == UInt8(ascii: "(") { depth += 1 }
      if source[end] == UInt8(ascii: ")") { depth -= 1 }
      end += 1
    }
    guard end < limit || limit == source.count else { return nil }
    // What ends a sentence is not the address's, nor is a parenthesis that was not opened in it.
    while end > colon + 3 {
      let last = source[end - 1]
      if last == UInt8(ascii: ")") {
        guard depth < 0 else { break }
        depth += 1
      } else if !"?!.,:;*_~'|".utf8.contains(last) {
        break
      }
      end -= 1
    }
    return end > colon + 3 ? start..<end : nil
  }

  private static func isScheme(
    _ scheme: StaticString, _ source: UnsafeBufferPointer<UInt8>, before colon: Int,
    from first: Int
  ) -> Bool {
    let start = colon - scheme.utf8CodeUnitCount
    guard start >= first else { return false }
    return scheme.withUTF8Buffer { wanted in
      wanted.indices.allSatisfy { source[start + $0] | 0x20 == wanted[$0] }
    }
  }

  private static func isAddressByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0...0x20, 0x7F, UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""),
      UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "`"), UInt8(ascii: "\\"),
      UInt8(ascii: "*"):
      false
    default: true
    }
  }

  /// Behind the `>` of `<…>` without blanks.
  static func angleEnd(_ source: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int? {
    let limit = min(source.count, start + maximumByteCount)
    var index = start + 1
    while index < limit, source[index] > 0x20, source[index] != UInt8(ascii: "<") {
      if source[index] == UInt8(ascii: ">") { return index + 1 }
      index += 1
    }
    return nil
  }

  /// Behind the address of a link that begins behind `](`; nil when it has no end.
  static func destinationEnd(_ source: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int? {
    let limit = min(source.count, start + maximumByteCount)
    var depth = 0
    var index = start
    while index < limit, source[index] > 0x20 {
      switch source[index] {
      case UInt8(ascii: "\\"): index += 1
      case UInt8(ascii: "("): depth += 1
      case UInt8(ascii: ")"):
        if depth == 0 { return index + 1 }
        depth -= 1
      default: break
      }
      index += 1
    }
    // A title may follow a blank.
    return index < limit && index > start ? index : nil
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
