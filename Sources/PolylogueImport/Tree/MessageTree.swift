import PolylogueModel

/// Puts the nodes of a conversation in order: parents before children, siblings as they were made.
///
/// Exports hold cycles, parents that are not there, ids given twice and many roots. Nothing is
/// dropped for that: a node whose parent is missing becomes a root, a cycle is opened at its first
/// node in file order. The walk is iterative, since chains of many thousand nodes are normal.
struct MessageTree {
  /// The indices of all nodes, parents first.
  private(set) var order: [Int] = []
  /// The parent of each node; -1 at a root. Without cycles.
  private(set) var parents: [Int]
  private var firstChild: [Int]
  private var nextSibling: [Int]
  private var childCount: [Int]

  /// Orders nodes.
  ///
  /// - Parameters:
  ///   - parents: For each node, in file order, the index of its parent or -1.
  ///   - sort: Brings several children (of the node given first; -1 for the roots) from file order
  ///     into the order in which they were made. Called only where there are at least two.
  /// - Complexity: O(nodes), besides the sorting of siblings.
  init(parents given: [Int], sort: (Int, inout [Int]) -> Void) {
    let count = given.count
    parents = given
    firstChild = [Int](repeating: -1, count: count)
    nextSibling = [Int](repeating: -1, count: count)
    childCount = [Int](repeating: 0, count: count)
    openCycles()
    // Linked from the back, so that the lists run in file order.
    var roots: [Int] = []
    for node in stride(from: count - 1, through: 0, by: -1) {
      let parent = parents[node]
      if parent < 0 {
        roots.append(node)
      } else {
        nextSibling[node] = firstChild[parent]
        firstChild[parent] = node
        childCount[parent] += 1
      }
    }
    roots.reverse()
    if roots.count > 1 { sort(-1, &roots) }
    walk(from: roots, sort: sort)
  }

  /// The children of a node, in file order.
  func children(of node: Int) -> [Int] {
    var found: [Int] = []
    var child = firstChild[node]
    while child >= 0 {
      found.append(child)
      child = nextSibling[child]
    }
    return found
  }

  /// Whether a node has no children.
  func isLeaf(_ node: Int) -> Bool { firstChild[node] < 0 }

  /// Marks the nodes from a leaf up to its root.
  func path(to leaf: Int) -> [Bool] {
    var active = [Bool](repeating: false, count: parents.count)
    var node = leaf
    while node >= 0, !active[node] {
      active[node] = true
      node = parents[node]
    }
    return active
  }

  /// The leaf with the greatest time, the last one in order among equals.
  ///
  /// A leaf without a time has that of the nearest ancestor that has one.
  func latestLeaf(times: [Timestamp?]) -> Int? {
    var inherited = times
    var best: Int?
    var bestTime = Int64.min
    for node in order {
      if inherited[node] == nil, parents[node] >= 0 { inherited[node] = inherited[parents[node]] }
      guard isLeaf(node) else { continue }
      let time = inherited[node]?.microseconds ?? Int64.min
      if best == nil || time >= bestTime { (best, bestTime) = (node, time) }
    }
    return best
  }

  /// Cuts each cycle above its first node in file order.
  private mutating func openCycles() {
    // 0 not seen, 1 on the walk under way, 2 known to reach a root.
    var state = [UInt8](repeating: 0, count: parents.count)
    var trail: [Int] = []
    for start in parents.indices where state[start] == 0 {
      trail.removeAll(keepingCapacity: true)
      var node = start
      while node >= 0, state[node] == 0 {
        state[node] = 1
        trail.append(node)
        node = parents[node]
      }
      if node >= 0, state[node] == 1 {
        var first = node
        var member = parents[node]
        while member != node {
          first = min(first, member)
          member = parents[member]
        }
        parents[first] = -1
      }
      for visited in trail { state[visited] = 2 }
    }
  }

  private mutating func walk(from roots: [Int], sort: (Int, inout [Int]) -> Void) {
    order.reserveCapacity(parents.count)
    var stack = Array(roots.reversed())
    while let node = stack.popLast() {
      order.append(node)
      if childCount[node] == 1 {
        stack.append(firstChild[node])
      } else if childCount[node] > 1 {
        var siblings = children(of: node)
        sort(node, &siblings)
        stack.append(contentsOf: siblings.reversed())
      }
    }
  }
}

extension Array where Element == Int {
  /// Sorts nodes by an explicit rank where there is one (those without come last), then by time
  /// (those without come first), then by file order.
  mutating func sortSiblings(ranks: [Int: Int], times: [Int: Timestamp]) {
    sort { left, right in
      let leftRank = ranks[left] ?? Int.max
      let rightRank = ranks[right] ?? Int.max
      if leftRank != rightRank { return leftRank < rightRank }
      let leftTime = times[left]?.microseconds ?? Int64.min
      let rightTime = times[right]?.microseconds ?? Int64.min
      if leftTime != rightTime { return leftTime < rightTime }
      return left < right
    }
  }
}
