import CPolylogueMarkdown

/// Reads Markdown into nodes: CommonMark with tables, task lists, struck text and bare addresses as
/// on GitHub, formulas as text. md4c finds the structure
/// (<https://github.com/mity/md4c>, <https://spec.commonmark.org/0.30/>).
///
/// Archived text decides everything here, so what it can make is bounded: containers go
/// ``maximumDepth`` deep, what lies deeper is shown without them, and a text that would grow many
/// times over is refused. There are no HTML blocks and no inline HTML: such text is text.
final class MarkdownParser {
  /// How deep quotes and lists go; a list and its item count one each.
  static let maximumDepth = 32
  /// A longer text is refused: some, such as of nothing but `~~a~ `, take md4c a time that grows with
  /// the square of their length.
  static let maximumBytes = 256 << 10

  /// The bytes that spans refer to: the text as it was written, then what was put together from it.
  var text: [UInt8] = []
  /// The document.
  var nodes: [MarkdownNode] = []

  var mask = MarkdownMask()
  var source: UnsafePointer<CChar>?
  var sourceCount = 0
  var depth = 0
  /// The address bytes and table cells that may still come.
  var allowance = 0
  var codeStart: Int?
  var language = Span(0, 0)
  var isInCell = false
  var isAfterBreak = false
  /// The first formula that has not been shown yet.
  var formula = 0
  /// Where the formula ends that is open, if one is.
  var formulaEnd: Int?

