import PolylogueKit
import PolylogueModel
import PolylogueRender

/// `polylogue export`
struct ExportCommand: Command {
  let name = "export"
  let summary = "write conversations to one file"
  let stopsByItself = true
  let discussion = """
    jsonl: one document a line, as “show --json” prints it. canonical-jsonl: sorted and stable, so
    that two archives can be compared byte for byte. markdown: one document after the other.
    html: one page with all of them. csv: one row a message. A file appears under its name only when it is
    complete, and then takes the place of one that is there; a line tells how many conversations are in
    it.

    Each conversation is written as it is when it is come to. With --snapshot all are as they were at
    one moment, however long it takes; imports go on meanwhile. One that is damaged is left out and
    named on standard error, and the exit status is 3.
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
    var (isWhole, isFile) = (true, false)
    let leaveOut = { (id: ConversationID, error: ArchiveError) in
      isWhole = false
      progress.clear()
      context.warn(error.reason(toLeaveOut: id))
    }
    let isSnapshot = invocation.has(FilterFlags.snapshot)
    try context.withArchive(filter: filter, ofOneMoment: isSnapshot) { archive in
      let file = try OutputFile(path: path, standardOutput: context.out)
      isFile = file.isFile
      try ExportCommand.write(format, of: archive, filter, to: file, leaveOut: leaveOut) {
        if Interruption.isRequested {
          throw CommandError("interrupted; the export is not complete")
        }
        count += 1
        progress.update("\(Amount.count(count, "conversation")) exported")
      }
      try file.finish()
    }
    progress.clear()
    if path != "-" { try tell(count, format, path, isFile: isFile, context) }
    return isWhole ? .done : .partlyFailed
  }

  /// Tells how many were written: none may mean that a filter is misspelt.
  ///
  /// - Parameter isFile: Whether they are in a file; a pipe or device may be standard output.
  private func tell(
    _ count: Int, _ format: Format, _ path: String, isFile: Bool, _ context: CommandContext
  ) throws {
    if context.isJSON {
      try context.print(
        .object([
          ("output", .string(path)), ("format", .string(format.rawValue)),
          ("conversations", .integer(count)),
        ]))
    } else if isFile {
      try context.out.line(
        "\(Amount.count(count, "conversation")) written to \(VisibleText.oneLine(path))")
    }
  }

  /// Writes all conversations that pass.
  ///
  /// - Parameters:
  ///   - leaveOut: Told of each that is damaged.
  ///   - next: Called before each.
  private static func write(
    _ format: Format, of archive: Archive, _ filter: Filter, to file: OutputFile,
    leaveOut: @escaping (ConversationID, ArchiveError) throws -> Void, next: () throws -> Void
  ) throws {
    func each(_ body: (Conversation) throws -> Void) throws {
      try archive.forEachConversation(filter: filter, onDamage: leaveOut) { conversation, _ in
        try next()
        try body(conversation)
      }
    }
    switch format {
    case .canonical:
      try archive.exportCanonical(filter: filter, onDamage: leaveOut) { line in
        try next()
        try file.write(line)
        if line.utf8.last != 0x0A { try file.write("\n") }
      }
    case .csv:
      try file.write(CSV.header)
      try each { try file.write(CSV.rows(of: $0)) }
    case .markdown:
      let renderer = MarkdownRenderer()
      try each { try file.write(renderer.bytes(of: $0)) }
    case .html:
      let renderer = HTMLRenderer()
      try file.write(renderer.opening(title: "Conversations"))
      var number = 0
      try each { conversation in
        number += 1
        try file.write(renderer.section(of: conversation, number: number))
      }
      try file.write(renderer.closing)
    case .jsonl:
      try each { try file.write(ConversationDocument.json($0).bytes + [0x0A]) }
    }
  }
}
