import PolylogueKit
import PolylogueModel
import PolylogueRender

/// `polylogue embed`
struct EmbedCommand: Command {
  let name = "embed"
  let summary = "compute the vectors that search by meaning needs"
  let stopsByItself = true
  let discussion = """
    Computes a vector for each passage of each message that has none yet, newest messages first, with
    the installed model, on this machine. A text is computed once, however many messages say it.
    This can take hours. Ctrl-C stops it within a second, and what was computed before the last group,
    of some seconds, is kept; run again to go on.
    Searching and importing go on beside it; what is imported later waits for the next run.
    """
  var flags: [FlagDeclaration] { [Self.limit.declaration] }
  let examples: [Example] = [
    Example("polylogue embed", "Brings all vectors up to date"),
    Example("polylogue embed --limit 10000", "Looks at the newest messages that wait"),
  ]

  private static let limit = Option.number(
    "limit", "N", help: "The most messages to look at; all without it.", minimum: 1)

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let limit = try invocation.value(Self.limit)
    let embedder = try context.languageModels.embedder(isCancelled: {
      Interruption.isRequested
    })
    let progress = context.progressLine()
    defer { progress.clear() }
    let report = try context.withArchive(.read) { archive in
      // Damaged vectors are made anew.
      if (try? archive.embeddingState(of: embedder.model))?.waiting != 0 {
        try context.languageModels.prove(embedder)
      }
      return try archive.embed(
        with: embedder, limit: limit,
        onProgress: { progress.update(Self.line($0)) },
        isCancelled: { Interruption.isRequested })
    }
    progress.clear()
    for failure in report.failed {
      context.warn("\(failure.id): no vector: \(failure.reason)")
    }
    for note in report.notes { context.warn(note) }
    if context.isJSON {
      try context.print(Self.document(report))
    } else {
      try context.out.line(Self.summary(of: report))
    }
    if report.wasCancelled {
      context.warn(
        report.embedded > 0
          ? "interrupted; what was computed is kept; run again to go on"
          : "interrupted before the first group was done; nothing is lost, run again to go on")
      return .failed
    }
    return report.failed.isEmpty ? .done : .partlyFailed
  }

  private static func line(_ progress: EmbedProgress) -> String {
    let bar = ProgressLine.bar(done: Int64(progress.done), of: Int64(progress.total))
    let rate = "\(Int(min(progress.rate, 1e9).rounded())) messages/s"
    let left = progress.secondsLeft.map { ", \(Amount.seconds($0)) left" } ?? ""
    return "\(bar) \(progress.done) of \(progress.total), \(rate)\(left)"
  }

  private static func document(_ report: EmbedReport) -> JSON {
    .object([
      ("embedded", .integer(report.embedded)), ("unchanged", .integer(report.unchanged)),
      ("removed", .integer(report.removed)), ("vectors", .integer(report.vectors)),
      ("waiting", .integer(report.waiting)),
      (
        "failed",
        .array(
          report.failed.map {
            .object([("id", .string($0.id)), ("reason", .string($0.reason))])
          })
      ),
      ("seconds", .seconds(report.seconds)), ("model", .string(report.model.description)),
      ("notes", .strings(report.notes)),
    ])
  }

  private static func summary(of report: EmbedReport) -> String {
    var parts = [
      "\(Amount.count(report.embedded, "message")) embedded", "\(report.unchanged) unchanged",
    ]
    if report.removed > 0 { parts.append("\(report.removed) removed") }
    if report.waiting > 0 { parts.append("up to \(report.waiting) waiting") }
    return parts.joined(separator: ", ")
      + " in \(Amount.seconds(report.seconds)), model \(VisibleText.oneLine(report.model.name))"
  }
}
