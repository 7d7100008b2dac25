internal import CPolylogueText

/// Evaluates a query in one segment.
final class SegmentSearcher {
  let terms: SegmentTerms
  private let pages: SegmentPages
  private let rarity: [QueryPlan.Element: Float]
  private let fullThinking: Bool
  /// Postings read so far.
  private(set) var postingsRead = 0

  init(
    terms: SegmentTerms, pages: SegmentPages, rarity: [QueryPlan.Element: Float],
    fullThinking: Bool
  ) {
    self.terms = terms
    self.pages = pages
    self.rarity = rarity
    self.fullThinking = fullThinking
  }

  /// The documents that have all that is required and nothing that is excluded.
  func run(_ plan: QueryPlan) throws -> DocumentSet {
    let order = plan.required.map { clause in
      (clause: clause, estimate: clause.reduce(0) { $0 + terms.documents($1) })
    }.sorted { $0.estimate < $1.estimate }
    guard order.allSatisfy({ $0.estimate > 0 }) else { return DocumentSet() }
    var result: DocumentSet?
    for (clause, _) in order {
      result = try evaluate(clause, within: result)
      if result?.documents.isEmpty == true { return DocumentSet() }
    }
    var found = result ?? DocumentSet()
    if plan.required.isEmpty { found = everything() }
    for atom in plan.excluded where !found.documents.isEmpty {
      found = found.subtracting(try evaluate(atom, within: found))
    }
    return found
  }

  private func everything() -> DocumentSet {
    DocumentSet(
      documents: Array(0..<terms.segment.documents),
      scores: Array(repeating: 0, count: Int(terms.segment.documents)))
  }

  private func evaluate(
    _ clause: [QueryPlan.Atom], within candidates: DocumentSet?
  ) throws -> DocumentSet {
    var out = DocumentSet()
    for atom in clause { out = out.union(try evaluate(atom, within: candidates)) }
    // Alternatives each carry the candidate's former score: count it once.
    guard let candidates, clause.count > 1 else { return out }
    var at = 0
    for index in out.documents.indices {
      while candidates.documents[at] < out.documents[index] { at += 1 }
      out.scores[index] = max(out.scores[index], candidates.scores[at])
    }
    return out
  }

  private func evaluate(
    _ atom: QueryPlan.Atom, within candidates: DocumentSet?
  ) throws -> DocumentSet {
    if atom.isPhrase { return try phrase(atom, within: candidates) }
    guard let element = atom.elements.first else { return DocumentSet() }
    return try word(element, fields: nil, boost: atom.boost, within: candidates)
  }

  // MARK: Words

  private func lists(
    _ element: QueryPlan.Element, field: TextField?, boost: Float
  ) throws -> [PostingsList] {
    let rarity = rarity[element] ?? 1
    return try (terms.entries[element] ?? []).filter { field == nil || $0.field == field }.map {
      let weight = $0.field == .thinking && fullThinking ? 1 : $0.field.weight
      return try PostingsList(
        pages: pages, segment: terms.segment, entry: $0.entry,
        weight: weight * rarity * boost * RankingWeights.impactScale)
    }
  }

  private func word(
    _ element: QueryPlan.Element, fields field: TextField?, boost: Float,
    within candidates: DocumentSet?
  ) throws -> DocumentSet {
    let lists = try lists(element, field: field, boost: boost)
    guard let candidates else {
      postingsRead += lists.reduce(0) { $0 + Int($1.entry.documents) }
      return try SegmentSearcher.union(lists, documents: Int(terms.segment.documents))
    }
    var scores = [Float](repeating: 0, count: candidates.documents.count)
    for list in lists {
      postingsRead += try list.add(to: &scores, candidates: candidates.documents)
    }
    return candidates.keeping(scores)
  }

  private static func union(_ lists: [PostingsList], documents: Int) throws -> DocumentSet {
    if lists.count <= 8 {
      var out = DocumentSet()
      for list in lists { out = out.union(try list.all()) }
      return out
    }
    var dense = [Float](repeating: 0, count: documents)
    for list in lists {
      for index in list.blocks.indices {
        try list.withBlock(index) { documents, impacts in
          for (document, impact) in zip(documents, impacts) where Int(document) < dense.count {
            dense[Int(document)] += list.weight * Float(impact)
          }
        }
      }
    }
    var out = DocumentSet()
    for (document, score) in dense.enumerated() where score > 0 {
      out.documents.append(UInt32(document))
      out.scores.append(score)
    }
    return out
  }

  // MARK: Phrases

  private func phrase(
    _ atom: QueryPlan.Atom, within candidates: DocumentSet?
  ) throws -> DocumentSet {
    var out = DocumentSet()
    for field in TextField.allCases {
      let isHere = atom.elements.allSatisfy { element in
        terms.entries[element]?.contains { $0.field == field } == true
      }
      if isHere { out = out.union(try phrase(atom, in: field, within: candidates)) }
    }
    return out
  }

  private func phrase(
    _ atom: QueryPlan.Atom, in field: TextField, within candidates: DocumentSet?
  ) throws -> DocumentSet {
    var set = candidates
    for element in atom.elements.sorted(by: { terms.documents($0) < terms.documents($1) }) {
      let found = try word(element, fields: field, boost: atom.boost, within: set)
      if found.documents.isEmpty { return found }
      set = found
    }
    guard let set else { return DocumentSet() }
    let lists = try atom.elements.map { try self.lists($0, field: field, boost: 1) }
    var out = DocumentSet()
    for (document, score) in zip(set.documents, set.scores) {
      guard try PhraseMatch.holds(atom.elements, lists, document) else { continue }
      out.documents.append(document)
      out.scores.append(score)
    }
    postingsRead += set.documents.count * atom.elements.count * 4
    return out
  }
}
