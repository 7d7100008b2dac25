internal import CPolylogueText

/// The part of a text that shows best why it was found.
public struct Snippet: Sendable, Equatable {
  /// The excerpt, spaces and line ends folded to single spaces, with `…` where text was cut off.
  public let text: String
  /// What matched, as byte offsets in the UTF-8 of ``text``, in order and apart from each other.
  public let highlights: [Range<Int>]

  /// The excerpt with every match between two marks.
  public func marked(_ open: String = "**", _ close: String? = nil) -> String {
    let close = close ?? open
    let marks = highlights.count * (open.utf8.count + close.utf8.count)
    let bytes = text.utf8
    return String(unsafeUninitializedCapacity: bytes.count + marks) { out in
      var filled = 0
      func put(_ part: some Collection<UInt8>) {
        let end = filled + part.count
        _ = UnsafeMutableBufferPointer(rebasing: out[filled..<end]).initialize(from: part)
        filled = end
      }
      var at = bytes.startIndex
      for range in highlights {
        let start = bytes.index(bytes.startIndex, offsetBy: range.lowerBound)
        let end = bytes.index(bytes.startIndex, offsetBy: range.upperBound)
        put(bytes[at..<start])
        put(open.utf8)
        put(bytes[start..<end])
        put(close.utf8)
        at = end
      }
      put(bytes[at...])
      return filled
    }
  }
}

extension Snippet {
  /// The excerpt as a part of a longer text: with `…` where that goes on and it does not say so yet.
  ///
  /// - Parameters:
  ///   - begins: Whether there is text before.
  ///   - ends: Whether there is text behind.
  public func continued(before begins: Bool, after ends: Bool) -> Snippet {
    let before = begins && !text.hasPrefix("…") ? "…" : ""
    let behind = ends && !text.hasSuffix("…") ? "…" : ""
    let shift = before.utf8.count
    return Snippet(
      text: before + text + behind,
      highlights: highlights.map { $0.lowerBound + shift..<$0.upperBound + shift })
  }
}

/// Cuts snippets for one query.
public struct SnippetMaker: Sendable {
  /// The most bytes of a text that are searched for matches.
  public static let scanByteLimit = 4 << 20
  /// The most matches looked at.
  static let matchLimit = 4096

  private let elements: [QueryPlan.Element]

  /// Prepares for the words of a query that must be found.
  ///
  /// - Parameters:
  ///   - query: The query.
  ///   - byStem: Whether it is a question, whose words are looked for in any form.
  public init(_ query: SearchQuery, byStem: Bool = false) {
    elements = byStem ? QuestionPlan(query).words : QueryPlan(query).requiredElements
  }

  /// The best window of a text: the one with the most different words of the query, then the
  /// most matches, then the earliest. Without a match, the text's beginning.
  ///
  /// - Parameter length: How long the excerpt is, in bytes; ends are moved to word boundaries.
  /// - Complexity: Linear in the text, of which at most ``scanByteLimit`` bytes are looked at.
  public func snippet(of text: String, length: Int = 160) -> Snippet {
    var text = text
    return text.withUTF8 { bytes in
      let scanned = UnsafeBufferPointer(rebasing: bytes.prefix(SnippetMaker.scanByteLimit))
      let matches = find(in: scanned)
      let best = SnippetMaker.bestWindow(matches, length: length, of: scanned.count)
      let range = SnippetMaker.widen(best, in: bytes)
      let inside = matches.filter {
        Int($0.start) >= range.lowerBound && Int($0.end) <= range.upperBound
      }
      return SnippetMaker.fold(bytes, range, inside)
    }
  }

