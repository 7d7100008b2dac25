import PolylogueModel

/// Splits what programs put around a person's words from the words.
///
/// Coding agents wrap their own additions in tags (`<system-reminder>…</system-reminder>`), often
/// glued before or behind a real prompt in the same text.
struct TaggedText {
  /// The wrapped parts, in order; tags included.
  private(set) var wrapped: [Substring] = []
  /// The kind of the wrapped parts: ``MessageKind/command`` where one of them is a command, else
  /// that of the first.
  private(set) var kind: MessageKind?
  /// What is left: the person's own words, or nothing.
  private(set) var body: Substring

  /// Splits a text.
  ///
  /// - Parameters:
  ///   - text: The whole text.
  ///   - kind: The kind of what stands in a tag of this name; nil for a tag that is the person's.
  /// - Complexity: O(bytes).
  init(_ text: String, kind kindOfTag: (Substring) -> MessageKind?) {
    body = text[...]
    guard let first = text.utf8.first(where: { !TaggedText.isSpace($0) }) else { return }
    if first == UInt8(ascii: "<") {
      while let (tag, end) = leadingTag(), let found = kindOfTag(tag) { take(upTo: end, found) }
    }
    takeTrailing(kindOfTag)
  }

  /// Whether nothing but white space is left.
  var isBlank: Bool { body.utf8.allSatisfy(TaggedText.isSpace) }

  private mutating func take(upTo end: String.Index, _ found: MessageKind) {
    wrapped.append(body[..<end])
    note(found)
    body = body[end...].trimmingLeadingSpace()
  }

  private mutating func note(_ found: MessageKind) {
    if kind == nil || found == .command { kind = found }
  }

  /// The tag at the start of the body and the end of the element it opens.
  private func leadingTag() -> (Substring, String.Index)? {
    let text = body.trimmingLeadingSpace()
    guard text.utf8.first == UInt8(ascii: "<") else { return nil }
    let name = text.utf8.dropFirst().prefix { TaggedText.isNameByte($0) }
    guard !name.isEmpty, name.endIndex < text.endIndex else { return nil }
    let next = text.utf8[name.endIndex]
    guard next == UInt8(ascii: ">") || next == UInt8(ascii: " ") else { return nil }
    let tag = text[name.startIndex..<name.endIndex]
    // An element that is never closed takes the rest.
    let close = text[name.endIndex...].firstRange(ofUTF8: "</\(tag)>")
    return (tag, close?.upperBound ?? text.endIndex)
  }

  private mutating func takeTrailing(_ kindOfTag: (Substring) -> MessageKind?) {
    var taken: [Substring] = []
    while let start = trailingElement(kindOfTag) {
      taken.append(body[start...])
      body = body[..<start].trimmingTrailingSpace()
    }
    wrapped += taken.reversed()
  }

  private mutating func trailingElement(
    _ kindOfTag: (Substring) -> MessageKind?
  ) -> String.Index? {
    let text = body.trimmingTrailingSpace()
    guard text.utf8.last == UInt8(ascii: ">") else { return nil }
    let name = text.utf8.dropLast().suffix(while: TaggedText.isNameByte)
    guard !name.isEmpty, text.utf8[..<name.startIndex].suffix(2).elementsEqual("</".utf8) else {
      return nil
    }
    let tag = text[name.startIndex..<name.endIndex]
    guard let found = kindOfTag(tag), found == .injected,
      let open = text.lastRange(ofUTF8: "<\(tag)>")
    else { return nil }
    note(found)
    return open.lowerBound
  }

  static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (byte >= 9 && byte <= 13) }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 97...122, 65...90, 48...57, UInt8(ascii: "-"), UInt8(ascii: "_"): true
    default: false
    }
  }
}

extension Substring.UTF8View {
  /// The longest end whose bytes all pass.
  fileprivate func suffix(while passes: (UInt8) -> Bool) -> Substring.UTF8View {
    var start = endIndex
    while start > startIndex {
      let before = index(before: start)
      guard passes(self[before]) else { break }
      start = before
    }
    return self[start...]
  }
}

extension Substring {
  fileprivate func trimmingLeadingSpace() -> Substring {
    let rest = utf8.drop(while: TaggedText.isSpace)
    return self[rest.startIndex..<endIndex]
  }

  fileprivate func trimmingTrailingSpace() -> Substring {
    self[startIndex..<utf8.dropLast(utf8.suffix(while: TaggedText.isSpace).count).endIndex]
  }

  /// Where some bytes first occur. The needle has at least one byte and is short.
  func firstRange(ofUTF8 needle: String) -> Range<String.Index>? {
    let pattern = Array(needle.utf8)
    var place = startIndex
    while let start = utf8[place...].firstIndex(of: pattern[0]) {
      let rest = utf8[start...]
      if rest.starts(with: pattern) {
        return start..<utf8.index(start, offsetBy: pattern.count)
      }
      place = utf8.index(after: start)
    }
    return nil
  }

  fileprivate func lastRange(ofUTF8 needle: String) -> Range<String.Index>? {
    let pattern = Array(needle.utf8)
    var place = endIndex
    while let start = utf8[..<place].lastIndex(of: pattern[0]) {
      if utf8[start...].starts(with: pattern) {
        return start..<utf8.index(start, offsetBy: pattern.count)
      }
      place = start
    }
    return nil
  }
}
