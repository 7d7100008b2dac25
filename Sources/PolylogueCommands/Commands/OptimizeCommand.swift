import PolylogueKit
import PolylogueModel
import PolylogueRender
import PolylogueSearch

/// `polylogue optimize`
struct OptimizeCommand: Command {
  let name = "optimize"
  let summary = "join the parts of the index, give back space, move old bytes away"
  let stopsByItself = true
  let discussion = """
    A large import leaves the text index in many parts, each of which a search looks at: they are
    joined. What interrupted imports left behind is removed, and a database of which a fifth is
    unused is written anew. Nothing that was imported is lost.

    --cold moves the text of conversations that had not changed since BEFORE, and the imported bytes
    that belong to them alone, into FILE, which may lie on a slow or external disk. Texts that are
    shorter than what points to them stay in the archive. What was moved is found, shown, exported
    and checked as before, as long as FILE can be read. Without FILE you can import, search and list
    everything and read what was not moved; showing, exporting and rendering what was moved, filters
    by --tool where they meet it, and “polylogue reindex” need FILE. A later run with a later date
    adds to the same FILE. FILE is a part of the archive: a copy of the archive alone is not whole,
    so back FILE up too. --warm takes everything in FILE back. --moved tells the place that FILE has
    now. --lost is for a FILE that is gone for good: import the original exports again, and they give
    back what lay in it; “polylogue verify” names what is still missing.
    """
  let operands = [
    Operand(
      name: "FILE", help: "The file of cold storage; made when something is to be moved.",
      isOptional: true,
      isPath: true)
  ]
  var flags: [FlagDeclaration] {
    [
      Self.cold.declaration, Self.warm.declaration, Self.moved.declaration, Self.lost.declaration,
    ]
  }
  let examples: [Example] = [
    Example(
      "polylogue optimize --cold 2025 /mnt/disk/old.db",
      "Moves what is older than 2025 to another disk"),
    Example("polylogue optimize --warm /mnt/disk/old.db", "Takes it back"),
  ]

  private static let cold = Option<Timestamp>(
    "cold", "BEFORE", help: "Move what is older to FILE: \(DateExpression.examples)."
  ) { text throws(UsageError) in
    try DateWords.span(text, of: "--cold").start
  }
  private static let warm = Switch("warm", help: "Take back everything that lies in FILE.")
  private static let moved = Switch("moved", help: "FILE has another place now: this one.")

