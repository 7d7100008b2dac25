/// A query in the index's terms.
struct QueryPlan {
  /// A word of the query.
  struct Element: Hashable {
    /// Which words of the index it stands for.
    enum Form: Hashable {
      /// Those of these bytes.
      case exact
      /// Those that begin with these bytes.
      case prefix
      /// Those whose stem these bytes are.
      case stem
    }

    var bytes: [UInt8]
    var form = Form.exact
  }

  /// A word of an atom.
  struct Place {
    /// Its number among ``QueryPlan/elements``.
    var element: Int
    /// The place within a phrase.
    var position: UInt32
  }

  /// One or several words that follow one another.
  struct Atom {
    var places: [Place]
    /// How much its words count.
    var boost: Float
    var isPhrase: Bool { places.count > 1 }
  }

  /// The different words, required ones first.
  private(set) var elements: [Element] = []
  private(set) var required: [[Atom]] = []
  private(set) var excluded: [Atom] = []
  private var numbers: [Element: Int] = [:]

  init(_ query: SearchQuery) {
    for clause in query.required {
      let alternatives = clause.alternatives.compactMap { atom($0) }
      if !alternatives.isEmpty { required.append(alternatives) }
    }
    excluded = query.excluded.compactMap { atom($0) }
  }

  private mutating func atom(_ atom: SearchQuery.Atom) -> Atom? {
    let terms = TermScanner.terms(of: atom.text)
    guard !terms.isEmpty else { return nil }
    var isPrefix = false
    if case .prefix = atom { isPrefix = true }
    let places = terms.enumerated().map { index, term in
      let element = Element(
        bytes: term.bytes,
        form: term.isSingle || (isPrefix && index == terms.count - 1) ? .prefix : .exact)
      return Place(element: number(of: element), position: term.position)
    }
    return Atom(places: places, boost: places.count > 1 ? RankingWeights.phrase : 1)
  }

  private mutating func number(of element: Element) -> Int {
    if let known = numbers[element] { return known }
    numbers[element] = elements.count
    elements.append(element)
    return elements.count - 1
  }

  /// The different words that must be found.
  var requiredElements: [Element] {
    let count = required.joined().flatMap(\.places).map(\.element).max().map { $0 + 1 } ?? 0
    return Array(elements[..<count])
  }
}
