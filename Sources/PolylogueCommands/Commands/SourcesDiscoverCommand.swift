import PolylogueKit
import PolylogueModel
import PolylogueRender

/// `polylogue sources discover`
struct SourcesDiscoverCommand: Command {
  let name = "sources discover"
  let summary = "find what programs on this machine keep of your conversations"
  let stopsByItself = true
  let discussion = """
    Looks where Claude Code, Codex, Gemini CLI, Cursor, Copilot and many others keep their sessions,
    and tells for each what is there, how much of it the archive has, whether this version can import
    the rest, and what its program will soon delete. Names, sizes and times are looked at; a file is
    opened only where the archive has one of the same size, to compare the two. Nothing is imported
    and nothing changed.
    """
  var flags: [FlagDeclaration] { [Self.all.declaration] }
  let examples: [Example] = [
    Example("polylogue sources discover", "Tells what is there, and how to import it")
  ]

  private static let all = Switch("all", help: "Name the places too where nothing is.")

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let progress = context.progressLine()
    let reports = try Archive.discoverSources(
      at: context.archivePath(), wantsAbsent: invocation.has(Self.all),
      variable: context.variable, isCancelled: { Interruption.isRequested },
      onProgress: { progress.update("\(Amount.count($0, "file")) found") })
    progress.clear()
    guard !Interruption.isRequested else {
      throw CommandError("interrupted; nothing was changed")
    }
    if context.isJSON {
      try context.print(.object([("sources", .array(reports.map(SourcesDiscoverCommand.json)))]))
    } else {
      try show(reports, context)
    }
    return .done
  }

  /// A place in the document of `--json`.
  static func json(_ report: SourceReport) -> JSON {
    .object([
      ("provider", .string(report.provider.rawValue)), ("program", .string(report.program)),
      ("kind", .string(report.things)), ("path", .string(report.path)),
      ("exists", .bool(report.isThere)), ("files", .integer(report.files)),
      ("bytes", .integer(report.bytes)), ("oldest", .string(report.oldest?.iso)),
      ("newest", .string(report.newest?.iso)), ("importable", .bool(report.isImportable)),
      ("reason", .string(report.obstacle)), ("archived", .integer(report.archived)),
      ("changed", .integer(report.changed)), ("new", .integer(report.new)),
      ("kept_days", report.keptDays.map { .integer($0) } ?? .null),
      (
        "vanishing",
        report.vanishing.map {
          .object([
            ("days", .integer($0.days)), ("files", .integer($0.files)),
            ("not_archived", .integer($0.notArchived)),
          ])
        } ?? .null
      ),
      ("import", .strings(report.importPaths)), ("problems", .strings(report.problems)),
    ])
  }

  // MARK: For a person

  private func show(_ reports: [SourceReport], _ context: CommandContext) throws {
    guard !reports.isEmpty else {
      try context.out.line("nothing found in any of the places that are known")
      return
    }
    for report in reports { try context.print(lines(report, context.style)) }
    let paths = reports.flatMap(\.importPaths)
    guard !paths.isEmpty else { return }
    try context.out.line("")
    try context.out.line(
      "polylogue import " + paths.map(SourcesDiscoverCommand.quoted).joined(separator: " "))
  }

  private func lines(_ report: SourceReport, _ style: Style) -> [String] {
    let path = VisibleText.oneLine(report.path)
    var lines = [style.bold("\(report.program), \(report.things)") + "  " + style.dim(path)]
    if report.files > 0 {
      let span = [report.oldest, report.newest].compactMap { $0?.iso.prefix(10) }
      lines.append(
        "  \(Amount.count(report.files, "file")), \(Amount.bytes(report.bytes)),"
          + " \(span.joined(separator: " to "))")
    } else if report.problems.isEmpty {
      lines.append("  nothing there")
    }
    if let obstacle = report.obstacle {
      if report.files > 0 { lines.append("  cannot be imported: \(obstacle)") }
    } else if report.files > 0 {
      lines.append("  " + holdings(report))
    }
    if let days = report.keptDays, let vanishing = report.vanishing, report.files > 0 {
      let soon = Amount.count(vanishing.files, report.things)
      let verb = vanishing.files == 1 ? "vanishes" : "vanish"
      let line =
        "  \(report.program) deletes them after \(Amount.count(days, "day")): \(soon) \(verb)"
        + " within \(vanishing.days) days, \(Amount.count(vanishing.notArchived)) not in the archive"
      lines.append(vanishing.notArchived > 0 ? style.yellow(line) : line)
    }
    for problem in report.problems {
      lines.append("  not looked at: \(VisibleText.oneLine(problem))")
    }
    if report.furtherProblems > 0 {
      lines.append("  and \(Amount.count(report.furtherProblems)) more not looked at")
    }
    return lines
  }

  private func holdings(_ report: SourceReport) -> String {
    guard report.new + report.changed > 0 else { return "all in the archive" }
    var parts = ["\(Amount.count(report.archived)) in the archive"]
    if report.changed > 0 { parts.append("\(Amount.count(report.changed)) changed since") }
    if report.new > 0 { parts.append("\(Amount.count(report.new)) new") }
    return parts.joined(separator: ", ")
  }

  /// A path for the shell.
  private static func quoted(_ path: String) -> String {
    let isPlain = path.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: byte >= 0x80
      }
    }
    let visible = VisibleText.oneLine(path)
    return isPlain ? visible : "'\(visible.replacing("'", with: "'\\''"))'"
  }
}
