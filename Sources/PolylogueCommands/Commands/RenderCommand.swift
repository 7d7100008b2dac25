import Glibc
import PolylogueKit
import PolylogueModel
import PolylogueRender

/// `polylogue render`
struct RenderCommand: Command {
  let name = "render"
  let summary = "write conversations as files, and keep them up to date"
  let discussion = """
    Writes one Markdown file a conversation, and beside them, into attachments/, the attachments
    that the archive has, linked from the files. Run again, it writes only what has changed and
    removes the files whose conversation is gone. It removes nothing that it has not written: its
    own files are listed in .polylogue-render.json. With filters, other conversations' files stay.

    The files are a view of the archive: what is changed in them is overwritten by the next run.
    """
  var flags: [FlagDeclaration] {
    [Self.output.declaration, Self.format.declaration, Self.force.declaration]
      + [FilterFlags.snapshot.declaration] + FilterFlags.all
  }
  let examples: [Example] = [
    Example("polylogue render --output ~/Conversations", "Writes all as Markdown")
  ]

  private static let output = Option.text(
    "output", "DIR", help: "The folder to write to; made when it is missing.", isPath: true
  ).required
  private static let format = Option<Format>.choice(
    "format", "FORMAT", help: "markdown.", later: ["html"]
  ).unadvertised
  private static let force = Switch("force", help: "Write all files, changed or not.")

  private enum Format: String, CaseIterable, Sendable {
    case markdown
  }

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    guard let path = try invocation.value(Self.output), !path.isEmpty else {
      throw UsageError("render needs --output DIR", command: name)
    }
    let filter = try FilterFlags.filter(of: invocation)
    // It leaves no choice yet.
    _ = try invocation.value(Self.format)
    let renderer: any ConversationRenderer = MarkdownRenderer(linksFiles: true)
    let start = RenderCommand.seconds
    let progress = context.progressLine()
    let summary = try context.withArchive(
      filter: filter, ofOneMoment: invocation.has(FilterFlags.snapshot)
    ) { archive in
      let folder = try RenderFolder(
        path: path, for: renderer, isForced: invocation.has(Self.force))
      do {
        let states = try archive.states(filter: filter)
        for (index, state) in states.enumerated() {
          if Interruption.isRequested { throw CommandError(Interruption.notice) }
          if !folder.keep(state.id, state: state.digest) {
            try RenderCommand.render(state, of: archive, by: renderer, to: folder)
          }
          progress.update("\(Amount.count(index + 1, "conversation")) rendered")
        }
      } catch {
        progress.clear()
        _ = try folder.finish(isComplete: false)
        throw error
      }
      return try folder.finish(isComplete: filter.isEmpty)
    }
    progress.clear()
    let seconds = RenderCommand.seconds - start
    try RenderCommand.tell(summary, seconds: seconds, context)
    return .done
  }

  /// Writes what belongs to one conversation.
  private static func render(
    _ state: ConversationState, of archive: Archive, by renderer: any ConversationRenderer,
    to folder: RenderFolder
  ) throws {
    // It may have been deleted since.
    guard let conversation = try archive.conversation(of: state) else { return }
    let place = FileName.path(
      for: conversation.header, extension: renderer.fileExtension)
    var attachments: [String] = []
    // The files first: a page never links to what is not there.
    for message in conversation.messages {
      for attachment in message.attachments {
        guard let stored = attachment.stored, let file = FileName.attachment(attachment) else {
          continue
        }
        try folder.writeAttachment(folder: place.folder, name: file, size: stored.byteCount) {
          try archive.writeRaw(matching: stored.sha256, to: $0)
        }
        attachments.append(file)
      }
    }
    try folder.write(
      renderer.bytes(of: conversation), of: state.id, state: state.digest, at: place,
      attachments: attachments)
  }

  private static func tell(
    _ summary: RenderFolder.Summary, seconds: Double, _ context: CommandContext
  ) throws {
    if context.isJSON {
      return try context.print(
        .object([
          ("written", .integer(summary.written)), ("unchanged", .integer(summary.unchanged)),
          ("removed", .integer(summary.removed)),
          (
            "attachments",
            .object([
              ("written", .integer(summary.attachmentsWritten)),
              ("unchanged", .integer(summary.attachmentsUnchanged)),
              ("removed", .integer(summary.attachmentsRemoved)),
            ])
          ),
          ("seconds", .seconds(seconds)),
        ]))
    }
    func counts(_ written: Int, _ unchanged: Int, _ removed: Int) -> String {
      "\(Amount.count(written)) written, \(Amount.count(unchanged)) unchanged, "
        + "\(Amount.count(removed)) removed"
    }
    try context.out.line(
      counts(summary.written, summary.unchanged, summary.removed)
        + " in \(Amount.seconds(seconds))")
    let files = (
      summary.attachmentsWritten, summary.attachmentsUnchanged, summary.attachmentsRemoved
    )
    if files != (0, 0, 0) {
      try context.out.line("attachments: " + counts(files.0, files.1, files.2))
    }
  }

  /// A clock that only goes forward.
  private static var seconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
