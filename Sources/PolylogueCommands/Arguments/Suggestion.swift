/// Guesses what was meant by a mistyped name.
enum Suggestion {
  /// The nearest of the names, if any is near enough to be meant.
  static func best(for typed: String, among names: [String]) -> String? {
    let typed = Array(typed.utf8.prefix(64))
    var best: (name: String, distance: Int)?
    for name in names {
      let distance = distance(typed, Array(name.utf8))
      let isPrefix = typed.count >= 2 && name.utf8.starts(with: typed)
      let rank = isPrefix ? 0 : distance
      guard isPrefix || distance <= max(1, min(typed.count, name.utf8.count) / 3) else { continue }
      if best.map({ rank < $0.distance }) ?? true { best = (name, rank) }
    }
    return best?.name
  }

  /// Edits between two names, a swap of neighbours counted as one (optimal string alignment).
  static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast = [Int](repeating: 0, count: right.count + 1)
    var last = Array(0...right.count)
    for row in 0..<left.count {
      var current = [row + 1] + [Int](repeating: 0, count: right.count)
      for column in 0..<right.count {
        let change = last[column] + (left[row] == right[column] ? 0 : 1)
        current[column + 1] = min(change, last[column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          current[column + 1] = min(current[column + 1], beforeLast[column - 1] + 1)
        }
      }
      beforeLast = last
      last = current
    }
    return last[right.count]
  }
}
