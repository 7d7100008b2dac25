/// Decides whether words follow one another in a document.
enum PhraseMatch {
  /// Whether a document has the words at the distances that the query has them.
  static func holds(
    _ elements: [QueryPlan.Element], _ lists: [[PostingsList]], _ document: UInt32
  ) throws -> Bool {
    // Where the phrase can begin: narrowed down word by word.
    var starts: [UInt32] = []
    for (index, element) in elements.enumerated() {
      let shift = element.position - elements[0].position
      var positions: [UInt32] = []
      for list in lists[index] { try list.positions(in: document, into: &positions) }
      if lists[index].count > 1 { positions.sort() }
      if index == 0 {
        starts = positions
      } else {
        starts = starts.filter { contains(positions, $0 &+ shift) }
      }
      if starts.isEmpty { return false }
    }
    return true
  }

  private static func contains(_ sorted: [UInt32], _ value: UInt32) -> Bool {
    var low = 0
    var high = sorted.count
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low < sorted.count && sorted[low] == value
  }
}
