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
      rise(heap.count - 1)
    } else {
      heap[0] = candidate
      sink()
    }
    if heap.count == capacity { threshold = heap[0].key }
  }

  /// The kept ones, greatest first, earlier ones first where keys are equal.
  func sorted() -> [Candidate] { heap.sorted { $1.isBehind($0) } }

  private mutating func rise(_ start: Int) {
    var at = start
    while at > 0 {
      let parent = (at - 1) / 2
      guard heap[at].isBehind(heap[parent]) else { return }
      heap.swapAt(at, parent)
      at = parent
    }
  }

  private mutating func sink() {
    var at = 0
    while true {
      var least = at
      for child in [2 * at + 1, 2 * at + 2] where child < heap.count {
        if heap[child].isBehind(heap[least]) { least = child }
      }
      if least == at { return }
      heap.swapAt(at, least)
      at = least
    }
  }
}
