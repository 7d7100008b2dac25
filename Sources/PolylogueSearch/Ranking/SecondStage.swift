/// Ranks the best candidates again with their surroundings: a message counts more beside others
/// that match, in a conversation with many of them, and when it is recent.
enum SecondStage {
  /// A candidate with its place.
  struct Entry {
    var document: UInt32
    var conversation: Int64
    /// The message's row; of no meaning for a title.
    var message: Int64
    var position: Int
    var timestamp: Int64?
    var isTitle: Bool
    /// The message's kind.
    var kind: Int64
    var base: Double = 0

    init(_ chunk: DocumentChunk, _ index: Int, document: UInt32) {
      let flags = DocumentFlags(rawValue: UInt8(truncatingIfNeeded: chunk.value(.flags, index)))
      self.document = document
      conversation = chunk.value(.conversation, index)
      message = chunk.value(.message, index)
      position = Int(chunk.value(.position, index))
      timestamp = flags.contains(.hasTime) ? chunk.value(.time, index) : nil
      isTitle = flags.contains(.isTitle)
      kind = chunk.value(.speaker, index) & 15
    }

    /// Whether it comes first where scores are equal: the newer one does.
    func isAhead(of other: Entry) -> Bool {
      if timestamp != other.timestamp { return (timestamp ?? .min) > (other.timestamp ?? .min) }
      return document > other.document
    }
  }

  /// An entry's number with the parts of its score.
  struct Ranked {
    var entry: Int
    var parts: ScoreParts
  }

  /// The entries, best first; the order stays where scores are equal.
  static func rank(_ entries: [Entry], now: Int64) -> [Ranked] {
    let best = entries.reduce(0) { max($0, $1.base) }
    var ranked = entries.indices.map { Ranked(entry: $0, parts: ScoreParts()) }
    guard best > 0 else { return ranked }
    let places = entries.indices.sorted {
      let (one, other) = (entries[$0], entries[$1])
      return one.conversation != other.conversation
        ? one.conversation < other.conversation : one.position < other.position
    }
    var start = 0
    while start < places.count {
      let conversation = entries[places[start]].conversation
      var end = start
      var sum = 0.0
      while end < places.count, entries[places[end]].conversation == conversation {
        sum += entries[places[end]].base
        end += 1
      }
      for place in start..<end {
        let entry = entries[places[place]]
        let others = end - start > 1 ? sum - entry.base : 0
        ranked[places[place]].parts = ScoreParts(
          text: entry.base,
          neighbour: RankingWeights.neighbour
            * neighbour(of: place, in: places[start..<end], entries),
          session: RankingWeights.session * best * others / (others + best),
          recency: recency(of: entry, best, now))
      }
      start = end
    }
    ranked.sort {
      let (one, other) = ($0.parts.total, $1.parts.total)
      return one != other ? one > other : $0.entry < $1.entry
    }
    return ranked
  }

  /// The best base of another message nearby, of a conversation's entries in the order of positions.
  private static func neighbour(
    of place: Int, in places: ArraySlice<Int>, _ entries: [Entry]
  ) -> Double {
    let entry = entries[places[place]]
    guard !entry.isTitle else { return 0 }
    var best = 0.0
    func look(_ at: Int) -> Bool {
      let other = entries[places[at]]
      let distance = (other.position &- entry.position).magnitude
      guard distance <= RankingWeights.neighbourDistance else { return false }
      if distance > 0, !other.isTitle { best = max(best, other.base) }
      return true
    }
    var at = place - 1
    while at >= places.startIndex, look(at) { at -= 1 }
    at = place + 1
    while at < places.endIndex, look(at) { at += 1 }
    return best
  }

  private static func recency(of entry: Entry, _ best: Double, _ now: Int64) -> Double {
    guard let time = entry.timestamp else { return 0 }
    let age = max(0, Double(now) - Double(time))
    return RankingWeights.recency * best * powerOfTwo(-age / RankingWeights.recencyHalfLife)
  }
}
