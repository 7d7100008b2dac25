/// A query in the index's terms.
struct QueryPlan {
  /// A word of an atom.
  struct Element: Hashable {
    var bytes: [UInt8]
    var isPrefix: Bool
    /// The place within a phrase.
    var position: UInt32
  }

  /// One or several words that follow one another.
  struct Atom {
    var elements: [Element]
    /// How much its words count.
    var boost: Float
    var isPhrase: Bool { elements.count > 1 }
  }

  var required: [[Atom]] = []
  var excluded: [Atom] = []

  init(_ query: SearchQuery) {
    for clause in query.required {
      let alternatives = clause.alternatives.compactMap(QueryPlan.atom)
      if !alternatives.isEmpty { required.append(alternatives) }
    }
    excluded = query.excluded.compactMap(QueryPlan.atom)
  }

  private static func atom(_ atom: SearchQuery.Atom) -> Atom? {
    let terms = TermScanner.terms(of: atom.text)
    guard !terms.isEmpty else { return nil }
    var isPrefix = false
    if case .prefix = atom { isPrefix = true }
    let elements = terms.enumerated().map { index, term in
      Element(
        bytes: term.bytes, isPrefix: term.isSingle || (isPrefix && index == terms.count - 1),
        position: term.position)
    }
    return Atom(elements: elements, boost: elements.count > 1 ? RankingWeights.phrase : 1)
  }

  /// All atoms: required ones first.
  var atoms: [Atom] { required.flatMap(\.self) + excluded }
}