  private static let lost = Switch(
    "lost", help: "FILE is gone for good: exports that are imported again give back what it held.")

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let task = try task(of: invocation)
    if case .move(let before, _) = task, before > .now {
      context.warn(
        "\(before.iso.prefix(10)) is in the future: everything that has a date is moved to FILE")
    }
    let progress = context.progressLine()
    let report: TidyReport
    do {
      report = try context.withExistingArchive { archive in
        try archive.tidy(task) { step in
          if Interruption.isRequested { throw CommandError(OptimizeCommand.interrupted) }
          switch step {
          case .moved(let moved): progress.update("\(OptimizeCommand.text(moved)) moved")
          case .joining: progress.update("joining parts of the index")
          }
        }
      }
    } catch {
      progress.clear()
      throw error
    }
    progress.clear()
    for note in report.notes { context.warn(note) }
    if context.isJSON {
      try context.print(OptimizeCommand.document(report))
    } else {
      try tell(report, task, context)
    }
    return .done
  }

  private static let interrupted =
    "interrupted; what was moved until then is in the file, the rest in the archive; run again to"
    + " go on"

  private func task(of invocation: Invocation) throws(UsageError) -> ColdTask? {
    let before = try invocation.value(Self.cold)
    let wanted = [
      before != nil, invocation.has(Self.warm), invocation.has(Self.moved),
      invocation.has(Self.lost),
    ]
    guard wanted.count(where: { $0 }) <= 1 else {
      throw UsageError("--cold, --warm, --moved and --lost exclude each other", command: name)
    }
    guard let file = invocation.operands.first, !file.isEmpty else {
      guard !wanted.contains(true) else {
        throw UsageError("name the FILE of cold storage", command: name)
      }
      return nil
    }
    guard file != "-" else {
      throw UsageError("cold storage is a file, not standard input or output", command: name)
    }
    if let before { return .move(before: before, file: file) }
    if invocation.has(Self.warm) { return .moveBack(file: file) }
    if invocation.has(Self.moved) { return .find(file: file) }
    if invocation.has(Self.lost) { return .lose(file: file) }
    throw UsageError("a FILE needs --cold BEFORE, --warm, --moved or --lost", command: name)
  }

  private static func text(_ moved: ColdMove) -> String {
    "\(Amount.count(moved.messages, "message")) and \(Amount.count(moved.blobs, "piece")) of files"
      + " (\(ByteCount.text(moved.byteCount)))"
  }

  private static func document(_ report: TidyReport) -> JSON {
    func size(_ size: TidyReport.Size) -> JSON {
      .object([("before", .integer(Int(size.before))), ("after", .integer(Int(size.after)))])
    }
    return .object([
      ("ok", .bool(true)), ("archive", size(report.archive)), ("index", size(report.index)),
      (
        "segments",
        .object([
          ("before", .integer(report.segments.before)),
          ("after", .integer(report.segments.after)),
        ])
      ),
      (
        "orphans",
        .object([
          ("blobs", .integer(report.orphans.blobs)),
          ("bytes", .integer(Int(report.orphans.bytes))),
        ])
      ),
      ("replica", .object([("bytes", .integer(Int(report.replica)))])),
      (
        "cold",
        .object([
          ("messages", .integer(report.cold.messages)), ("blobs", .integer(report.cold.blobs)),
          ("bytes", .integer(Int(report.cold.byteCount))),
        ])
      ),
      ("notes", .strings(report.notes)), ("seconds", .seconds(report.seconds)),
    ])
  }

  private func tell(
    _ report: TidyReport, _ task: ColdTask?, _ context: CommandContext
  ) throws {
    switch task {
    case .move(let before, _) where report.cold == ColdMove():
      try context.out.line("nothing from before \(before.iso.prefix(10)) is left to move")
    case .moveBack(let file) where report.cold == ColdMove():
      try context.out.line(
        "nothing of this archive lay in \(VisibleText.oneLine(file)); it is not needed")
    case .move(_, let file):
      try context.out.line("moved to \(VisibleText.oneLine(file)): \(Self.text(report.cold))")
    case .moveBack(let file):
      try context.out.line("taken back: \(Self.text(report.cold))")
      try context.out.line(
        "\(VisibleText.oneLine(file)) was left as it is; this archive no longer needs it")
    case .find(let file):
      try context.out.line("cold storage is in \(VisibleText.oneLine(file)) now")
    case .lose(let file):
      try context.out.line(
        "\(VisibleText.oneLine(file)) is lost: import the original exports again to have back what"
          + " was in it")
    case nil: break
    }
    if report.orphans.blobs > 0 {
      try context.out.line(
        "removed \(Amount.count(report.orphans.blobs, "piece")) that nothing needed"
          + " (\(ByteCount.text(report.orphans.bytes)))")
    }
    if report.replica > 0 {
      try context.out.line("removed a stale replica (\(ByteCount.text(report.replica)))")
    }
    if report.segments.after < report.segments.before {
      try context.out.line(
        "joined \(Amount.count(report.segments.before, "part")) of the index to"
          + " \(Amount.count(report.segments.after))")
    }
    for (name, size) in [("archive.db", report.archive), ("index.db", report.index)] {
      let change =
        size.before == size.after
        ? ByteCount.text(size.after)
        : "\(ByteCount.text(size.before)) → \(ByteCount.text(size.after))"
      try context.out.line("\(name): \(change)")
    }
  }
}
