import PolylogueKit
import PolylogueRender

/// A page of hits, as commands print it.
struct SearchOutput {
  let page: SearchPage
  /// Hits left out at the start.
  let offset: Int
  /// Whether the parts of scores are shown.
  var isExplained = false

  func print(_ context: CommandContext) throws {
    if context.isJSON { try context.print(json) } else { try show(context) }
  }

  /// The document of `--json`.
  var json: JSON {
    var members: [(key: String, value: JSON)] = [
      ("query", .string(page.query)), ("mode", .string(page.mode)),
      (
        "hits",
        .array(
          page.hits.map { hit in
            var members: [(key: String, value: JSON)] = [
              ("kind", .string(hit.kind)), ("id", .string(hit.id)),
              ("conversation", .string(hit.conversation.description)),
              ("message", .string(hit.message)), ("provider", .string(hit.provider.rawValue)),
              ("title", .string(hit.title)), ("role", .string(hit.role?.name)),
              ("timestamp", .string(hit.timestamp?.iso)), ("snippet", .string(hit.snippet)),
              ("score", .number(hit.score)), ("tags", .strings(hit.tags)),
              ("starred", .bool(hit.isStarred)), ("active", .bool(hit.isActive)),
            ]
            if isExplained { members.append(("parts", SearchOutput.parts(hit.parts))) }
            return .object(members)
          })
      ),
      ("total", .integer(page.total)), ("total_is_exact", .bool(page.totalIsExact)),
      ("is_limited", .bool(page.isLimited)), ("notes", .strings(page.notes)),
    ]
    if isExplained {
      members.append(("weights", page.weights.map { SearchOutput.weights($0) } ?? .null))
    }
    return .object(members)
  }

  /// Weights by the part of the score.
  static func weights(_ weights: AnswerFeatures) -> JSON {
    .object(AnswerPart.allCases.map { (key: "\($0)", value: .number(weights[$0])) })
  }

  /// A weight with as many digits as it needs, at most four.
  static func number(_ weight: Double) -> String {
    let rounded = (weight * 10_000).rounded() / 10_000
    return rounded == rounded.rounded() ? Amount.fixed(rounded, digits: 0) : "\(rounded)"
  }

  /// `words=1 neighbour=0.7`, as the command takes it.
  static func assignments(_ weights: AnswerFeatures) -> String {
    AnswerPart.allCases.map { "\($0)=\(number(weights[$0]))" }.joined(separator: " ")
  }

  /// What a score is made of.
  private static func parts(_ parts: ScoreParts) -> JSON {
    .object([
      ("words", .number(parts.text)), ("neighbour", .number(parts.neighbour)),
      ("session", .number(parts.session)), ("author", .number(parts.author)),
      ("date", .number(parts.date)), ("meaning", .number(parts.meaning)),
      ("surroundings", .number(parts.surroundings)), ("recency", .number(parts.recency)),
      ("similarity", parts.similarity.map { .number(Double($0)) } ?? .null),
    ])
  }

  /// `3.21 = words 2.10 + session 1.11`, without the parts that are 0.
  private static func explanation(_ parts: ScoreParts) -> String {
    let named = [
      ("words", parts.text), ("neighbour", parts.neighbour), ("session", parts.session),
      ("author", parts.author), ("date", parts.date), ("meaning", parts.meaning),
      ("surroundings", parts.surroundings), ("recency", parts.recency),
    ].filter { $0.1 != 0 }.map { "\($0.0) \(Amount.fixed($0.1, digits: 3))" }
    let similarity =
      parts.similarity.map { " (cosine \(Amount.fixed(Double($0), digits: 3)))" } ?? ""
    return Amount.fixed(parts.total, digits: 3) + " = " + named.joined(separator: " + ")
      + similarity
  }

  private func show(_ context: CommandContext) throws {
    let style = context.style
    for (index, hit) in page.hits.enumerated() {
      if index > 0 { try context.out.line("") }
      let title = (hit.isStarred ? "★ " : "") + VisibleText.oneLine(hit.title ?? "Untitled")
      let facts = [
        VisibleText.oneLine(hit.provider.rawValue), hit.role?.name ?? "title",
        hit.isActive ? nil : "other branch", hit.timestamp?.short,
        hit.tags.isEmpty ? nil : UserDataDocument.tags(hit.tags),
      ]
      try context.out.line(
        "\(style.bold(title))  \(style.dim(facts.compactMap { $0 }.joined(separator: " · ")))")
      // A title has been said already.
      if hit.role != nil { try context.out.line("  " + SearchOutput.excerpt(hit, style)) }
      try context.out.line("  " + style.dim(VisibleText.oneLine(hit.id)))
      if isExplained {
        try context.out.line("  " + style.dim(SearchOutput.explanation(hit.parts)))
      }
    }
    if isExplained, let weights = page.weights, !page.hits.isEmpty {
      try context.out.line("")
      try context.out.line(style.dim("weights: \(SearchOutput.assignments(weights))"))
    }
    for note in page.notes { context.warn(note) }
    if page.hits.isEmpty {
      try context.out.line(offset > 0 ? "no further hits" : "nothing found")
      if offset == 0, page.mode == "text", page.notes.isEmpty, page.query.contains(" ") {
        context.warn(
          "no message has all of these words; --mode words finds those with some of them, --mode hybrid"
            + " also by meaning")
      }
    } else {
      let end = offset + page.hits.count
      let shown = "\(offset + 1)–\(end)"
      let more = end < page.total ? " · more: --offset \(end)" : ""
      let total = (page.totalIsExact ? "" : "at least ") + Amount.count(page.total)
      try context.out.line("")
      try context.out.line(style.dim("\(shown) of \(total)\(more)"))
    }
  }

  /// The snippet, or why there is none.
  static func excerpt(_ hit: SearchHit, _ style: Style) -> String {
    guard let absence = hit.absence, hit.plainSnippet.isEmpty else { return styled(hit, style) }
    return style.dim("[\(VisibleText.oneLine(absence))]")
  }

  /// The snippet on one line, its matches in colour. Without colours nothing marks them: every sign
  /// that could stands in Markdown texts too, and the words are those that were asked for.
  static func styled(_ hit: SearchHit, _ style: Style) -> String {
    let bytes = Array(hit.plainSnippet.utf8)
    var out = ""
    var done = 0
    for range in hit.highlights
    where range.lowerBound >= done && range.upperBound <= bytes.count {
      out += VisibleText.oneLine(String(decoding: bytes[done..<range.lowerBound], as: UTF8.self))
      let match = VisibleText.oneLine(String(decoding: bytes[range], as: UTF8.self))
      out += style.match(match)
      done = range.upperBound
    }
    return out + VisibleText.oneLine(String(decoding: bytes[done...], as: UTF8.self))
  }
}
