public import PolylogueModel

/// Reads queries. Any text at all is a query: what cannot be an operator is searched for as words.
public struct QueryParser {
  /// The most atoms used of a query; what follows is left out and ``SearchQuery/isCut`` is set.
  public static let atomLimit = 64
  /// The most bytes read of a query.
  public static let byteLimit = 1 << 17
  /// The most bytes of one atom.
  public static let atomByteLimit = 4096

  private let now: Timestamp
  private var query = SearchQuery()
  private var atoms = 0
  private var joins = false

  private init(now: Timestamp) { self.now = now }

  /// Reads a query; never fails, in time linear in its length.
  ///
  /// - Parameter now: What `7d` and `yesterday` count from.
  public static func parse(_ text: String, now: Timestamp) -> SearchQuery {
    var parser = QueryParser(now: now)
    let all = text.utf8
    if all.count > byteLimit { parser.query.isCut = true }
    let pieces = QueryLexer.pieces(of: Array(all.prefix(byteLimit)))
    for (index, piece) in pieces.enumerated() {
      guard parser.atoms < atomLimit else {
        parser.query.isCut = true
        break
      }
      parser.take(piece, next: index + 1 < pieces.count ? pieces[index + 1] : nil)
    }
    return parser.query
  }

  private mutating func take(_ piece: QueryLexer.Piece, next: QueryLexer.Piece?) {
    if piece.isPlain("OR"), canJoin(next) {
      joins = true
      return
    }
    defer { joins = false }
    if !piece.isNegated, let key = piece.key, apply(key: key, value: piece.value) { return }
    guard let atom = atom(of: piece) else { return }
    if piece.key != nil { query.misread.append((piece.isNegated ? "-" : "") + piece.whole) }
    atoms += 1
    if piece.isNegated && !joins {
      query.excluded.append(atom)
    } else if joins, !query.required.isEmpty {
      query.required[query.required.count - 1].alternatives.append(atom)
    } else {
      query.required.append(SearchQuery.Clause(alternatives: [atom]))
    }
  }

  private func canJoin(_ next: QueryLexer.Piece?) -> Bool {
    guard !query.required.isEmpty, lastWasRequired, !joins, let next, !next.isNegated else {
      return false
    }
    return atom(of: next) != nil && !isFilter(next)
  }

  private var lastWasRequired: Bool { atoms > 0 }

  private func isFilter(_ piece: QueryLexer.Piece) -> Bool {
    guard let key = piece.key else { return false }
    var copy = self
    return copy.apply(key: key, value: piece.value)
  }

  private func atom(of piece: QueryLexer.Piece) -> SearchQuery.Atom? {
    let text = QueryParser.cut(piece.whole)
    if piece.isQuoted { return TermScanner.hasTerms(text) ? .phrase(text) : nil }
    guard TermScanner.hasTerms(text) else { return nil }
    if text.utf8.last == UInt8(ascii: "*") {
      let stem = String(text.dropLast())
      if TermScanner.endsInWord(stem, atLeast: 2) { return .prefix(stem) }
    }
    return .word(text)
  }

  private static func cut(_ text: String) -> String {
    text.utf8.count <= atomByteLimit
      ? text : String(decoding: text.utf8.prefix(atomByteLimit), as: UTF8.self)
  }

  /// Takes a filter; false when it is none.
  private mutating func apply(key: String, value: String) -> Bool {
    guard !value.isEmpty, value.utf8.count <= 512 else { return false }
    switch key {
    case "provider": query.filters.providers.append(Provider(rawValue: value.lowercased()))
    case "model": query.filters.models.append(value)
    case "tag": query.filters.tags.append(value)
    case "title": query.filters.titles.append(value)
    case "project": query.filters.projects.append(value)
    case "tool": query.filters.tools.append(value)
    default: return applyChecked(key: key, value: value)
    }
    return true
  }

  private mutating func applyChecked(key: String, value: String) -> Bool {
    let lower = value.lowercased()
    switch key {
    case "role":
      guard let role = Role(name: lower) else { return false }
      query.filters.roles.append(role)
    case "has":
      guard let feature = SearchFilters.Feature(rawValue: lower) else { return false }
      query.filters.features.append(feature)
    case "in":
      guard let scope = SearchFilters.Scope(rawValue: lower) else { return false }
      query.filters.scope = scope
    case "is":
      guard lower == "starred" else { return false }
      query.filters.isStarred = true
    case "starred":
      guard ["true", "yes", "1"].contains(lower) else { return false }
      query.filters.isStarred = true
    case "since", "until":
      guard let span = DateExpression(value, now: now) else { return false }
      if key == "since" {
        query.filters.since = max(query.filters.since ?? .min, span.start)
      } else {
        query.filters.until = min(query.filters.until ?? .max, span.end)
      }
    default: return false
    }
    return true
  }
}
