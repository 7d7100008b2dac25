import Glibc
import PolylogueKit
import PolylogueModel
import PolylogueRender

/// `polylogue render`
struct RenderCommand: Command {
  let name = "render"
  let summary = "write conversations as files, and keep them up to date"
  let discussion = """
    Writes one Markdown or HTML file a conversation, and beside them, into attachments/, the attachments
    that the archive has, linked from the files. Run again, it writes only what has changed and
    removes the files whose conversation is gone. It removes nothing that it has not written: its
    own files are listed in .polylogue-render.json. With filters, other conversations' files stay.

    The files are a view of the archive: what is changed in them is overwritten by the next run.
    """
  var flags: [FlagDeclaration] {
    [
      Self.output.declaration, Self.format.declaration, Self.force.declaration,
      Self.templates.declaration,
    ]
      + [FilterFlags.snapshot.declaration] + FilterFlags.all
  }
  let examples: [Example] = [
    Example("polylogue render --output ~/Conversations", "Writes all as Markdown")
  ]

  private static let output = Option.text(
    "output", "DIR", help: "The folder to write to; made when it is missing.", isPath: true
  ).required
  private static let format = Option<Format>.choice(
    "format", "FORMAT", help: "markdown (the default) or html.")
  private static let force = Switch("force", help: "Write all files, changed or not.")

  private static let templates = Option.text(
    "templates", "DIR", help: "A folder with page.html, style.css or both, for HTML pages.",
    isPath: true)

  private enum Format: String, CaseIterable, Sendable {
    case markdown, html
  }

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    guard let path = try invocation.value(Self.output), !path.isEmpty else {
      throw UsageError("render needs --output DIR", command: name)
    }
    let filter = try FilterFlags.filter(of: invocation)
    let format = try invocation.value(Self.format) ?? .markdown
    let (suffix, bytes) = try RenderCommand.renderer(format, invocation)
    let start = RenderCommand.seconds
    let progress = context.progressLine()
    let summary = try context.withArchive(
      filter: filter, ofOneMoment: invocation.has(FilterFlags.snapshot)
    ) { archive in
      let folder = try RenderFolder(path: path, isForced: invocation.has(Self.force))
      var count = 0
      do {
        try archive.forEachConversation(filter: filter) { conversation, _ in
          if Interruption.isRequested { throw CommandError(Interruption.notice) }
          let place = FileName.path(for: conversation.header, extension: suffix)
          // The files first: a page never links to what is not there.
          try RenderCommand.writeAttachments(
            of: conversation, of: archive, to: folder, place.folder)
          try folder.write(
            bytes(conversation), folder: place.folder, name: place.name)
          count += 1
          progress.update("\(Amount.count(count, "conversation")) rendered")
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

  /// The extension and the bytes of files in a format.
  private static func renderer(
    _ format: Format, _ invocation: Invocation
  ) throws -> (suffix: String, bytes: (Conversation) -> [UInt8]) {
    let templates = try invocation.value(Self.templates)
    switch format {
    case .markdown:
      if templates != nil { throw UsageError("--templates goes with --format html") }
      let renderer = MarkdownRenderer(linksFiles: true)
      return ("md", { renderer.bytes(of: $0) })
    case .html:
      let template = try templates.map(TemplateFolder.read) ?? .standard
      let renderer = HTMLRenderer(template: template, linksFiles: true)
      return (renderer.fileExtension, { renderer.bytes(of: $0) })
    }
  }

  private static func writeAttachments(
    of conversation: Conversation, of archive: Archive, to folder: RenderFolder, _ name: String
  ) throws {
    for attachment in conversation.messages.flatMap(\.attachments) {
      guard let stored = attachment.stored, let file = FileName.attachment(attachment) else {
        continue
      }
      try folder.writeAttachment(folder: name, name: file, size: stored.byteCount) { sink in
        try archive.writeRaw(matching: stored.sha256, to: sink)
      }
    }
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
