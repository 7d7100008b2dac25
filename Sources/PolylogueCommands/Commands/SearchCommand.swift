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
    Without --mode all words are required. Meaning needs a model (polylogue models install) and vectors
    (polylogue embed); without them all words are required, or some where no message has all.
    """
  let operands = [
    Operand(
      name: "QUERY", help: "What to find; several words make one query.", isRepeatable: true,
      mayBeEmpty: true)
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
    let mode = try invocation.value(Self.mode)?.mode ?? .text
    let unit = try invocation.value(Self.unit)
    // It leaves no choice yet.
    _ = try invocation.value(Self.scope)
    let query = invocation.operands.joined(separator: " ")
    let page = try context.withArchive(filter: filter) {
      try $0.search(
        query, mode: mode, filter: filter, sort: sort, limit: limit, offset: offset, per: unit)
    }
    let shown = SearchOutput(
      page: page, offset: offset, isExplained: invocation.has(Self.explain))
    try shown.print(context)
    return .done
  }
}
