/// A row of a Markdown table.
enum TableRow {
  /// The cells of a row, without the blanks around them.
  static func cells(of text: UnsafeBufferPointer<UInt8>, _ row: Range<Int>) -> [Range<Int>] {
    var cells: [Range<Int>] = []
    var index = row.lowerBound
    var end = row.upperBound
    while index < end, MarkdownLine.isBlank(text[index]) { index += 1 }
    while end > index, MarkdownLine.isBlank(text[end - 1]) { end -= 1 }
    if index < end, text[index] == UInt8(ascii: "|") { index += 1 }
    var start = index
    while index < end {
      switch text[index] {
      case UInt8(ascii: "\\"): index += 1
      case UInt8(ascii: "|"):
        cells.append(trimmed(text, start..<index))
        start = index + 1
      default: break
      }
      index += 1
    }
    if start < end { cells.append(trimmed(text, start..<end)) }
    return cells
  }

  /// Appends a cell of the text to the text, `\|` as `|`.
  static func appendUnescaped(_ cell: Range<Int>, of text: inout [UInt8]) {
    var index = cell.lowerBound
    while index < cell.upperBound {
      let byte = text[index]
      if byte == UInt8(ascii: "\\"), index + 1 < cell.upperBound,
        text[index + 1] == UInt8(ascii: "|")
      {
        index += 1
        continue
      }
      text.append(byte)
      index += 1
    }
  }

  private static func trimmed(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
  ) -> Range<Int> {
    var start = range.lowerBound
    var end = range.upperBound
    while start < end, MarkdownLine.isBlank(text[start]) { start += 1 }
    while end > start, MarkdownLine.isBlank(text[end - 1]) { end -= 1 }
    return start..<end
  }
}
