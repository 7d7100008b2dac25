/// Rows in columns for a person.
struct Table {
  /// A column.
  struct Column {
    let title: String
    var isNumber = false
    /// Whether it gives way when the terminal is narrow.
    var isFlexible = false
    /// Whether a cut cell is a usable beginning, so that no `…` is put behind it.
    var isPrefix = false
    /// The most columns it takes where nothing else limits it.
    var limit = Int.max
  }

  let columns: [Column]
  private(set) var rows: [[String]] = []

  init(_ columns: [Column]) {
    self.columns = columns
  }

  /// Adds a row; its cells must be safe to show.
  mutating func add(_ cells: [String]) {
    rows.append(cells)
  }

  /// The lines of the table.
  ///
  /// - Parameter width: The columns to fit in; nil where nothing is cut.
  func lines(width: Int?, style: Style) -> [String] {
    var widths = columns.enumerated().map { index, column in
      rows.reduce(DisplayWidth.columns(of: column.title)) {
        max($0, index < $1.count ? DisplayWidth.columns(of: $1[index]) : 0)
      }
    }
    if let width {
      shrink(&widths, to: width)
    } else {
      for index in columns.indices { widths[index] = min(widths[index], columns[index].limit) }
    }
    let header = line(columns.map(\.title), widths: widths)
    return [style.dim(header)] + rows.map { line($0, widths: widths) }
  }

  private func shrink(_ widths: inout [Int], to width: Int) {
    var excess = widths.reduce(0, +) + 2 * (widths.count - 1) - width
    // Ids first: a beginning of one is as good as the whole.
    let order = columns.indices.sorted { columns[$0].isPrefix && !columns[$1].isPrefix }
    for index in order where columns[index].isFlexible && excess > 0 {
      let cut = min(excess, max(0, widths[index] - (columns[index].isPrefix ? 24 : 12)))
      widths[index] -= cut
      excess -= cut
    }
  }

  private func line(_ cells: [String], widths: [Int]) -> String {
    var out = ""
    for (index, cell) in cells.enumerated() where index < widths.count {
      if index > 0 { out += "  " }
      let fitted = DisplayWidth.fit(
        cell, columns: widths[index], ellipsis: columns[index].isPrefix ? "" : "…")
      let isLast = index == cells.count - 1
      out +=
        isLast && !columns[index].isNumber
        ? fitted
        : DisplayWidth.pad(fitted, columns: widths[index], isNumber: columns[index].isNumber)
    }
    return out
  }
}
