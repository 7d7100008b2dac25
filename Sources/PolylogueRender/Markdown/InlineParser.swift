/// Reads the inline forms of a paragraph: emphasis, code, links, formulas.
///
/// What is found becomes a mark with its place; the marks are put in order at the end, and the text
/// between them is text. Searches that could be begun again and again are bounded or remembered, so
/// that time is linear in the text.
struct InlineParser {
  /// Addresses longer than this are text.
  static let maximumAddress = 2000
  /// How far a formula between single dollars goes.
  static let maximumDollarMath = 300

  struct Mark {
    var position: Int
    var length: Int
    var node: MarkdownNode
  }

  struct Bracket {
    var position: Int
    var isPicture: Bool
    var delimiters: Int
  }

  var marks: [Mark] = []
  var needsSorting = false
  private var delimiters: [Delimiter] = []
  private var brackets: [Bracket] = []
  /// Brackets below this stand around a link already, so they are none themselves.
  private var inactiveBelow = 0
  private var limits = SearchLimits()

  /// Appends the nodes of a stretch of text.
  mutating func parse(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, into nodes: inout [MarkdownNode]
  ) {
    marks.removeAll(keepingCapacity: true)
    delimiters.removeAll(keepingCapacity: true)
    brackets.removeAll(keepingCapacity: true)
    inactiveBelow = 0
    needsSorting = false
    limits = SearchLimits()
    let bytes = UnsafeBufferPointer(rebasing: text[..<range.upperBound])
    var index = InlineParser.nextSpecial(bytes, from: range.lowerBound)
    while index < bytes.count {
      let next = special(bytes, index, first: range.lowerBound)
      index = InlineParser.nextSpecial(bytes, from: next)
    }
    if !delimiters.isEmpty { resolve(from: 0) }
    if needsSorting { marks.sort { $0.position < $1.position } }
    var done = range.lowerBound
    for mark in marks {
      if mark.position > done { nodes.append(.text(Span(done, mark.position))) }
      nodes.append(mark.node)
      done = mark.position + mark.length
    }
    if done < range.upperBound { nodes.append(.text(Span(done, range.upperBound))) }
  }

  /// Which bytes can begin or end something.
  private static let specials: [Bool] = {
    var table = [Bool](repeating: false, count: 256)
    for byte in "\\`*_~[]!<&$:".utf8 { table[Int(byte)] = true }
    return table
  }()

  private static func nextSpecial(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    specials.withUnsafeBufferPointer { table in
      var index = start
      while index < bytes.count, !table[Int(bytes[index])] { index += 1 }
      return index
    }
  }

