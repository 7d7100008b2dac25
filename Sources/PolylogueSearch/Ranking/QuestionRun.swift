import PolylogueModel
import PolylogueSQL

/// Answers a question: collects the messages that have some of its words, or are like it in meaning,
/// and those around them, and ranks all of these.
struct QuestionRun {
  /// The messages, the best by their own words, that are ranked, with those around them.
  static let candidates = 1000
  /// The most of one conversation, where each gives one answer: a long one leaves room for others.
  static let candidatesOfEach = 20
  /// The messages, the most alike in meaning, that are ranked beside these.
  static let nearest = 200

  let run: SearchRun
  let request: SearchRequest
  let meaning: (any MeaningSource)?

  /// The candidates with the parts of their scores, in no order.
  func candidates(_ segments: [SegmentRecord]) throws -> QuestionCandidates {
    let plan = QuestionPlan(request.query)
    let words = request.usesWords ? plan.words : []
    let builder = WordTableBuilder(
      run: run, words: words, conditions: plan.conditions, segments: segments)
    var table = try builder.build()
    table.keepBest(
      QuestionRun.candidates,
      ofEachConversation: request.isOnePerConversation ? QuestionRun.candidatesOfEach : nil)
    let names = try WordTableBuilder.names(among: plan.words, segments, run.pages)
    // Who speaks is told by the author; that others say the name says little.
    table.leaveOut { names.contains(words[$0].bytes) }
    var known: [Int64: VectorHit] = [:]
    if let meaning {
      let stemmer = Stemmer()
      meaning.leaveOut { names.contains($0) || names.contains(stemmer.stem($0)) }
      let allowed = try builder.allowedMessages()
      let nearest = try meaning.nearest(limit: QuestionRun.nearest, among: allowed)
      for hit in nearest { known[hit.message] = hit }
      try builder.add(messages: nearest.map(\.message), to: &table)
    }
    try builder.addNeighbours(to: &table)
    var candidates = QuestionCandidates(
      table, dates: request.usesWords ? MentionedDate.all(in: request.query.plainText) : [])
    if let meaning {
      let rows = table.entries.filter { !$0.isTitle && known[$0.message] == nil }
      known.merge(try meaning.similarities(of: rows.map(\.message))) { old, _ in old }
      candidates.setMeaning(known)
    }
    return candidates
  }

  /// The answers of a page, best first, or the best ones by time.
  func results(_ segments: [SegmentRecord], _ weights: AnswerFeatures) throws -> SearchResults {
    let found = try candidates(segments)
    let ranked = ranking(found, weights)
    let hits = try run.page(of: ranked).map { place in
      var hit = try run.documents.hit(found.entries[place].document)
      hit.parts = ScoreParts(
        found.features[place], weights, similarity: found.nearest[place]?.score)
      hit.passage = found.nearest[place]?.passage
      return hit
    }
    return SearchResults(
      hits: hits, total: ranked.count, isTotalExact: !found.isLimited, isLimited: found.isLimited,
      isCut: request.query.isCut)
  }

  /// Whether an entry has words of the question, or is alike enough without them.
  private func isAnswer(_ place: Int, _ found: QuestionCandidates) -> Bool {
    found.features[place][.words] > 0
      || (found.nearest[place]?.score ?? 1) >= request.leastSimilarity
  }

  private func ranking(_ found: QuestionCandidates, _ weights: AnswerFeatures) -> [Int] {
    let scores = found.features.map { $0.score(weights) }
    var seen: Set<Int64> = []
    let ranked = found.entries.indices.sorted {
      scores[$0] != scores[$1]
        ? scores[$0] > scores[$1] : found.entries[$0].isAhead(of: found.entries[$1])
    }.filter {
      scores[$0] > 0 && isAnswer($0, found)
        && (!request.isOnePerConversation || seen.insert(found.entries[$0].conversation).inserted)
    }
    guard request.sort != .relevance else { return ranked }
    return ranked.prefix(QuestionRun.nearest).sorted {
      let (one, other) = (found.entries[$0].timestamp, found.entries[$1].timestamp)
      guard let one, let other else { return one != nil && other == nil }
      return request.sort == .newest ? one > other : one < other
    }
  }
}
