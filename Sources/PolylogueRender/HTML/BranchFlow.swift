import PolylogueModel

/// The order in which a page shows the messages of all branches.
///
/// The path last shown is the main flow. Where it forks, the other ways stand in front of the
/// message it goes on with, each in a box of its own, and fork again inside. Boxes go
/// ``maximumDepth`` deep; what would lie deeper is shown at the end of the page.
struct BranchFlow {
  /// A message's place among the ways that go on from the message before it.
  struct Variant {
    /// The fork's number in the page.
    var fork: Int
    /// From 1.
    var number: Int
    var count: Int
  }

  enum Step {
    case message(Int, Variant?)
    /// Another way begins.
    case openOther(Variant)
    case closeOther
    /// The way that is shown at first goes on; it may end here.
    case main(Variant, isEnd: Bool)
    /// What lies too deep begins, at the end of the page.
    case openRest
    case closeRest
  }

  static let maximumDepth = 24

  private(set) var steps: [Step] = []
  private let map: BranchMap
  private var isTaken: [Bool]
  private var isForked: Set<Int> = []
  private var forkCount: Int
  private var rest: [Int] = []

  /// Orders the messages.
  ///
  /// - Parameter forkCount: How many forks stand in the page before.
  /// - Complexity: O(messages).
  init(_ messages: [Message], forkCount: Int = 0) {
    self.forkCount = forkCount
    isTaken = messages.map(\.isActive)
    guard isTaken.contains(false) else {
      map = BranchMap([])
      steps = messages.indices.map { .message($0, nil) }
      return
    }
    map = BranchMap(messages)
    steps.reserveCapacity(messages.count + 16)
    write(messages.indices.filter { messages[$0].isActive }, variant: nil, depth: 0)
    // A parent that is not active may have been passed by; its children are shown too.
    for start in messages.indices where !isTaken[start] { append(restFrom: start) }
    var done = 0
    while done < rest.count {
      append(restFrom: rest[done])
      done += 1
    }
  }

  /// How many forks there are in the page so far.
  var forksSoFar: Int { forkCount }

  private mutating func append(restFrom start: Int) {
    guard !isTaken[start] else { return }
    steps.append(.openRest)
    write(chain(from: start), variant: nil, depth: 0)
    steps.append(.closeRest)
  }

  /// A message and, time and again, the first message that follows and is not shown elsewhere.
  private mutating func chain(from start: Int) -> [Int] {
    var chain: [Int] = []
    var place: Int? = start
    while let current = place {
      isTaken[current] = true
      chain.append(current)
      place = map.children(of: current).first { !isTaken[$0] }
    }
    return chain
  }

  private mutating func write(_ chain: [Int], variant: Variant?, depth: Int) {
    for (index, place) in chain.enumerated() {
      let own = index == 0 && variant != nil ? variant : fork(before: place, depth: depth)
      steps.append(.message(place, own))
      // The path may end where other ways go on.
      let next = map.children(of: place)
      if !next.isEmpty, !next.contains(where: { isTaken[$0] }) {
        _ = fork(below: place, onward: nil, depth: depth)
      }
    }
  }

  private mutating func fork(before place: Int, depth: Int) -> Variant? {
    fork(below: map.parent(of: place) ?? -1, onward: place, depth: depth)
  }

  /// Writes the other ways on from a message, if there are any that are not shown yet.
  ///
  /// - Parameters:
  ///   - parent: The place of the message; -1 for the beginning of the conversation.
  ///   - onward: The message that the main flow goes on with.
  /// - Returns: That message's place among the ways.
  private mutating func fork(below parent: Int, onward: Int?, depth: Int) -> Variant? {
    guard !isForked.contains(parent) else { return nil }
    let siblings = parent < 0 ? map.roots : map.children(of: parent)
    let others = siblings.filter { !isTaken[$0] }
    guard !others.isEmpty else { return nil }
    isForked.insert(parent)
    guard depth < BranchFlow.maximumDepth else {
      rest += others
      return nil
    }
    // Of the ways that are shown anyway only the one that goes on here counts.
    let ways = siblings.filter { $0 == onward || !isTaken[$0] }
    let count = onward == nil ? ways.count + 1 : ways.count
    forkCount += 1
    let fork = forkCount
    for other in others {
      let number = (ways.firstIndex(of: other) ?? 0) + 1
      let variant = Variant(fork: fork, number: number, count: count)
      steps.append(.openOther(variant))
      write(chain(from: other), variant: variant, depth: depth + 1)
      steps.append(.closeOther)
    }
    let number = onward.flatMap { ways.firstIndex(of: $0) }.map { $0 + 1 } ?? count
    let main = Variant(fork: fork, number: number, count: count)
    steps.append(.main(main, isEnd: onward == nil))
    return main
  }
}