  private func find(in text: UnsafeBufferPointer<UInt8>) -> [plt_match] {
    guard let base = text.baseAddress, !elements.isEmpty else { return [] }
    let beginnings = elements.map {
      $0.form == .stem ? Stemmer.prefix(of: $0.bytes) : $0.bytes
    }
    let matches = beginnings.flatMap(\.self).withUnsafeBufferPointer { storage in
      var at = 0
      let needles = zip(elements, beginnings).map { element, bytes in
        defer { at += bytes.count }
        return plt_needle(
          bytes: storage.baseAddress.map { $0 + at },
          length: UInt8(truncatingIfNeeded: bytes.count),
          is_prefix: element.form == .exact ? 0 : 1)
      }
      return [plt_match](unsafeUninitializedCapacity: SnippetMaker.matchLimit) { out, count in
        count = Int(
          plt_find(
            base, text.count, needles, UInt32(needles.count), out.baseAddress,
            UInt32(SnippetMaker.matchLimit)))
      }
    }
    guard elements.contains(where: { $0.form == .stem }) else { return matches }
    let stemmer = Stemmer()
    return matches.filter { match in
      let element = elements[Int(match.needle)]
      guard element.form == .stem else { return true }
      let word = String(decoding: text[Int(match.start)..<Int(match.end)], as: UTF8.self)
      return TermScanner.terms(of: word).contains { stemmer.stem($0.bytes) == element.bytes }
    }
  }

  private static func bestWindow(_ matches: [plt_match], length: Int, of total: Int) -> Range<Int> {
    let length = max(16, length)
    var best = 0..<min(length, total)
    var bestScore = 0
    var counts: [UInt32: Int] = [:]
    var first = 0
    for (last, match) in matches.enumerated() {
      counts[match.needle, default: 0] += 1
      while first < last, Int(match.end) - Int(matches[first].start) > length {
        let needle = matches[first].needle
        counts[needle, default: 1] -= 1
        if counts[needle] == 0 { counts[needle] = nil }
        first += 1
      }
      let score = counts.count * 1000 + min(last - first + 1, 999)
      guard score > bestScore else { continue }
      bestScore = score
      let span = Int(matches[first].start)..<max(Int(match.end), Int(matches[first].end))
      let spare = max(0, length - span.count)
      let start = max(0, span.lowerBound - spare / 3)
      best = start..<min(total, max(span.upperBound, start + length))
    }
    return best
  }

  /// Moves both ends to the next space, or at least to a character's boundary.
  private static func widen(
    _ range: Range<Int>, in bytes: UnsafeBufferPointer<UInt8>
  ) -> Range<Int> {
    var start = range.lowerBound
    var steps = 0
    while start > 0, bytes[start - 1] > 32, steps < 24 {
      start -= 1
      steps += 1
    }
    while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    var end = range.upperBound
    steps = 0
    while end < bytes.count, bytes[end] > 32, steps < 24 {
      end += 1
      steps += 1
    }
    while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
    return start..<end
  }

  private static func fold(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ matches: [plt_match]
  ) -> Snippet {
    let gap = Array("…".utf8)
    var highlights: [Range<Int>] = []
    let text = String(unsafeUninitializedCapacity: range.count + 2 * gap.count) { out in
      var count = 0
      func put(_ byte: UInt8) {
        out[count] = byte
        count += 1
      }
      if range.lowerBound > 0 { gap.forEach(put) }
      let begin = count
      var next = 0
      var open: Int?
      for at in range {
        if let start = open, next < matches.count, at >= Int(matches[next].end) {
          highlights.append(start..<count)
          open = nil
          next += 1
        }
        // Parts of a compound lie within it.
        while open == nil, next < matches.count, Int(matches[next].start) < at { next += 1 }
        if open == nil, next < matches.count, Int(matches[next].start) == at { open = count }
        if bytes[at] > 32 {
          put(bytes[at])
        } else if count > begin, out[count - 1] != 32 {
          put(32)
        }
      }
      if let start = open { highlights.append(start..<count) }
      if count > 0, out[count - 1] == 32 { count -= 1 }
      if range.upperBound < bytes.count { gap.forEach(put) }
      return count
    }
    return Snippet(text: text, highlights: highlights)
  }
}
