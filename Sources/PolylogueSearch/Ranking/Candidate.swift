/// A document that matches, with what ranking needs to know.
struct Candidate {
  var document: UInt32
  var key: Double
}

/// Keeps the greatest keys.
struct TopCandidates {
  private let capacity: Int
  private(set) var all: [Candidate] = []
  /// Keys at or below this cannot get in any more.
  private(set) var threshold = -Double.infinity

  init(capacity: Int) {
    self.capacity = max(1, capacity)
    all.reserveCapacity(self.capacity * 2)
  }

  mutating func offer(_ document: UInt32, _ key: Double) {
    guard key > threshold else { return }
    all.append(Candidate(document: document, key: key))
    if all.count >= capacity * 2 { shrink() }
  }

  /// The kept ones, greatest first, later documents first where keys are equal.
  mutating func sorted() -> [Candidate] {
    shrink()
    return all
  }

  private mutating func shrink() {
    all.sort { $0.key != $1.key ? $0.key > $1.key : $0.document > $1.document }
    guard all.count >= capacity else { return }
    all.removeLast(all.count - capacity)
    threshold = all[capacity - 1].key
  }
}
