/// Messages that a search is restricted to, as a bit for each row of the archive between the first
/// and the last.
public struct MessageSet: Sendable {
  /// The span of rows that bits are kept for, 64 MB of them: rows of an archive are dense. What lies
  /// further behind the first is not in the set.
  static let mostRows: UInt64 = 1 << 29

  /// The rows' bits, from ``first`` on.
  let words: [UInt64]
  /// The row of the lowest bit.
  let first: UInt64
  /// How many messages there are.
  public let count: Int
  /// The rows in ascending order, where they are few.
  let few: [Int64]?
  /// Up to how many rows are kept beside the bits.
  static let fewCount = 512

  /// Collects rows in any order; rows below 1 are passed over.
  ///
  /// - Complexity: O(rows + span of the rows / 64); memory: an eighth of a byte for each row of the
  ///   span.
  public init(_ rows: some Collection<Int64>) {
    var lowest = Int64.max
    var highest: Int64 = 0
    for row in rows where row > 0 {
      lowest = min(lowest, row)
      highest = max(highest, row)
    }
    guard lowest <= highest else {
      (words, first, count, few) = ([], 0, 0, [])
      return
    }
    let start = UInt64(lowest) & ~63
    let span = min(UInt64(highest) - start + 1, MessageSet.mostRows)
    var words = [UInt64](repeating: 0, count: Int((span + 63) / 64))
    var count = 0
    for row in rows where row > 0 {
      let place = UInt64(row) - start
      guard place < span else { continue }
      let bit = UInt64(1) << (place % 64)
      if words[Int(place / 64)] & bit == 0 { count += 1 }
      words[Int(place / 64)] |= bit
    }
    self.words = words
    first = start
    self.count = count
    few = count <= MessageSet.fewCount ? Array(Set(rows)).filter { $0 > 0 }.sorted() : nil
  }

  /// Whether a message is in the set. Cost: constant.
  public func contains(_ row: Int64) -> Bool {
    guard row > 0, UInt64(row) >= first else { return false }
    let place = UInt64(row) - first
    return place / 64 < UInt64(words.count) && words[Int(place / 64)] >> (place % 64) & 1 == 1
  }
}
