/// Makes a query's matchers for one segment.
struct MatcherCompiler {
  let terms: SegmentTerms
  let side: SegmentSearcher.Side
  let pages: SegmentPages
  let scoring: SegmentSearcher.Scoring

  private var fields: [TextField] {
    side == .titles ? [.title] : TextField.searched.filter { $0 != .title }
  }

  /// The matcher of alternatives; nil when none can be found.
  func matcher(_ clause: [QueryPlan.Atom]) throws -> (any Matcher)? {
    var matchers: [any Matcher] = []
    for atom in clause {
      if atom.isPhrase {
        matchers += try fields.compactMap { try phrase(atom, in: $0) }
      } else if let place = atom.places.first, let word = try word(place, fields, atom.boost) {
        matchers.append(word)
      }
    }
    if matchers.isEmpty { return nil }
    return matchers.count == 1 ? matchers[0] : AnyMatcher(matchers)
  }

  private func word(
    _ place: QueryPlan.Place, _ fields: [TextField], _ boost: Float
  ) throws -> WordMatcher? {
    let found = terms.entries[place.element].filter { fields.contains($0.field) }
    if found.isEmpty { return nil }
    return WordMatcher(
      try found.map {
        let weight = $0.field == .thinking && scoring.fullThinking ? 1 : $0.field.weight
        return try PostingsList(
          pages: pages, segment: terms.segment.id, entry: $0.entry,
          weight: weight * scoring.rarity[place.element] * boost * RankingWeights.impactScale)
      })
  }

  private func phrase(_ atom: QueryPlan.Atom, in field: TextField) throws -> PhraseMatcher? {
    let isHere = atom.places.allSatisfy { place in
      terms.entries[place.element].contains { $0.field == field }
    }
    guard isHere, let first = atom.places.first else { return nil }
    return PhraseMatcher(
      try atom.places.compactMap { place in
        try word(place, [field], atom.boost).map {
          PhraseMatcher.Part(word: $0, shift: place.position - first.position)
        }
      })
  }
}
