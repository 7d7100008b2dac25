import Glibc
import PolylogueKit
import PolylogueModel
import PolylogueRender

/// `polylogue render`
struct RenderCommand: Command {
  let name = "render"
  let summary = "write conversations as files, and keep them up to date"
  let stopsByItself = true
  let discussion = """
    Writes one Markdown or HTML file a conversation, and beside them, into attachments/, the attachments
    that the archive has, linked from the files. Run again, it writes only what has changed and
    removes the files whose conversation is gone. It removes nothing that it has not written: its
    own files are listed in .polylogue-render.json. With filters, other conversations' files stay.
    A conversation that is damaged is named on standard error, its file of an earlier run stays, and
    the exit status is 3.

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
    "output", "DIR", help: "The folder to write to; made when it is missing, in one that exists.",
    isPath: true
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
    let renderer = try RenderCommand.renderer(invocation)
    let start = MonotonicClock.seconds
    let progress = context.progressLine()
    var damaged: Set<ConversationID> = []
    var failure: (any Error)?
    let summary = try context.withArchive(
      filter: filter, ofOneMoment: invocation.has(FilterFlags.snapshot)
    ) { archive in
      let folder = try RenderFolder(
        path: path, for: renderer, isForced: invocation.has(Self.force))
      do {
        var states = try archive.states(filter: filter)
        let family = try RenderCommand.family(archive, states, renderer, folder)
        for index in states.indices {
          states[index].digest = family.state(states[index].digest, of: states[index].id)
        }
        let changed = states.filter { !folder.keep($0.id, state: $0.digest) }
        var done = states.count - changed.count
        // What has been deleted since is not among them.
        damaged = try RenderCommand.render(
          changed, of: archive, family, by: renderer, to: folder
        ) {
          if let (id, error) = $0 {
            progress.clear()
            context.warn(error.reason(toLeaveOut: id))
          }
          done += 1
          progress.update("\(Amount.count(done, "conversation")) rendered")
        }
        // Whole again, a conversation comes into the index although nothing else has changed.
        let whole = states.filter { !damaged.contains($0.id) }
        do {
          try RenderCommand.writeIndex(of: archive, whole, by: renderer, to: folder)
        } catch let error as RenderError {
          failure = error
          return try folder.finish(isComplete: false)
        }
      } catch {
        progress.clear()
        _ = try folder.finish(isComplete: false)
        throw error
      }
      return try folder.finish(isComplete: filter.isEmpty)
    }
    progress.clear()
    let seconds = MonotonicClock.seconds - start
    try RenderCommand.tell(summary, seconds: seconds, context)
    if let failure {
      try context.out.flush()
      throw failure
    }
    return damaged.isEmpty ? .done : .partlyFailed
  }

  /// What makes the files of the format that was asked for.
  private static func renderer(_ invocation: Invocation) throws -> any ConversationRenderer {
    let templates = try invocation.value(templates)
    switch try invocation.value(format) ?? .markdown {
    case .markdown:
      if templates != nil { throw UsageError("--templates goes with --format html") }
      return MarkdownRenderer(linksFiles: true)
    case .html:
      return HTMLRenderer(
        template: try templates.map(TemplateFolder.read) ?? .standard, linksFiles: true)
    }
  }

  /// Writes what belongs to each conversation, but for those that are damaged.
  ///
  /// - Parameter tell: Called after each, with what is wrong with it.
  /// - Returns: The damaged ones; what an earlier run has made of them stays.
  private static func render(
    _ states: [ConversationState], of archive: Archive, _ family: FamilyTree,
    by renderer: any ConversationRenderer, to folder: RenderFolder,
    tell: @escaping ((ConversationID, ArchiveError)?) -> Void
  ) throws -> Set<ConversationID> {
    var damaged: Set<ConversationID> = []
    let leaveOut = { (id: ConversationID, error: ArchiveError) in
      damaged.insert(id)
      folder.leave(id)
      tell((id, error))
    }
    try archive.forEachConversation(of: states, onDamage: leaveOut) { state, conversation in
      if Interruption.isRequested { throw CommandError(Interruption.notice) }
      do {
        try render(conversation, state, of: archive, family, by: renderer, to: folder)
        tell(nil)
      } catch let error as ArchiveError where error.code == .damaged {
        // The bytes of an attachment.
        leaveOut(state.id, error)
      }
    }
    return damaged
  }

  /// Writes what belongs to one conversation.
  private static func render(
    _ conversation: Conversation, _ state: ConversationState, of archive: Archive,
    _ family: FamilyTree, by renderer: any ConversationRenderer, to folder: RenderFolder
  ) throws {
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
      renderer.bytes(of: conversation, relatives: family.relatives(of: state.id)), of: state.id,
      state: state.digest, at: place, attachments: attachments)
  }

  /// Who derives from whom, among those whose files stand in the folder or come to stand there.
  private static func family(
    _ archive: Archive, _ states: [ConversationState], _ renderer: any ConversationRenderer,
    _ folder: RenderFolder
  ) throws -> FamilyTree {
    let pairs = try archive.lineages()
    let coming = pairs.isEmpty ? [] : Set(states.lazy.map(\.id))
    return FamilyTree(pairs, extension: renderer.fileExtension) {
      coming.contains($0) || folder.path(of: $0) != nil
    }
  }

  /// Writes the pages that list the conversations whose files stand in the folder.
  private static func writeIndex(
    of archive: Archive, _ states: [ConversationState], by renderer: any ConversationRenderer,
    to folder: RenderFolder
  ) throws {
    let state = states.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ $1.digest) &* 0x100_0000_01B3 }
    try folder.writePages(state: state) { write in
      let entries = try archive.list(limit: nil).items.compactMap { summary in
        folder.path(of: summary.id).map { path in
          IndexEntry(
            path: path, title: summary.title, provider: summary.id.provider.rawValue,
            project: summary.project, created: summary.createdAt, messages: summary.messages)
        }
      }
      for page in IndexPages(of: entries, suffix: renderer.fileExtension).pages {
        try write(page.folder, page.name, renderer.bytes(of: page))
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
}
