/// A document that matches, with what ranking needs to know.
struct Candidate {
  var document: UInt32
  /// When it was offered, counted from 0: the earlier one wins where keys are equal.
  var turn: UInt32
  var key: Double

  /// Whether the other one is kept rather than this one.
  func isBehind(_ other: Candidate) -> Bool {
    key != other.key ? key < other.key : turn > other.turn
  }
}

/// Keeps the greatest keys: a heap with the least of them in front.
struct TopCandidates {
  private let capacity: Int
  private var heap: [Candidate] = []
  private var turn: UInt32 = 0
  /// Keys at or below this cannot get in any more.
  private(set) var threshold = -Double.infinity

  init(capacity: Int) {
    self.capacity = max(1, capacity)
    heap.reserveCapacity(min(self.capacity, 1024))
  }

  mutating func offer(_ document: UInt32, _ key: Double) {
    guard key > threshold else { return }
    let candidate = Candidate(document: document, turn: turn, key: key)
    turn &+= 1
    if heap.count < capacity {
      heap.append(candidate)
      heap.withUnsafeMutableBufferPointer { TopCandidates.rise(candidate, in: $0) }
    } else {
      heap.withUnsafeMutableBufferPointer { TopCandidates.sink(candidate, in: $0) }
    }
    if heap.count == capacity { threshold = heap[0].key }
  }

  /// The kept ones, greatest first, earlier ones first where keys are equal.
  func sorted() -> [Candidate] { heap.sorted { $1.isBehind($0) } }

  /// Puts a candidate to the free place at the end, or where it belongs above.
  private static func rise(
    _ candidate: Candidate, in heap: UnsafeMutableBufferPointer<Candidate>
  ) {
    var at = heap.count - 1
    while at > 0, candidate.isBehind(heap[(at - 1) / 2]) {
      heap[at] = heap[(at - 1) / 2]
      at = (at - 1) / 2
    }
    heap[at] = candidate
  }

  /// Puts a candidate to the free place in front, or where it belongs below.
  private static func sink(
    _ candidate: Candidate, in heap: UnsafeMutableBufferPointer<Candidate>
  ) {
    var at = 0
    while 2 * at + 1 < heap.count {
      var child = 2 * at + 1
      if child + 1 < heap.count, heap[child + 1].isBehind(heap[child]) { child += 1 }
      guard heap[child].isBehind(candidate) else { break }
      heap[at] = heap[child]
      at = child
    }
    heap[at] = candidate
  }
}