  /// Looks at one special byte; returns where to go on.
  private mutating func special(
    _ bytes: UnsafeBufferPointer<UInt8>, _ index: Int, first: Int
  ) -> Int {
    switch bytes[index] {
    case UInt8(ascii: "\\"): return backslash(bytes, index)
    case UInt8(ascii: "`"): return codeSpan(bytes, index)
    case UInt8(ascii: "*"), UInt8(ascii: "_"), UInt8(ascii: "~"):
      return delimiterRun(bytes, index, first: first)
    case UInt8(ascii: "["):
      brackets.append(
        Bracket(position: index, isPicture: false, delimiters: delimiters.count))
      return index + 1
    case UInt8(ascii: "!"):
      guard index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "[") else {
        return index + 1
      }
      brackets.append(Bracket(position: index, isPicture: true, delimiters: delimiters.count))
      return index + 2
    case UInt8(ascii: "]"): return closeBracket(bytes, index)
    case UInt8(ascii: "$"): return dollar(bytes, index)
    default:
      guard let found = InlineScanner.mark(bytes, index, first: first) else { return index + 1 }
      marks.append(found)
      return found.position + found.length
    }
  }

  private mutating func mark(_ position: Int, _ length: Int, _ node: MarkdownNode) -> Int {
    marks.append(Mark(position: position, length: length, node: node))
    return position + length
  }

  private mutating func backslash(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
    guard index + 1 < bytes.count else { return index + 1 }
    let next = bytes[index + 1]
    if next == UInt8(ascii: "(") || next == UInt8(ascii: "[") {
      let closer = next == UInt8(ascii: "(") ? UInt8(ascii: ")") : UInt8(ascii: "]")
      if let end = limits.find(UInt8(ascii: "\\"), closer, in: bytes, from: index + 2) {
        return mark(index, end - index, .math(Span(index, end)))
      }
    }
    if next == 0x0A { return mark(index, 1, .text(Span(0, 0))) }
    guard InlineScanner.isPunctuation(next) else { return index + 1 }
    // The backslash goes; what it protects is the beginning of the text behind it.
    return mark(index, 1, .text(Span(0, 0))) + 1
  }

  private mutating func codeSpan(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
    let count = InlineScanner.run(bytes, index)
    guard let end = limits.closeCode(bytes, from: index + count, count: count) else {
      return index + count
    }
    var start = index + count
    var last = end - count
    if last - start > 2, bytes[start] == 0x20, bytes[last - 1] == 0x20 {
      start += 1
      last -= 1
    }
    return mark(index, end - index, .code(Span(start, last)))
  }

  private mutating func dollar(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
    let dollar = UInt8(ascii: "$")
    guard index + 1 < bytes.count else { return index + 1 }
    if bytes[index + 1] == dollar {
      guard let end = limits.find(dollar, dollar, in: bytes, from: index + 2) else {
        return index + 2
      }
      return mark(index, end - index, .math(Span(index, end)))
    }
    guard bytes[index + 1] > 0x20 else { return index + 1 }
    let limit = min(bytes.count, index + InlineParser.maximumDollarMath)
    var place = index + 1
    while place < limit, bytes[place] != 0x0A, bytes[place] != UInt8(ascii: "`") {
      if bytes[place] == dollar, bytes[place - 1] != 0x20 {
        let next = place + 1 < bytes.count ? bytes[place + 1] : 0
        if next >= 0x30, next <= 0x39 { break }
        return mark(index, place + 1 - index, .math(Span(index, place + 1)))
      }
      place += 1
    }
    return index + 1
  }

  // MARK: Links

  private mutating func closeBracket(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
    guard let bracket = brackets.popLast() else { return index + 1 }
    let isActive = bracket.isPicture || brackets.count >= inactiveBelow
    inactiveBelow = min(inactiveBelow, brackets.count)
    guard isActive, let target = InlineScanner.target(bytes, index + 1) else { return index + 1 }
    resolve(from: bracket.delimiters)
    needsSorting = true
    _ = mark(
      bracket.position, bracket.isPicture ? 2 : 1,
      .openLink(target.address, isPicture: bracket.isPicture))
    if !bracket.isPicture { inactiveBelow = brackets.count }
    return mark(index, target.end - index, .closeLink)
  }

  // MARK: Emphasis

  private mutating func delimiterRun(
    _ bytes: UnsafeBufferPointer<UInt8>, _ index: Int, first: Int
  ) -> Int {
    let run = Delimiter(bytes, at: index, first: first)
    if run.canOpen || run.canClose { delimiters.append(run) }
    return index + run.count
  }

  /// Pairs the delimiters from a place on, and forgets them.
  ///
  /// The rules are CommonMark's (<https://spec.commonmark.org/0.31.2/#phase-2-inline-structure>),
  /// with a stack of possible openers. A search that found none is not made again below where it
  /// ended.
  private mutating func resolve(from bottom: Int) {
    var openers: [Int] = []
    var bottoms = [Int](repeating: bottom, count: 18)
    for index in bottom..<max(bottom, delimiters.count) {
      while delimiters[index].canClose, delimiters[index].count > 0 {
        let key = delimiters[index].searchKey
        guard
          let place = openers.lastIndex(where: {
            $0 < bottoms[key] || delimiters[$0].pairs(with: delimiters[index])
          }), openers[place] >= bottoms[key]
        else {
          bottoms[key] = index
          break
        }
        openers.removeLast(openers.count - place - 1)
        pair(openers[place], index)
        if delimiters[openers[place]].count == 0 { openers.removeLast() }
      }
      if delimiters[index].canOpen, delimiters[index].count > 0 { openers.append(index) }
    }
    delimiters.removeLast(delimiters.count - bottom)
  }

  private mutating func pair(_ opener: Int, _ closer: Int) {
    let isStruck = delimiters[closer].byte == UInt8(ascii: "~")
    let length = min(2, delimiters[opener].count, delimiters[closer].count)
    let element: MarkdownElement = isStruck ? .struck : length == 2 ? .strong : .emphasis
    delimiters[opener].end -= length
    _ = mark(delimiters[opener].end, length, .open(element))
    _ = mark(delimiters[closer].start, length, .close(element))
    delimiters[closer].start += length
    needsSorting = true
  }
}

/// A run of `*`, `_` or `~`, and what is left of it.
struct Delimiter {
  let byte: UInt8
  let canOpen: Bool
  let canClose: Bool
  let original: Int
  var start: Int
  var end: Int

  var count: Int { end - start }

  init(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int, first: Int) {
    byte = bytes[index]
    original = InlineScanner.run(bytes, index)
    start = index
    end = index + original
    let before = index > first ? bytes[index - 1] : 0x20
    let after = end < bytes.count ? bytes[end] : 0x20
    let isBlankBefore = before <= 0x20
    let isBlankAfter = after <= 0x20
    let isMarkBefore = InlineScanner.isPunctuation(before)
    let isMarkAfter = InlineScanner.isPunctuation(after)
    let isLeft = !isBlankAfter && (!isMarkAfter || isBlankBefore || isMarkBefore)
    let isRight = !isBlankBefore && (!isMarkBefore || isBlankAfter || isMarkAfter)
    switch byte {
    case UInt8(ascii: "_"):
      canOpen = isLeft && (!isRight || isMarkBefore)
      canClose = isRight && (!isLeft || isMarkAfter)
    case UInt8(ascii: "~"):
      canOpen = isLeft && original == 2
      canClose = isRight && original == 2
    default:
      canOpen = isLeft
      canClose = isRight
    }
  }

  /// Closers of one key look for the same openers.
  var searchKey: Int {
    let kind = byte == UInt8(ascii: "*") ? 0 : byte == UInt8(ascii: "_") ? 1 : 2
    return kind * 6 + (canOpen ? 3 : 0) + original % 3
  }

  /// Whether this run can be opened for what the other closes.
  func pairs(with closer: Delimiter) -> Bool {
    guard byte == closer.byte else { return false }
    guard canClose || closer.canOpen else { return true }
    return (original + closer.original) % 3 != 0
      || (original % 3 == 0 && closer.original % 3 == 0)
  }
}
