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
    html: one page with all of them. csv: one row a message. A file appears under its name only when it is
    complete, and then takes the place of one that is there.

    Each conversation is written as it is when it is come to. With --snapshot all are as they were at
    one moment, however long it takes; imports go on meanwhile.
    """
  var flags: [FlagDeclaration] {
    [Self.format.declaration, Self.output.declaration, Self.redact.declaration]
      + [FilterFlags.snapshot.declaration] + FilterFlags.all
  }
  let examples: [Example] = [
    Example(
      "polylogue export --format csv --output chats.csv --provider chatgpt",
      "Writes ChatGPT's messages as a table"
    )
  ]

  private static let format = Option<Format>.choice(
    "format", "FORMAT", help: "jsonl (the default), canonical-jsonl, markdown, html or csv.")
  private static let output = Option.text(
    "output", "FILE", help: "The file to write; - (the default) is standard output.",
    isPath: true)
  private static let redact = Switch("redact", help: "Leave out secrets.", isAdvertised: false)

  private enum Format: String, CaseIterable, Sendable {
    case jsonl
    case canonical = "canonical-jsonl"
    case markdown, html, csv
  }

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let format = try invocation.value(Self.format) ?? .jsonl
    let path = try invocation.value(Self.output) ?? "-"
    let filter = try FilterFlags.filter(of: invocation)
    guard !invocation.has(Self.redact) else {
      throw UsageError("--redact is not in this version; nothing was written")
    }
    if context.isJSON, path == "-", format != .jsonl, format != .canonical {
      throw UsageError(
        "--format \(format.rawValue) and the document of --json both want standard output; "
          + "give --output FILE, or leave out one")
    }
    var count = 0
    let progress = context.progressLine(isWanted: path != "-" || !context.out.isTerminal)
    defer { progress.clear() }
    let tell = { (count: Int) in
      progress.update("\(Amount.count(count, "conversation")) exported")
    }
    let isSnapshot = invocation.has(FilterFlags.snapshot)
    try context.withArchive(filter: filter, ofOneMoment: isSnapshot) { archive in
      let file = try OutputFile(path: path, standardOutput: context.out)
      switch format {
      case .canonical:
        try archive.exportCanonical(filter: filter) { line in
          try ExportCommand.stopIfAsked()
          count += 1
          tell(count)
          try file.write(line)
          if line.utf8.last != 0x0A { try file.write("\n") }
        }
      case .csv:
        try file.write(CSV.header)
        count = try each(archive, filter, tell) { try file.write(CSV.rows(of: $0)) }
      case .markdown:
        let renderer = MarkdownRenderer()
        count = try each(archive, filter, tell) { try file.write(renderer.bytes(of: $0)) }
      case .html:
        let renderer = HTMLRenderer()
        try file.write(renderer.opening(title: "Conversations"))
        var number = 0
        count = try each(archive, filter, tell) { conversation in
          number += 1
          try file.write(renderer.section(of: conversation, number: number))
        }
        try file.write(renderer.closing)
      case .jsonl:
        count = try each(archive, filter, tell) {
          try file.write(ConversationDocument.json($0).bytes + [0x0A])
        }
      }
      try file.finish()
    }
    if context.isJSON, path != "-" {
      try context.print(
        .object([
          ("output", .string(path)), ("format", .string(format.rawValue)),
          ("conversations", .integer(count)),
        ]))
    }
    return .done
  }

  private func each(
    _ archive: Archive, _ filter: Filter, _ tell: (Int) -> Void,
    _ body: (Conversation) throws -> Void
  ) throws -> Int {
    var count = 0
    try archive.forEachConversation(filter: filter) { conversation, _ in
      try ExportCommand.stopIfAsked()
      try body(conversation)
      count += 1
      tell(count)
    }
    return count
  }

  private static func stopIfAsked() throws {
    if Interruption.isRequested { throw CommandError("interrupted; the export is not complete") }
  }
}
