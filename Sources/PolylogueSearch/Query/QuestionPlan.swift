/// A query read as a question: each of its words that is found counts, and none is required.
///
/// What is excluded must not be there. A phrase is its words: in a question, quotes name a thing more
/// often than they demand its exact words.
struct QuestionPlan {
  /// The most words of a question that are looked up, the first ones.
  static let wordLimit = 32

  /// The different words that count, English ones by their stems.
  private(set) var words: [QueryPlan.Element] = []
  /// What a message has to meet; nil when nothing is asked.
  let conditions: QueryPlan?

  init(_ query: SearchQuery) {
    var conditions = SearchQuery()
    conditions.excluded = query.excluded
    self.conditions = query.excluded.isEmpty ? nil : QueryPlan(conditions)
    let atoms = query.required.flatMap(\.alternatives)
    add(atoms) { !StopWords.contains($0) }
    if words.isEmpty { add(atoms) { _ in true } }
  }

  private mutating func add(_ atoms: [SearchQuery.Atom], where isWanted: ([UInt8]) -> Bool) {
    let stemmer = Stemmer()
    for atom in atoms {
      let terms = TermScanner.terms(of: atom.text)
      for (index, term) in terms.enumerated() where isWanted(term.bytes) {
        var element = QueryPlan.Element(bytes: term.bytes)
        if term.isSingle || (atom.isPrefix && index == terms.count - 1) {
          element.form = .prefix
        } else if Stemmer.isEnglish(term.bytes) {
          element = QueryPlan.Element(bytes: stemmer.stem(term.bytes), form: .stem)
        }
        if words.count < QuestionPlan.wordLimit, !words.contains(element) { words.append(element) }
      }
    }
  }
}

extension SearchQuery.Atom {
  /// Whether words have to follow one another.
  var isPhrase: Bool {
    if case .phrase = self { true } else { false }
  }

  /// Whether it names the beginning of a word.
  var isPrefix: Bool {
    if case .prefix = self { true } else { false }
  }
}
