import PolylogueKit

/// `polylogue similar`
struct SimilarCommand: Command {
  let name = "similar"
  let summary = "find conversations like one that you have"
  let discussion = """
    Conversations rank by the words that tell most about the one that is named and, after
    “polylogue embed”, by what they mean. ID may be a message's too: then likes of that message are
    found. Any unambiguous beginning of a conversation's id will do.
    """
  let operands = [Operand(name: "ID", help: "The conversation or message.")]
  var flags: [FlagDeclaration] {
    [
      Self.limit.declaration, Self.offset.declaration, Self.unit.declaration,
      Self.explain.declaration,
    ] + FilterFlags.all
  }
  let examples: [Example] = [
    Example("polylogue similar chatgpt:67a0", "Finds conversations like this one")
  ]

  private static let limit = Option.number(
    "limit", "N", help: "The most hits to show; 20 without it.", minimum: 1)
  private static let offset = Option.number(
    "offset", "N", help: "Leave out the first N hits.", minimum: 0)
  private static let unit = Option<HitUnit>.choice(
    "per", "WHAT", help: "One hit per conversation (the default) or message.")
  private static let explain = Switch("explain", help: "Show what each score is made of.")

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let filter = try FilterFlags.filter(of: invocation)
    let limit = try invocation.value(Self.limit) ?? 20
    let offset = try invocation.value(Self.offset) ?? 0
    let unit = try invocation.value(Self.unit) ?? .conversation
    guard let id = invocation.operands.first, invocation.operands.count == 1 else {
      throw UsageError("similar takes one id")
    }
    let page = try context.withArchive(filter: filter) {
      do {
        return try $0.similar(to: id, filter: filter, limit: limit, offset: offset, per: unit)
      } catch let error as ArchiveError where error.code == .notFound {
        // Says what exactly is not there: the conversation, or the message in it.
        _ = try ShowCommand.place(of: id, in: $0)
        throw error
      }
    }
    let shown = SearchOutput(
      page: page, offset: offset, isExplained: invocation.has(Self.explain))
    try shown.print(context)
    return .done
  }
}
