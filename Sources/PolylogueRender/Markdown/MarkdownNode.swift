/// A stretch of a parser's text, in bytes.
struct Span: Equatable {
  var start: Int32
  var end: Int32

  init(_ start: Int, _ end: Int) {
    self.start = Int32(clamping: start)
    self.end = Int32(clamping: end)
  }

  var range: Range<Int> { Int(start)..<Int(max(start, end)) }
}

/// A node of a Markdown document. The document is a list of nodes in reading order, in which what
/// has content opens and closes: a tree that is built, walked and forgotten without recursion.
enum MarkdownNode: Equatable {
  case open(MarkdownElement)
  case close(MarkdownElement)
  /// A numbered list; closed by `.close(.numbers)`.
  case openNumbers(start: Int)
  /// A list item that can be ticked off; closed by `.close(.item)`.
  case openTask(isDone: Bool)
  /// A cell; closed by `.close(.cell)` or `.close(.headerCell)`.
  case openCell(MarkdownAlignment, isHeader: Bool)
  /// A link or a picture with an address that nobody has looked at yet; closed by `.closeLink`.
  case openLink(Span, isPicture: Bool)
  case closeLink
  case text(Span)
  /// A formula with its delimiters; one of display stands on lines of its own. Closed by
  /// `.close(.math)`.
  case openMath(isDisplay: Bool)
  /// A character that was written as an entity.
  case character(UInt32)
  case lineBreak
  case softBreak
  case rule
  /// The language with what is said behind it.
  case codeBlock(language: Span, content: Span)
}

/// What has content.
enum MarkdownElement: UInt8 {
  case paragraph, heading1, heading2, heading3, heading4, heading5, heading6
  case quote, bullets, numbers, item
  case table, header, body, row, cell, headerCell
  case emphasis, strong, struck, code, math

  /// A heading of a level from 1 to 6.
  static func heading(_ level: Int) -> MarkdownElement {
    MarkdownElement(rawValue: heading1.rawValue + UInt8(clamping: max(1, min(level, 6)) - 1))
      ?? .heading6
  }
}

/// How the cells of a column stand.
enum MarkdownAlignment: UInt8 { case none, left, center, right }
