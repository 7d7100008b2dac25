import PolylogueModel

/// The messages and titles that may answer a question, with what their ranks are made of.
///
/// A word counts in a message by its BM25 impact, and by 0.7 and 0.49 of it where it stands one or two
/// messages away: the best place counts. The words of all messages of a conversation, added up and
/// saturated, count beside these.
struct QuestionCandidates {
  /// How far a message's words and meaning reach.
  static let reach = 2
  /// What a word one message away counts; squared for two.
  static let fading: Float = 0.7
  /// What the meaning of a message two away counts, where one away counts 1.
  static let meaningFading = 0.5

  private(set) var entries: [SecondStage.Entry]
  /// The parts of each score, before weights.
  private(set) var features: [AnswerFeatures]
  /// The nearest passages of those that have vectors.
  private(set) var nearest: [VectorHit?]
  var isLimited = false
  /// The entries by conversation and position, titles first.
  private let order: [Int]

  /// Takes the entries of a table, those around them among them.
  init(_ table: WordTable, dates: [MentionedDate]) {
    let entries = table.entries
    self.entries = entries
    nearest = Array(repeating: nil, count: entries.count)
    features = Array(repeating: AnswerFeatures(), count: entries.count)
    order = entries.indices.sorted {
      let (one, other) = (entries[$0], entries[$1])
      if one.conversation != other.conversation { return one.conversation < other.conversation }
      if one.isTitle != other.isTitle { return one.isTitle }
      return one.position < other.position
    }
    isLimited = table.isLimited
    let weights = entries.map { Float(RankingWeights.weight(ofKind: $0.kind)) }
    forEachConversation { places in
      for word in table.impacts.indices {
        addWord(table.impacts[word], table.rarity[word], weights, places)
      }
    }
    for place in entries.indices {
      if table.isByNamed[place] { features[place][.author] = 1 }
      guard !dates.isEmpty, !entries[place].isTitle, let time = entries[place].timestamp
      else { continue }
      features[place][.date] = dates.reduce(0) { max($0, $1.agreement(with: time)) }
    }
  }

  private func forEachConversation(_ body: (ArraySlice<Int>) -> Void) {
    var start = 0
    while start < order.count {
      let conversation = entries[order[start]].conversation
      var end = start + 1
      while end < order.count, entries[order[end]].conversation == conversation { end += 1 }
      body(order[start..<end])
      start = end
    }
  }

  /// Adds what a word counts in the messages of one conversation.
  private mutating func addWord(
    _ impacts: [Float], _ rarity: Float, _ weights: [Float], _ places: ArraySlice<Int>
  ) {
    let sum = places.reduce(Float(0)) { $0 + impacts[$1] }
    guard sum > 0 else { return }
    let session = Double(rarity * sum / (sum + 1))
    for rank in places.indices {
      let place = order[rank]
      let own = impacts[place] * weights[place]
      var best = own
      forEachNeighbour(of: rank, in: places) { other, distance in
        let fading = distance == 1 ? Self.fading : Self.fading * Self.fading
        best = max(best, impacts[other] * weights[other] * fading)
      }
      features[place][.words] += Double(rarity * own)
      features[place][.neighbour] += Double(rarity * (best - own))
      features[place][.session] += session
    }
  }

  /// Calls `body` with the messages of a conversation that stand around one, and how far away.
  private func forEachNeighbour(
    of rank: Int, in places: ArraySlice<Int>, _ body: (Int, Int) -> Void
  ) {
    let entry = entries[order[rank]]
    guard !entry.isTitle else { return }
    func look(_ at: Int) -> Bool {
      let other = entries[order[at]]
      guard !other.isTitle else { return false }
      let distance = (other.position &- entry.position).magnitude
      guard distance <= Self.reach else { return false }
      if distance > 0 { body(order[at], Int(distance)) }
      return true
    }
    var at = rank - 1
    while at >= places.startIndex, look(at) { at -= 1 }
    at = rank + 1
    while at < places.endIndex, look(at) { at += 1 }
  }

  /// Adds what is known of the messages' meaning: their nearest passages by their rows.
  mutating func setMeaning(_ known: [Int64: VectorHit]) {
    var likeness = [Double](repeating: 0, count: entries.count)
    for place in entries.indices where !entries[place].isTitle {
      nearest[place] = known[entries[place].message]
      likeness[place] =
        Double(max(0, nearest[place]?.score ?? 0))
        * RankingWeights.weight(ofKind: entries[place].kind)
      features[place][.meaning] = likeness[place]
    }
    var around = [Double](repeating: 0, count: entries.count)
    forEachConversation { places in
      for rank in places.indices {
        forEachNeighbour(of: rank, in: places) { other, distance in
          around[order[rank]] += likeness[other] * (distance == 1 ? 1 : Self.meaningFading)
        }
      }
    }
    for place in entries.indices { features[place][.surroundings] = around[place] }
  }
}
