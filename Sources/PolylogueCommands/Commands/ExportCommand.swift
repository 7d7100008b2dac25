import PolylogueKit
import PolylogueModel
import PolylogueRender

/// `polylogue export`
struct ExportCommand: Command {
  let name = "export"
  let summary = "write conversations to one file"
  let discussion = """
    jsonl: one document a line, as “show --json” prints it. canonical-jsonl: sorted and stable, so
    that two archives can be compared byte for byte. markdown: one document after the other.
    csv: one row a message. A file appears under its name only when it is complete.
    """
  var flags: [FlagDeclaration] {
    [Self.format.declaration, Self.output.declaration, Self.redact.declaration] + FilterFlags.all
  }
  let examples: [Example] = [
    Example(
      "polylogue export --format csv --output chats.csv --provider chatgpt",
      "Writes ChatGPT's messages as a table"
    )
  ]

  private static let format = Option<Format>.choice(
    "format", "FORMAT", help: "jsonl (the default), canonical-jsonl, markdown or csv.")
  private static let output = Option.text(
    "output", "FILE", help: "The file to write; - (the default) is standard output.",
    isPath: true)
  private static let redact = Switch("redact", help: "Not in this version.")

  private enum Format: String, CaseIterable, Sendable {
    case jsonl
    case canonical = "canonical-jsonl"
    case markdown, csv, html
  }

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let format = try invocation.value(Self.format) ?? .jsonl
    let path = try invocation.value(Self.output) ?? "-"
    let filter = try FilterFlags.filter(of: invocation)
    guard !invocation.has(Self.redact) else {
      throw CommandError("--redact is not in this version; nothing was written")
    }
    guard format != .html else {
      throw CommandError("HTML is not in this version; take --format markdown")
    }
    try context.withArchive(.read) { archive in
      let file = try OutputFile(path: path, standardOutput: context.out)
      switch format {
      case .canonical:
        try archive.exportCanonical(filter: filter) { line in
          try ExportCommand.stopIfAsked()
          try file.write(line)
          if line.utf8.last != 0x0A { try file.write("\n") }
        }
      case .csv:
        try file.write(CSV.header)
        try each(archive, filter) { try file.write(CSV.rows(of: $0)) }
      case .markdown, .html:
        let renderer = MarkdownRenderer()
        try each(archive, filter) { try file.write(renderer.bytes(of: $0)) }
      case .jsonl:
        try each(archive, filter) { try file.write(ConversationDocument.json($0).bytes + [0x0A]) }
      }
      try file.finish()
    }
    return .done
  }

  private func each(
    _ archive: Archive, _ filter: Filter, _ body: (Conversation) throws -> Void
  ) throws {
    try archive.forEachConversation(filter: filter) { conversation, _ in
      try ExportCommand.stopIfAsked()
      try body(conversation)
    }
  }

  private static func stopIfAsked() throws {
    if Interruption.isRequested { throw CommandError("interrupted; the export is not complete") }
  }
}
