/// The newest hashes of a long series.
struct RecentHashes {
  private var known: Set<UInt64> = []
  private var order: [UInt64] = []
  private var next = 0
  private let limit = 4096

  /// Whether a hash is among the newest.
  func contains(_ hash: UInt64) -> Bool { known.contains(hash) }

  /// Adds a hash.
  ///
  /// - Returns: Whether it was not among the newest.
  @discardableResult
  mutating func insert(_ hash: UInt64) -> Bool {
    guard known.insert(hash).inserted else { return false }
    if order.count < limit {
      order.append(hash)
    } else {
      known.remove(order[next])
      order[next] = hash
      next = (next + 1) % limit
    }
    return true
  }
}
