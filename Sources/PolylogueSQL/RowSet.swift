/// Rows of the archive, sorted, eight bytes a row.
public struct RowSet: Sendable, Equatable {
  /// The rows, sorted.
  public let rows: [Int64]

  /// Collects rows in any order.
  public init(_ rows: some Sequence<Int64>) {
    var sorted = rows.sorted()
    var count = 0
    for row in sorted where count == 0 || sorted[count - 1] != row {
      sorted[count] = row
      count += 1
    }
    sorted.removeLast(sorted.count - count)
    self.rows = sorted
  }

  /// How many rows there are.
  public var count: Int { rows.count }

  /// Whether the row is one of them. Cost: logarithmic.
  public func contains(_ row: Int64) -> Bool { hasRow(in: row...row) }

  /// Whether one of the rows lies in a range. Cost: logarithmic.
  public func hasRow(in range: ClosedRange<Int64>) -> Bool {
    var low = 0
    var high = rows.count
    while low < high {
      let middle = (low + high) / 2
      if rows[middle] < range.lowerBound { low = middle + 1 } else { high = middle }
    }
    return low < rows.count && rows[low] <= range.upperBound
  }

  /// The rows that both have.
  public func intersection(_ other: RowSet) -> RowSet { RowSet(rows.filter(other.contains)) }
}
