import PolylogueKit

/// `polylogue star`
struct StarCommand: Command {
  let name = "star"
  let summary = "star conversations, or take their stars away"
  let discussion = """
    All conversations get their star or, if one of them is not there, none does. Stars hang on the
    id: importing again leaves them as they are. The filter --starred, in a query is:starred, finds
    them.
    """
  let operands = [
    Operand(
      name: "ID", help: "A conversation's id, or a unique beginning of it.", isRepeatable: true)
  ]
  var flags: [FlagDeclaration] { [Self.remove.declaration] }
  let examples: [Example] = [
    Example("polylogue star chatgpt:67458e1f", "Stars a conversation"),
    Example("polylogue star chatgpt:67458e1f --remove", "Takes the star away"),
  ]

  private static let remove = Switch("remove", help: "Take the stars away.")

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let isStarred = !invocation.has(Self.remove)
    let entries = try context.withExistingArchive { archive in
      let ids = try archive.identifiers(invocation.operands, for: name)
      return try archive.entries(ids, archive.star(ids, isStarred: isStarred))
    }
    try context.show(entries)
    return .done
  }
}
