import CPolylogueJSON

/// Decides from the first bytes of an input how its records follow each other.
///
/// A file name ending in `.jsonl` or `.ndjson` only tips the balance where the bytes allow both.
struct FramingProbe {
  enum Decision {
    /// More bytes are needed.
    case undecided
    case framed(Plan)
    case encoded(Transcoder.Encoding)
    case opaque
  }

  /// How to read the records.
  struct Plan {
    var framing: RecordFraming
    /// The bytes before the first record that need not be looked at again.
    var prologueCount: Int
    /// Whether the array is the value of a member.
    var isWrapped = false
    /// The byte that ends a line; nil while none was seen.
    var lineEnd: UInt8?
  }

  /// The first bytes in which the key of a wrapped list is looked for.
  static let wrapperByteCount = 64 << 10

  /// The first bytes of an HTML page in which the first cell is looked for, behind its styles.
  static let cellsByteCount = 1 << 20

  let bytes: UnsafeRawBufferPointer
  /// Whether there are no more bytes than these.
  let isComplete: Bool
  let prefersLines: Bool
  private let isMarkdown: Bool

  init(bytes: UnsafeRawBufferPointer, isComplete: Bool, label: String) {
    self.bytes = bytes
    self.isComplete = isComplete
    isMarkdown = label.hasSuffix(".md") || label.hasSuffix(".markdown")
    prefersLines = label.hasSuffix(".jsonl") || label.hasSuffix(".ndjson")
  }

  func decide() -> Decision {
    if let encoding = Transcoder.Encoding(detecting: bytes) { return .encoded(encoding) }
    let prologue = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    let first = skipSpace(from: prologue)
    guard first < bytes.count else {
      // Nothing but space so far: by lines it passes without being gathered.
      return isComplete || bytes.count >= FramingProbe.wrapperByteCount
        ? plan(.lines, prologue) : .undecided
    }
    switch bytes[first] {
    case UInt8(ascii: "{"): return decideObject(prologue, first)
    case UInt8(ascii: "["): return decideArray(prologue, first)
    default: return decideOther(prologue, first)
    }
  }

  // MARK: - By the first byte

  private func decideArray(_ prologue: Int, _ first: Int) -> Decision {
    let end = valueEnd(from: first)
    let next = end.map { skipSpace(from: $0) }
    if let end, let next, next < bytes.count, contains(lineEnds, in: end..<next) {
      // A list behind a list can be either; an object behind a list is no array any more.
      let isList = bytes[next] == UInt8(ascii: "[")
      if bytes[next] == UInt8(ascii: "{") || (isList && prefersLines) {
        return plan(.lines, prologue)
      }
    }
    if prefersLines, end == nil, let line = lineEndIndex(from: first),
      startsObjectLine(at: skipSpace(from: line)) == true
    {
      return plan(.lines, prologue)
    }
    if prefersLines, !isComplete, end == nil || next == bytes.count,
      bytes.count < FramingProbe.wrapperByteCount
    {
      return .undecided
    }
    return plan(.array, prologue)
  }

  private func decideObject(_ prologue: Int, _ first: Int) -> Decision {
    if let end = valueEnd(from: first), !contains(lineEnds, in: first..<end) {
      return decideClosedObject(prologue, first, end)
    }
    let wrapper = prefersLines ? nil : wrapperStart(from: first)
    if let wrapper { return plan(.array, wrapper, wrapped: true) }
    guard let line = lineEndIndex(from: first) else {
      if prefersLines { return plan(.lines, prologue) }
      return isComplete ? plan(.document, prologue) : .undecided
    }
    // The first line is no whole object: a document over several lines, or a damaged record.
    if !endsOpen(first..<line) {
      if prefersLines { return plan(.lines, prologue) }
      let second = startsObjectLine(at: skipSpace(from: line))
      guard let second else { return isComplete ? plan(.document, prologue) : .undecided }
      if second { return plan(.lines, prologue) }
    }
    return plan(.document, prologue)
  }

  /// An object on one line, whose end is known.
  private func decideClosedObject(_ prologue: Int, _ first: Int, _ end: Int) -> Decision {
    let next = skipSpace(from: end)
    if next == bytes.count, !isComplete {
      // Much space may follow; it need not be gathered to decide.
      return next - end < FramingProbe.wrapperByteCount ? .undecided : plan(.document, prologue)
    }
    if prefersLines { return plan(.lines, prologue) }
    let isLast = next == bytes.count || bytes[next] == 0
    // Where objects are glued together, lines tell them apart if there are any.
    let hasLines =
      contains(lineEnds, in: end..<next)
      || (!isLast && bytes[next] == UInt8(ascii: "{") && lineEndIndex(from: next) != nil)
    if !isLast, hasLines { return plan(.lines, prologue) }
    if let wrapper = wrapperStart(from: first) { return plan(.array, wrapper, wrapped: true) }
    return plan(.document, prologue)
  }

