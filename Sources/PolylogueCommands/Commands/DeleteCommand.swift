import PolylogueKit
import PolylogueModel
import PolylogueRender

/// `polylogue delete`
struct DeleteCommand: Command {
  let name = "delete"
  let summary = "take a conversation out of the archive for good"
  let discussion = """
    Takes away the conversation's messages, attachments, tags, star and notes at once, without asking.
    Importing the same export again, or a newer one, does not bring it back; the summary of such an
    import counts it. History that a fork or a resumed session shares with it stays with these.
    The id of a hit names one message and is refused.

    The imported files stay as they are: raw export gives each back byte for byte, what was said in
    a deleted conversation included.
    """
  let operands = [
    Operand(name: "ID", help: "A conversation's id, or a unique beginning of it.")
  ]
  let examples: [Example] = [
    Example(
      "polylogue delete chatgpt:67458e1f", "Deletes a conversation by the beginning of its id")
  ]

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    try context.withExistingArchive { archive in
      let id = try archive.identifiers(invocation.operands, for: name)[0]
      let summary = try archive.summary(of: id)
      let data = try archive.userData(of: id)
      let report = try archive.delete([id])
      if context.isJSON {
        try context.print(
          .object(
            [
              ("id", .string(id.description)), ("title", .string(summary?.title)),
              ("deleted", .bool(report.conversations > 0)), ("messages", .integer(report.messages)),
              ("attachments", .integer(report.attachments)),
            ] + UserDataDocument.members(data)))
      } else {
        let title = VisibleText.oneLine(summary?.title ?? "Untitled")
        try context.out.line(
          "deleted \(VisibleText.oneLine(id.description)) (\(title)),"
            + " \(Amount.count(report.messages, "message"));"
            + " the imported files keep their bytes")
      }
    }
    return .done
  }
}
