import PolylogueModel

/// Reads Markdown into nodes: CommonMark's blocks and inline forms, tables, task lists and struck
/// text as on GitHub, formulas as text.
///
/// Archived text decides everything here, so everything is bounded: containers go
/// ``maximumDepth`` deep, what lies deeper is text; every byte is looked at a bounded number of
/// times. There are no HTML blocks and no inline HTML: such text is text. There are no reference
/// links either.
final class MarkdownParser {
  /// How deep quotes and lists go; a list and its item count one each.
  static let maximumDepth = 32

  /// The bytes that spans refer to.
  private(set) var text: [UInt8] = []
  /// The document.
  private(set) var nodes: [MarkdownNode] = []

  private enum Container {
    case quote
    case list(kind: UInt8)
    case item(indent: Int)
  }

  private enum Leaf {
    case none
    case paragraph(lines: Int)
    case fence(mark: UInt8, count: Int, indent: Int, language: Span)
    case indented
    case math(closer: UInt8)
    case table([MarkdownAlignment])
  }

  private var containers: [Container] = []
  private var leaf = Leaf.none
  private var leafStart = 0
  private var inline = InlineParser()

  /// Reads a text, and forgets the one before.
  ///
  /// - Complexity: O(bytes).
  func parse(_ source: UnsafeBufferPointer<UInt8>) {
    text.removeAll(keepingCapacity: true)
    nodes.removeAll(keepingCapacity: true)
    var start = 0
    while start < source.count {
      let end = Lines.lineBreak(in: source, from: start) ?? source.count
      let last = end > start && source[end - 1] == 0x0D ? end - 1 : end
      take(MarkdownLine(source, start, last))
      start = end + 1
    }
    closeLeaf()
    close(to: 0)
  }

  // MARK: Lines

  private func take(_ original: MarkdownLine) {
    var line = original
    var matched = match(&line)
    let isWhole = matched == containers.count
    switch leaf {
    case .fence, .math:
      if isWhole { return takeVerbatim(line) }
      closeLeaf()
    case .table, .indented:
      if !isWhole { closeLeaf() }
    case .none, .paragraph: break
    }
    let hasOpened = openContainers(&line, &matched)
    let (columns, next) = line.indentation
    if next == line.end { return takeBlank(line, matched: matched) }
    if columns >= 4 {
      if case .paragraph = leaf, !hasOpened {
        return continueParagraph(line)
      }
      return takeIndented(line, matched: matched)
    }
    if case .indented = leaf { closeLeaf() }
    if isWhole, !hasOpened, takeUnderline(line, at: next) { return }
    if takeLeaf(line, at: next, columns: columns, matched: matched) { return }
    switch leaf {
    case .paragraph where !hasOpened: continueParagraph(line)
    case .table where !hasOpened: takeRow(line, at: next)
    default:
      settle(matched)
      leaf = .paragraph(lines: 1)
      leafStart = text.count
      text.append(contentsOf: line.bytes[next..<line.end])
    }
  }

  /// Goes through the containers that are open; returns how many of them go on in this line.
  private func match(_ line: inout MarkdownLine) -> Int {
    for (index, container) in containers.enumerated() {
      switch container {
      case .quote:
        let (columns, next) = line.indentation
        guard columns < 4, line.byte(next) == UInt8(ascii: ">") else { return index }
        MarkdownParser.takeQuoteMark(&line, at: next)
      case .list: break
      case .item(let indent):
        let (columns, next) = line.indentation
        if next == line.end { continue }
        guard columns >= indent else { return index }
        line.take(columns: indent)
      }
    }
    return containers.count
  }

  private static func takeQuoteMark(_ line: inout MarkdownLine, at place: Int) {
    line.position = place + 1
    line.spare = 0
    line.take(columns: 1)
  }

  /// Opens the quotes and list items that begin in this line.
  private func openContainers(_ line: inout MarkdownLine, _ matched: inout Int) -> Bool {
    var hasOpened = false
    while containers.count < MarkdownParser.maximumDepth {
      let (columns, next) = line.indentation
      guard next < line.end, columns < 4 else { break }
      if line.bytes[next] == UInt8(ascii: ">") {
        settle(matched)
        containers.append(.quote)
        nodes.append(.open(.quote))
        MarkdownParser.takeQuoteMark(&line, at: next)
      } else if let mark = line.listMark(at: next), !line.isRule(at: next),
        mayBegin(mark, line, at: next, isWhole: matched == containers.count)
      {
        openItem(mark, &line, at: next, columns: columns, matched: matched)
      } else {
        break
      }
      matched = containers.count
      hasOpened = true
    }
    return hasOpened
  }

  /// A list interrupts a paragraph only where it is surely one.
  private func mayBegin(
    _ mark: (kind: UInt8, width: Int, number: Int32), _ line: MarkdownLine, at place: Int,
    isWhole: Bool
  ) -> Bool {
    guard isWhole, case .paragraph = leaf else { return true }
    let isEmpty = line.trimmedEnd(from: place) <= place + mark.width
    let isBullet = mark.width == 1
    return !isEmpty && (isBullet || mark.number == 1)
  }

