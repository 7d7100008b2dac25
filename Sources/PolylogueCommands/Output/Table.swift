/// Rows in columns for a person.
struct Table {
  /// A column.
  struct Column {
    let title: String
    var isNumber = false
    /// The least columns it gives way to when the terminal is narrow; nil where it does not.
    var least: Int?
    /// Whether the end of a cell says more than its beginning, so that the beginning is cut.
    var keepsEnd = false
    /// Whether it is left out where there is no room for it.
    var isOptional = false
    /// The most columns it takes where nothing else limits it.
    var limit = Int.max
  }

  let columns: [Column]
  private(set) var rows: [[String]] = []
  private var notes: [Int: String] = [:]

  init(_ columns: [Column]) {
    self.columns = columns
  }

  /// Adds a row; its cells must be safe to show.
  ///
  /// - Parameter note: What stands on lines of its own below the row.
  mutating func add(_ cells: [String], note: String? = nil) {
    notes[rows.count] = note
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
    var shown = Array(columns.indices)
    if let width {
      shrink(&widths, &shown, to: width)
    } else {
      for index in columns.indices { widths[index] = min(widths[index], columns[index].limit) }
    }
    var lines = [style.dim(line(columns.map(\.title), shown, widths: widths))]
    for (index, row) in rows.enumerated() {
      lines.append(line(row, shown, widths: widths))
      guard let note = notes[index] else { continue }
      lines += DisplayWidth.wrap(note, columns: width.map { $0 - 8 }).map {
        style.dim("        " + $0)
      }
    }
    return lines
  }

  private func shrink(_ widths: inout [Int], _ shown: inout [Int], to width: Int) {
    func excess() -> Int { shown.reduce(-2) { $0 + widths[$1] + 2 } - width }
    func give(_ index: Int, least: Int) {
      let cut = min(excess(), max(0, widths[index] - least))
      if cut > 0 { widths[index] -= cut }
    }
    for index in columns.indices {
      if let least = columns[index].least { give(index, least: least) }
    }
    for index in columns.indices.reversed() where columns[index].isOptional && excess() > 0 {
      shown.removeAll { $0 == index }
    }
    // What was cut for a column that is gone is given back; the narrowest terminals cut deeper.
    for index in shown {
      guard let least = columns[index].least else { continue }
      let wanted = rows.reduce(widths[index]) {
        max($0, index < $1.count ? DisplayWidth.columns(of: $1[index]) : 0)
      }
      widths[index] += max(0, min(wanted - widths[index], -excess()))
      give(index, least: min(least, 8))
    }
  }

  private func line(_ cells: [String], _ shown: [Int], widths: [Int]) -> String {
    var out = ""
    for index in shown where index < cells.count {
      if index != shown.first { out += "  " }
      let fitted = DisplayWidth.fit(
        cells[index], columns: widths[index], keepsEnd: columns[index].keepsEnd)
      out +=
        index == shown.last && !columns[index].isNumber
        ? fitted
        : DisplayWidth.pad(fitted, columns: widths[index], isNumber: columns[index].isNumber)
    }
    return out
  }
}
