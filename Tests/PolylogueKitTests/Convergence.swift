import Foundation
import PolylogueKit
import Testing

/// Imports the same things in many orders and splits, and compares what the archives say.
struct Convergence {
  /// A generator whose every run is the same.
  struct Generator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var value = state
      value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
      value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
      return value ^ value >> 31
    }
  }

  /// The units in a random order, cut into random runs.
  static func splits(_ units: [String], seed: UInt64) -> [[String]] {
    var generator = Generator(seed: seed)
    var calls: [[String]] = []
    for unit in units.shuffled(using: &generator) {
      if calls.isEmpty || Int.random(in: 0..<3, using: &generator) == 0 { calls.append([]) }
      calls[calls.count - 1].append(unit)
    }
    return calls
  }

  /// What an archive says after some calls of import.
  static func canonical(_ calls: [[String]], in workspace: Workspace) throws -> String {
    let name = "order-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: workspace.path + "/" + name) }
    let archive = try workspace.archive(name)
    for call in calls { _ = try archive.importPaths(call) }
    #expect(try archive.verify(isDeep: true).isOK)
    return try archive.canonical()
  }

  /// Expects the same of all orders: every one where there are few, else some at random.
  @discardableResult
  static func expect(_ units: [String], tries: Int = 6, in workspace: Workspace) throws -> String {
    let wanted = try canonical([units], in: workspace)
    var orders = units.count <= 4 ? permutations(units).map { $0.map { [$0] } } : []
    if orders.isEmpty { orders = (0..<tries).map { splits(units, seed: UInt64($0)) } }
    orders.append([units, units])
    for order in orders {
      let found = try canonical(order, in: workspace)
      guard found != wanted else { continue }
      let (left, right) = firstDifference(wanted, found)
      let names = order.map { $0.map { ($0 as NSString).lastPathComponent } }
      Issue.record("\(names)\n- \(left)\n+ \(right)")
      break
    }
    return wanted
  }

  private static func permutations(_ units: [String]) -> [[String]] {
    guard units.count > 1 else { return [units] }
    return units.indices.flatMap { index in
      var rest = units
      let first = rest.remove(at: index)
      return permutations(rest).map { [first] + $0 }
    }
  }

  private static func firstDifference(_ one: String, _ two: String) -> (String, String) {
    let (left, right) = (one.split(separator: "\n"), two.split(separator: "\n"))
    for (mine, theirs) in zip(left, right) where mine != theirs {
      let common = zip(mine.utf8, theirs.utf8).prefix { $0 == $1 }.count
      func excerpt(_ line: Substring) -> String {
        String(decoding: line.utf8.dropFirst(max(0, common - 300)).prefix(600), as: UTF8.self)
      }
      let name = mine.range(of: #""id":"[^"]*","#, options: .regularExpression)
      return ("\(name.map { mine[$0] } ?? "") …\(excerpt(mine))", excerpt(theirs))
    }
    return ("\(left.count) conversations", "\(right.count) conversations")
  }
}