  private func openItem(
    _ mark: (kind: UInt8, width: Int, number: Int32), _ line: inout MarkdownLine, at place: Int,
    columns: Int, matched: Int
  ) {
    closeLeaf()
    close(to: matched)
    var isSame = false
    if case .list(let kind) = containers.last { isSame = kind == mark.kind }
    if !isSame {
      closeBareList()
      containers.append(.list(kind: mark.kind))
      nodes.append(mark.width == 1 ? .open(.bullets) : .openNumbers(start: mark.number))
    }
    line.position = place + mark.width
    line.spare = 0
    let (inner, next) = line.indentation
    let gap = next == line.end || inner > 4 ? 1 : inner
    containers.append(.item(indent: columns + mark.width + gap))
    line.take(columns: gap)
    openTask(&line)
  }

  /// Opens the item, as a task where `[ ]` or `[x]` follows.
  private func openTask(_ line: inout MarkdownLine) {
    let place = line.indentation.next
    if line.byte(place) == UInt8(ascii: "["), line.byte(place + 2) == UInt8(ascii: "]"),
      line.byte(place + 3) == 0x20
    {
      let state = line.byte(place + 1) | 0x20
      if state == 0x20 || state == UInt8(ascii: "x") {
        nodes.append(.openTask(isDone: state != 0x20))
        line.position = place + 4
        line.spare = 0
        return
      }
    }
    nodes.append(.open(.item))
  }

  private func takeVerbatim(_ original: MarkdownLine) {
    var line = original
    switch leaf {
    case .fence(let mark, let count, let indent, _):
      let (columns, next) = line.indentation
      let run = line.run(of: mark, at: next)
      if columns < 4, run >= count, next + run == line.trimmedEnd(from: next) {
        return closeLeaf()
      }
      line.take(columns: indent)
      append(line)
    case .math(let closer):
      append(line)
      if line.isBlank || closes(line, closer) { closeLeaf() }
    default: break
    }
  }

  private func takeBlank(_ line: MarkdownLine, matched: Int) {
    if case .indented = leaf {
      text.append(0x0A)
    } else {
      closeLeaf()
    }
    close(to: matched)
  }

  private func takeIndented(_ original: MarkdownLine, matched: Int) {
    var line = original
    if case .indented = leaf {
    } else {
      settle(matched)
      leaf = .indented
      leafStart = text.count
    }
    line.take(columns: 4)
    append(line)
  }

  private func continueParagraph(_ line: MarkdownLine) {
    if case .paragraph(let lines) = leaf { leaf = .paragraph(lines: lines + 1) }
    text.append(0x0A)
    // Indentation stays: people paste programs without fences.
    text.append(contentsOf: line.bytes[line.position..<line.end])
  }

  /// A heading's underline, or the line below a table's head.
  private func takeUnderline(_ line: MarkdownLine, at place: Int) -> Bool {
    guard case .paragraph(let lines) = leaf else { return false }
    if lines == 1, let columns = line.alignments(at: place), openTable(columns) { return true }
    let level = line.underlineLevel(at: place)
    guard level > 0 else { return false }
    leaf = .none
    writeInline(leafStart, text.count, in: .heading(level))
    return true
  }

  /// Takes a heading, a rule or the opening of a fence.
  private func takeLeaf(_ line: MarkdownLine, at place: Int, columns: Int, matched: Int) -> Bool {
    let level = line.headingLevel(at: place)
    if level > 0 {
      settle(matched)
      heading(line, at: place + level, level: level)
    } else if line.isRule(at: place) {
      settle(matched)
      nodes.append(.rule)
    } else if let fence = line.fence(at: place) {
      settle(matched)
      let start = text.count
      let info = line.bytes[(place + fence.count)..<line.end]
      let word = info.drop(while: MarkdownLine.isBlank).prefix { !MarkdownLine.isBlank($0) }
      text.append(contentsOf: word)
      leaf = .fence(
        mark: fence.mark, count: fence.count, indent: columns, language: Span(start, text.count))
      leafStart = text.count
    } else if let closer = mathCloser(line, at: place) {
      settle(matched)
      leaf = .math(closer: closer)
      leafStart = text.count
      var first = line
      first.position = place + 2
      text.append(contentsOf: line.bytes[place..<(place + 2)])
      append(first)
      if closes(first, closer) { closeLeaf() }
    } else {
      return false
    }
    return true
  }

