import PolylogueKit
import PolylogueModel
import PolylogueRender

/// `polylogue search`
struct SearchCommand: Command {
  let name = "search"
  let summary = "find messages by their words, or by what they mean"
  let discussion = """
    All plain words are required. "exact phrase", -word (not this), word* (a beginning) and
    a OR b mean what they say, and filters can stand in the query too: provider:codex since:7d
    has:code. Any text is a legal query; what cannot be an operator is searched for. A query that
    begins with a hyphen goes behind --; exclusions alone are searched for as words.

    A question goes by --mode: hybrid finds what has some of its words or means the same, words does
    without meaning, semantic without words; each conversation is shown once, by its best message.
    Without --mode all words are required, and where no message has them all, a question is asked as
    with hybrid. Meaning needs a model (polylogue models install) and vectors (polylogue embed).
    """
  let operands = [
    Operand(name: "QUERY", help: "What to find; several words make one query.", isRepeatable: true)
  ]
  var takesHyphenatedWords: Bool { true }
  var flags: [FlagDeclaration] {
    [
      Self.mode.declaration, Self.scope.declaration, Self.sort.declaration,
      Self.limit.declaration, Self.offset.declaration, Self.unit.declaration,
      Self.explain.declaration,
    ] + FilterFlags.all
  }
  let examples: [Example] = [
    Example("polylogue search sensor drift", "Finds messages with both words"),
    Example(
      "polylogue search '\"retry budget\" provider:claude-code' --since 30d",
      "Finds a phrase in last month's Claude Code sessions"
    ),
    Example(
      "polylogue search --mode hybrid 'why was the cache wrong'",
      "Finds a talk by what it was about"),
  ]

  private static let mode = Option<Mode>.choice(
    "mode", "MODE",
    help: "How: text (all words), words (some), semantic (meaning) or hybrid (both).")
  private static let scope = Option<Scope>.choice(
    "in", "WHERE", help: "Where: conversations or all.", later: ["code", "journal"]
  ).unadvertised
  private static let sort = Option<SearchSort>.choice(
    "sort", "ORDER", help: "relevance (the default), newest or oldest.")
  private static let limit = Option.number(
    "limit", "N", help: "The most hits to show; 20 without it.", minimum: 1)
  private static let offset = Option.number(
    "offset", "N", help: "Leave out the first N hits.", minimum: 0)

  private static let unit = Option<HitUnit>.choice(
    "per", "WHAT",
    help: "One hit per message or conversation; message for text, conversation for questions.")
  private static let explain = Switch("explain", help: "Show what each score is made of.")

  /// The modes that can be named.
  enum Mode: String, CaseIterable, Sendable {
    case text, words, semantic, hybrid

    var mode: SearchMode {
      switch self {
      case .text: .text
      case .words: .words
      case .semantic: .semantic
      case .hybrid: .hybrid
      }
    }
  }

  private enum Scope: String, CaseIterable, Sendable {
    case conversations, all
  }

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let filter = try FilterFlags.filter(of: invocation)
    let sort = try invocation.value(Self.sort) ?? .relevance
    let limit = try invocation.value(Self.limit) ?? 20
    let offset = try invocation.value(Self.offset) ?? 0
    let mode = try invocation.value(Self.mode)?.mode ?? .automatic
    let unit = try invocation.value(Self.unit)
    // It leaves no choice yet.
    _ = try invocation.value(Self.scope)
    let query = invocation.operands.joined(separator: " ")
    let page = try context.withArchive(filter: filter) {
      try $0.search(
        query, mode: mode, filter: filter, sort: sort, limit: limit, offset: offset, per: unit)
    }
    let isExplained = invocation.has(Self.explain)
    if context.isJSON {
      try context.print(SearchCommand.json(page, isExplained: isExplained))
    } else {
      try show(page, offset: offset, isExplained: isExplained, context)
    }
    return .done
  }

  /// The document of `--json`.
  static func json(_ page: SearchPage, isExplained: Bool = false) -> JSON {
    .object([
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
            if isExplained { members.append(("parts", SearchCommand.parts(hit.parts))) }
            return .object(members)
          })
      ),
      ("total", .integer(page.total)), ("total_is_exact", .bool(page.totalIsExact)),
      ("is_limited", .bool(page.isLimited)), ("notes", .strings(page.notes)),
    ])
  }

  /// What a score is made of.
  private static func parts(_ parts: ScoreParts) -> JSON {
    .object([
      ("text", .number(parts.text)), ("neighbour", .number(parts.neighbour)),
      ("session", .number(parts.session)), ("author", .number(parts.author)),
      ("date", .number(parts.date)), ("meaning", .number(parts.meaning)),
      ("surroundings", .number(parts.surroundings)), ("recency", .number(parts.recency)),
      ("similarity", parts.similarity.map { .number(Double($0)) } ?? .null),
    ])
  }

  /// `3.21 = text 2.10 + session 1.11`, without the parts that are 0.
  private static func explanation(_ parts: ScoreParts) -> String {
    let named = [
      ("text", parts.text), ("neighbours", parts.neighbour), ("conversation", parts.session),
      ("author", parts.author), ("date", parts.date), ("meaning", parts.meaning),
      ("meaning around", parts.surroundings), ("recency", parts.recency),
    ].filter { $0.1 != 0 }.map { "\($0.0) \(Amount.fixed($0.1, digits: 3))" }
    let similarity =
      parts.similarity.map { " (cosine \(Amount.fixed(Double($0), digits: 3)))" } ?? ""
    return Amount.fixed(parts.total, digits: 3) + " = " + named.joined(separator: " + ")
      + similarity
  }

  private func show(
    _ page: SearchPage, offset: Int, isExplained: Bool, _ context: CommandContext
  ) throws {
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
      if hit.role != nil { try context.out.line("  " + SearchCommand.excerpt(hit, style)) }
      try context.out.line("  " + style.dim(VisibleText.oneLine(hit.id)))
      if isExplained {
        try context.out.line("  " + style.dim(SearchCommand.explanation(hit.parts)))
      }
    }
    for note in page.notes { context.warn(note) }
    if page.hits.isEmpty {
      try context.out.line(offset > 0 ? "no further hits" : "nothing found")
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
