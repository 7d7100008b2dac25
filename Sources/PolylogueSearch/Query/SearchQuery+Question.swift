extension SearchQuery {
  /// Whether it reads like a question: several plain words, and nothing that asks for exactly these.
  public var isQuestion: Bool {
    required.count > 1 && excluded.isEmpty
      && required.allSatisfy { clause in
        clause.alternatives.allSatisfy { !$0.isPhrase && !$0.isPrefix }
      }
  }

  /// Its words in their order, without operators, filters and what is excluded.
  public var plainText: String {
    required.flatMap(\.alternatives).map(\.text).joined(separator: " ")
  }
}
