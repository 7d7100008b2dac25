import PolylogueImport
import PolylogueKit
import PolylogueModel

/// `polylogue migrate`
struct MigrateCommand: Command {
  let name = "migrate"
  let stopsByItself = true
  let summary = "take a tree of rendered Markdown back into the archive"
  let discussion = """
    Reads the Markdown files below a folder: those that “polylogue render” has written, and those of
    an older layout, SLUG/conversation.md, with a front matter and messages under headings that say
    who speaks. Attachments come from the folder attachments/ beside them. The files are kept byte for
    byte, as with import, which takes such files as well.

    Markdown carries less than a provider's export, so a conversation that is in the archive already
    loses nothing by it, and gains all when its export is imported later. Of a file that was edited by
    hand, what can be read is taken; what cannot is named with file and line, and the exit status is 3.
    """
  let operands = [
    Operand(name: "DIR", help: "A folder of Markdown files, or one file.", isPath: true)
  ]
  var flags: [FlagDeclaration] {
    [
      ImportCommand.dryRun.declaration, ImportCommand.receipt.declaration,
      ImportCommand.progress.declaration,
    ]
  }
  let examples: [Example] = [
    Example("polylogue migrate ~/Conversations", "Takes what was rendered there")
  ]

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    try ImportCommand().take(invocation, as: .markdown, in: context)
  }
}
