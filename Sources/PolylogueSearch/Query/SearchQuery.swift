/// A query, understood: what must be there, what must not, and filters.
public struct SearchQuery: Sendable, Equatable {
  /// What one place in a query asks for; its text is cut into words by the index's tokenizer.
  public enum Atom: Sendable, Equatable {
    /// A word, or several joined by punctuation, which must then follow one another.
    case word(String)
    /// Words that start like this.
    case prefix(String)
    /// Words that follow one another.
    case phrase(String)

    /// The text as written.
    public var text: String {
      switch self {
      case .word(let text), .prefix(let text), .phrase(let text): text
      }
    }
  }

  /// Atoms of which one is enough.
  public struct Clause: Sendable, Equatable {
    /// The alternatives, at least one.
    public var alternatives: [Atom]

    /// A clause of these.
    public init(alternatives: [Atom]) { self.alternatives = alternatives }
  }

  /// All of these must be found in a message.
  public var required: [Clause] = []
  /// None of these may be found in it.
  public var excluded: [Atom] = []
  /// The filters written into the query.
  public var filters = SearchFilters()
  /// What looks like a filter and was searched as words, as written; see ``QueryParser``.
  public var misread: [String] = []
  /// Whether the query was longer than what is used of it.
  public var isCut = false
}
