/// Ranks the best candidates again with their surroundings: a message counts more beside others
/// that match, in a conversation with many of them, and when it is recent.
struct SecondStage {
  /// A candidate with its place.
  struct Entry {
    var hit: SearchHit
    var base: Double
  }

  static func rank(_ entries: [Entry], now: Int64) -> [SearchHit] {
    let best = entries.map(\.base).max() ?? 0
    guard best > 0 else { return entries.map(\.hit) }
    var sums: [Int64: Double] = [:]
    var places: [Place: Double] = [:]
    for entry in entries {
      sums[entry.hit.conversation, default: 0] += entry.base
      if entry.hit.message != nil {
        let place = Place(conversation: entry.hit.conversation, position: entry.hit.position)
        places[place] = max(places[place] ?? 0, entry.base)
      }
    }
    var ranked = entries.map { entry in
      var hit = entry.hit
      let others = (sums[hit.conversation] ?? 0) - entry.base
      hit.parts = ScoreParts(
        text: entry.base,
        neighbour: RankingWeights.neighbour * neighbour(of: hit, places),
        session: RankingWeights.session * best * others / (others + best),
        recency: recency(of: hit, best, now))
      return hit
    }
    // A stable order: scores first, then the candidates' own order.
    ranked = ranked.enumerated().sorted {
      $0.element.score != $1.element.score
        ? $0.element.score > $1.element.score : $0.offset < $1.offset
    }.map(\.element)
    return ranked
  }

  private struct Place: Hashable {
    var conversation: Int64
    var position: Int
  }

  private static func neighbour(of hit: SearchHit, _ places: [Place: Double]) -> Double {
    guard hit.message != nil else { return 0 }
    var best = 0.0
    for distance in 1...RankingWeights.neighbourDistance {
      for position in [hit.position &- distance, hit.position &+ distance] {
        best = max(best, places[Place(conversation: hit.conversation, position: position)] ?? 0)
      }
    }
    return best
  }

  private static func recency(of hit: SearchHit, _ best: Double, _ now: Int64) -> Double {
    guard let time = hit.timestamp else { return 0 }
    let age = max(0, Double(now) - Double(time))
    return RankingWeights.recency * best * powerOfTwo(-age / RankingWeights.recencyHalfLife)
  }
}