  /// Reads a text, and forgets the one before.
  ///
  /// - Returns: Whether it can be shown formatted.
  /// - Complexity: O(bytes), but for texts made to be slow: a second for the longest.
  func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    text.removeAll(keepingCapacity: true)
    nodes.removeAll(keepingCapacity: true)
    guard bytes.count <= MarkdownParser.maximumBytes else { return false }
    mask.take(bytes)
    text.append(contentsOf: bytes)
    sourceCount = bytes.count
    depth = 0
    allowance = 8 * bytes.count + 4096
    codeStart = nil
    isInCell = false
    isAfterBreak = false
    formula = 0
    formulaEnd = nil
    return mask.bytes.withUnsafeBytes { masked in
      source = masked.assumingMemoryBound(to: CChar.self).baseAddress
      defer { source = nil }
      var callbacks = MarkdownParser.callbacks
      let user = Unmanaged.passUnretained(self).toOpaque()
      return md_parse(source, MD_SIZE(sourceCount), &callbacks, user) == 0
    }
  }

  private static var callbacks: MD_PARSER {
    var parser = MD_PARSER()
    parser.flags = UInt32(
      MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS | MD_FLAG_NOHTMLBLOCKS
        | MD_FLAG_NOHTMLSPANS)
    parser.enter_block = { type, detail, user in
      MarkdownParser.from(user).openBlock(type, detail)
    }
    parser.leave_block = { type, detail, user in
      MarkdownParser.from(user).closeBlock(type, detail)
      return 0
    }
    parser.enter_span = { type, detail, user in
      MarkdownParser.from(user).openSpan(type, detail)
    }
    parser.leave_span = { type, _, user in
      MarkdownParser.from(user).closeSpan(type)
      return 0
    }
    parser.text = { type, text, count, user in
      MarkdownParser.from(user).take(type, UnsafeBufferPointer(start: text, count: Int(count)))
      return 0
    }
    return parser
  }

  private static func from(_ user: UnsafeMutableRawPointer?) -> MarkdownParser {
    guard let user else { preconditionFailure("md4c passes on what it was given") }
    return Unmanaged<MarkdownParser>.fromOpaque(user).takeUnretainedValue()
  }

  // MARK: Blocks

  /// - Returns: 0, or -1 where the text is refused.
  private func openBlock(_ type: MD_BLOCKTYPE, _ detail: UnsafeMutableRawPointer?) -> CInt {
    isAfterBreak = false
    closeFormula()
    switch type {
    case MD_BLOCK_QUOTE: openContainer(.open(.quote))
    case MD_BLOCK_UL: openContainer(.open(.bullets))
    case MD_BLOCK_OL:
      let list = MarkdownParser.detail(detail, as: MD_BLOCK_OL_DETAIL.self)
      openContainer(.openNumbers(start: Int(list.start)))
    case MD_BLOCK_LI:
      let item = MarkdownParser.detail(detail, as: MD_BLOCK_LI_DETAIL.self)
      openContainer(
        item.is_task != 0
          ? .openTask(isDone: item.task_mark != CChar(bitPattern: 0x20)) : .open(.item))
    case MD_BLOCK_HR: nodes.append(.rule)
    case MD_BLOCK_H:
      let heading = MarkdownParser.detail(detail, as: MD_BLOCK_H_DETAIL.self)
      nodes.append(.open(.heading(Int(heading.level))))
    case MD_BLOCK_CODE:
      language = span(of: MarkdownParser.detail(detail, as: MD_BLOCK_CODE_DETAIL.self).info)
      codeStart = text.count
    case MD_BLOCK_P: nodes.append(.open(.paragraph))
    case MD_BLOCK_TABLE:
      let table = MarkdownParser.detail(detail, as: MD_BLOCK_TABLE_DETAIL.self)
      // Every row gets a cell for every column, written or not.
      allowance -= Int(table.col_count) * (Int(table.body_row_count) + 1)
      nodes.append(.open(.table))
    case MD_BLOCK_THEAD: nodes.append(.open(.header))
    case MD_BLOCK_TBODY: nodes.append(.open(.body))
    case MD_BLOCK_TR: nodes.append(.open(.row))
    case MD_BLOCK_TH, MD_BLOCK_TD:
      let alignment: MarkdownAlignment =
        switch MarkdownParser.detail(detail, as: MD_BLOCK_TD_DETAIL.self).align {
        case MD_ALIGN_LEFT: .left
        case MD_ALIGN_RIGHT: .right
        case MD_ALIGN_CENTER: .center
        default: .none
        }
      isInCell = true
      nodes.append(.openCell(alignment, isHeader: type == MD_BLOCK_TH))
    default: break
    }
    return allowance < 0 ? -1 : 0
  }

  private func closeBlock(_ type: MD_BLOCKTYPE, _ detail: UnsafeMutableRawPointer?) {
    isAfterBreak = false
    closeFormula()
    switch type {
    case MD_BLOCK_QUOTE: closeContainer(.quote)
    case MD_BLOCK_UL: closeContainer(.bullets)
    case MD_BLOCK_OL: closeContainer(.numbers)
    case MD_BLOCK_LI: closeContainer(.item)
    case MD_BLOCK_H:
      let heading = MarkdownParser.detail(detail, as: MD_BLOCK_H_DETAIL.self)
      nodes.append(.close(.heading(Int(heading.level))))
    case MD_BLOCK_CODE:
      let start = codeStart ?? text.count
      nodes.append(.codeBlock(language: language, content: Span(start, text.count)))
      codeStart = nil
    case MD_BLOCK_P: nodes.append(.close(.paragraph))
    case MD_BLOCK_TABLE: nodes.append(.close(.table))
    case MD_BLOCK_THEAD: nodes.append(.close(.header))
    case MD_BLOCK_TBODY: nodes.append(.close(.body))
    case MD_BLOCK_TR:
      isInCell = false
      closeRow()
    case MD_BLOCK_TH: nodes.append(.close(.headerCell))
    case MD_BLOCK_TD: nodes.append(.close(.cell))
    default: break
    }
  }

  private func openContainer(_ node: MarkdownNode) {
    depth += 1
    if depth <= MarkdownParser.maximumDepth { nodes.append(node) }
  }

  private func closeContainer(_ element: MarkdownElement) {
    if depth <= MarkdownParser.maximumDepth { nodes.append(.close(element)) }
    depth -= 1
  }

  /// Closes a row without the cells at its end that are not written.
  private func closeRow() {
    while nodes.count > 1, nodes[nodes.count - 1] == .close(.cell),
      case .openCell = nodes[nodes.count - 2]
    {
      nodes.removeLast(2)
    }
    nodes.append(.close(.row))
  }
}