  private func heading(_ line: MarkdownLine, at place: Int, level: Int) {
    var end = line.trimmedEnd(from: place)
    var hashes = end
    while hashes > place, line.bytes[hashes - 1] == UInt8(ascii: "#") { hashes -= 1 }
    if hashes == place || MarkdownLine.isBlank(line.bytes[hashes - 1]) { end = hashes }
    let start = text.count
    text.append(contentsOf: line.bytes[place..<end].drop(while: MarkdownLine.isBlank))
    writeInline(start, text.count, in: .heading(level))
  }

  // MARK: Formulas

  /// The second byte of what ends a formula that opens here: `$` for `$$`, `]` for `\]`.
  private func mathCloser(_ line: MarkdownLine, at place: Int) -> UInt8? {
    if line.byte(place) == UInt8(ascii: "$"), line.byte(place + 1) == UInt8(ascii: "$") {
      return UInt8(ascii: "$")
    }
    let isBracket = line.byte(place) == UInt8(ascii: "\\") && line.byte(place + 1) == 0x5B
    return isBracket ? UInt8(ascii: "]") : nil
  }

  private func closes(_ line: MarkdownLine, _ closer: UInt8) -> Bool {
    let first = closer == UInt8(ascii: "$") ? closer : UInt8(ascii: "\\")
    var index = line.position
    while index + 1 < line.end {
      if line.bytes[index] == first, line.bytes[index + 1] == closer { return true }
      index += 1
    }
    return false
  }

  // MARK: Tables

  private func openTable(_ columns: [MarkdownAlignment]) -> Bool {
    let head = Span(leafStart, text.count)
    let cells = text.withUnsafeBufferPointer { TableRow.cells(of: $0, head.range) }
    guard cells.count == columns.count else { return false }
    leaf = .table(columns)
    nodes.append(.open(.table))
    nodes.append(.open(.header))
    row(cells, columns, isHeader: true)
    nodes.append(.close(.header))
    nodes.append(.open(.body))
    return true
  }

  private func takeRow(_ line: MarkdownLine, at place: Int) {
    guard case .table(let columns) = leaf else { return }
    let start = text.count
    text.append(contentsOf: line.bytes[place..<line.end])
    let cells = text.withUnsafeBufferPointer { TableRow.cells(of: $0, start..<$0.count) }
    row(cells, columns, isHeader: false)
  }

  /// Missing cells are not made up, and those too many are kept.
  private func row(_ cells: [Range<Int>], _ columns: [MarkdownAlignment], isHeader: Bool) {
    nodes.append(.open(.row))
    for (index, cell) in cells.enumerated() {
      nodes.append(
        .openCell(index < columns.count ? columns[index] : .none, isHeader: isHeader))
      let start = text.count
      TableRow.appendUnescaped(cell, of: &text)
      writeInline(start, text.count, in: nil)
      nodes.append(.close(isHeader ? .headerCell : .cell))
    }
    nodes.append(.close(.row))
  }

  // MARK: Closing

  private func append(_ line: MarkdownLine) {
    text.append(contentsOf: repeatElement(0x20, count: line.spare))
    text.append(contentsOf: line.bytes[line.position..<line.end])
    text.append(0x0A)
  }

  /// Closes what does not go on in this line, before something begins.
  private func settle(_ matched: Int) {
    closeLeaf()
    close(to: matched)
    closeBareList()
  }

  /// A list whose last item is closed, when no other item follows.
  private func closeBareList() {
    if case .list = containers.last { close(to: containers.count - 1) }
  }

  private func close(to depth: Int) {
    while containers.count > depth, let last = containers.popLast() {
      switch last {
      case .quote: nodes.append(.close(.quote))
      case .item: nodes.append(.close(.item))
      case .list(let kind):
        let isNumbers = kind == UInt8(ascii: ".") || kind == UInt8(ascii: ")")
        nodes.append(.close(isNumbers ? .numbers : .bullets))
      }
    }
  }

  private func closeLeaf() {
    let closing = leaf
    leaf = .none
    switch closing {
    case .none: break
    case .paragraph: writeInline(leafStart, text.count, in: .paragraph)
    case .fence(_, _, _, let language):
      nodes.append(.codeBlock(language: language, content: Span(leafStart, text.count)))
    case .indented:
      var end = text.count
      while end > leafStart + 1, text[end - 1] == 0x0A, text[end - 2] == 0x0A { end -= 1 }
      nodes.append(.codeBlock(language: Span(0, 0), content: Span(leafStart, end)))
    case .math: nodes.append(.mathBlock(Span(leafStart, text.count)))
    case .table:
      nodes.append(.close(.body))
      nodes.append(.close(.table))
    }
  }

  private func writeInline(_ start: Int, _ end: Int, in element: MarkdownElement?) {
    var last = end
    while last > start, text[last - 1] == 0x0A || MarkdownLine.isBlank(text[last - 1]) {
      last -= 1
    }
    if let element { nodes.append(.open(element)) }
    text.withUnsafeBufferPointer { bytes in
      inline.parse(bytes, start..<last, into: &nodes)
    }
    if let element { nodes.append(.close(element)) }
  }
}
