import Glibc
import PolylogueKit
import PolylogueModel
import PolylogueRender

/// `polylogue render`
struct RenderCommand: Command {
  let name = "render"
  let summary = "write conversations as files, and keep them up to date"
  let discussion = """
    Writes one Markdown file a conversation. Run again, it writes only what has changed and removes
    the files whose conversation is gone. It removes nothing that it has not written: its own files
    are listed in .polylogue-render.json. With filters, other conversations' files stay. What you
    have changed in one of its files is overwritten as soon as the conversation changes, and by
    --force at once.
    """
  var flags: [FlagDeclaration] {
    [Self.output.declaration, Self.format.declaration, Self.force.declaration] + FilterFlags.all
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
    let start = RenderCommand.seconds
    let progress = context.progressLine()
    let renderer = MarkdownRenderer()
    let summary = try context.withArchive(filter: filter) { archive in
      let folder = try RenderFolder(path: path, isForced: invocation.has(Self.force))
      var count = 0
      do {
        try archive.forEachConversation(filter: filter) { conversation, _ in
          if Interruption.isRequested { throw CommandError(Interruption.notice) }
          let place = FileName.path(for: conversation.header, extension: "md")
          try folder.write(
            renderer.bytes(of: conversation), folder: place.folder, name: place.name)
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
    if context.isJSON {
      try context.print(
        .object([
          ("written", .integer(summary.written)), ("unchanged", .integer(summary.unchanged)),
          ("removed", .integer(summary.removed)), ("seconds", .seconds(seconds)),
        ]))
    } else {
      try context.out.line(
        "\(Amount.count(summary.written)) written, \(Amount.count(summary.unchanged)) unchanged, "
          + "\(Amount.count(summary.removed)) removed in \(Amount.seconds(seconds))")
    }
    return .done
  }

  /// A clock that only goes forward.
  private static var seconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