  /// Neither object nor array: a damaged first line, a bare scalar, or no JSON.
  private func decideOther(_ prologue: Int, _ first: Int) -> Decision {
    if isMarkdown { return plan(.text, prologue) }
    if bytes[first] == UInt8(ascii: "<"), isHTML(from: first) {
      if RecordCutter.cellMark(in: bytes, from: first) != nil { return plan(.cells, prologue) }
      return isComplete || bytes.count >= FramingProbe.cellsByteCount ? .opaque : .undecided
    }
    var line = first
    while let end = lineEndIndex(from: line), end - first < FramingProbe.wrapperByteCount {
      line = skipSpace(from: end)
      if startsObjectLine(at: line) == true { return plan(.lines, prologue) }
    }
    if !isComplete, bytes.count < FramingProbe.wrapperByteCount { return .undecided }
    var reader = JSONReader()
    if isComplete, (try? reader.parse(bytes)) != nil { return plan(.document, prologue) }
    return .opaque
  }

  // MARK: - Looking around

  private func isHTML(from first: Int) -> Bool {
    let head = bytes[first...].prefix(14).map { $0 &- 65 < 26 ? $0 | 0x20 : $0 }
    return ["<html", "<!doctype html", "<head", "<div class=\""].contains {
      head.starts(with: $0.utf8)
    }
  }

  private var lineEnds: [UInt8] { [UInt8(ascii: "\n"), UInt8(ascii: "\r")] }

  private func plan(_ framing: RecordFraming, _ prologue: Int, wrapped: Bool = false) -> Decision {
    var lineEnd: UInt8?
    if bytes.contains(UInt8(ascii: "\n")) {
      lineEnd = UInt8(ascii: "\n")
    } else if let place = bytes.firstIndex(of: UInt8(ascii: "\r")),
      // The last byte may be the first half of CR LF.
      place + 1 < bytes.count || isComplete
    {
      lineEnd = UInt8(ascii: "\r")
    }
    return .framed(
      Plan(framing: framing, prologueCount: prologue, isWrapped: wrapped, lineEnd: lineEnd))
  }

  private func skipSpace(from index: Int) -> Int {
    var index = index
    while index < bytes.count, RecordCutter.isSpace(bytes[index]) { index += 1 }
    return index
  }

  private func contains(_ wanted: [UInt8], in range: Range<Int>) -> Bool {
    bytes[range].contains { wanted.contains($0) }
  }

  private func lineEndIndex(from index: Int) -> Int? {
    bytes[index...].firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
  }

  /// The end of the bracketed value that begins there; nil when it is not among the bytes.
  private func valueEnd(from index: Int) -> Int? {
    var cursor = polylogue_json_cursor()
    let rest = UnsafeRawBufferPointer(rebasing: bytes[index...])
    guard let base = rest.bindMemory(to: UInt8.self).baseAddress else { return nil }
    let passed = polylogue_json_skip(&cursor, base, rest.count)
    return cursor.depth == 0 && !cursor.in_string ? index + passed : nil
  }

  /// Whether a line that holds exactly one object begins there; nil when its end is not among the
  /// bytes.
  private func startsObjectLine(at index: Int) -> Bool? {
    guard index < bytes.count else { return isComplete ? false : nil }
    guard bytes[index] == UInt8(ascii: "{") else { return false }
    guard let line = lineEndIndex(from: index) ?? (isComplete ? bytes.count : nil) else {
      return nil
    }
    guard let end = valueEnd(from: index), end <= line else { return false }
    return skipSpace(from: end) >= line
  }

  /// Whether a line ends as the lines of an indented document do.
  private func endsOpen(_ line: Range<Int>) -> Bool {
    guard let last = bytes[line].last(where: { !RecordCutter.isSpace($0) }) else { return true }
    return [UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ","), UInt8(ascii: ":")]
      .contains(last)
  }

  /// The index behind the `[` of a member `conversations` of the object that begins there.
  private func wrapperStart(from first: Int) -> Int? {
    let key = Array("\"conversations\"".utf8)
    let end = min(bytes.count, first + FramingProbe.wrapperByteCount)
    var index = first + 1
    while index < end {
      index = skipSpace(from: index)
      guard index < end, bytes[index] == UInt8(ascii: "\""), let keyEnd = valueEnd(from: index)
      else { return nil }
      let isWanted = bytes[index..<keyEnd].elementsEqual(key)
      index = skipSpace(from: keyEnd)
      guard index < end, bytes[index] == UInt8(ascii: ":") else { return nil }
      index = skipSpace(from: index + 1)
      guard index < end else { return nil }
      if isWanted { return bytes[index] == UInt8(ascii: "[") ? index + 1 : nil }
      guard let next = memberEnd(from: index) else { return nil }
      index = next
    }
    return nil
  }

  /// The index behind the comma that ends the member whose value begins there.
  private func memberEnd(from index: Int) -> Int? {
    var index = index
    switch bytes[index] {
    case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""):
      guard let end = valueEnd(from: index) else { return nil }
      index = skipSpace(from: end)
      guard index < bytes.count, bytes[index] == UInt8(ascii: ",") else { return nil }
      return index + 1
    default:
      return bytes[index...].firstIndex(of: UInt8(ascii: ",")).map { $0 + 1 }
    }
  }
}
