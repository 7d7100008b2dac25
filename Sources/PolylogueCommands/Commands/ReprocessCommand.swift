import PolylogueKit
import PolylogueRender

/// `polylogue reprocess`
struct ReprocessCommand: Command {
  let name = "reprocess"
  let summary = "read the archived bytes again with today's parsers"
  let stopsByItself = true
  let discussion = """
    Every imported file is kept as it came. After an update that understands more of it, this reads
    the kept bytes again; the original files are not needed. What is understood better replaces what
    was read before, and what says the same is not written again. Tags, stars and notes stay, what you
    have deleted stays deleted. What a parser fails on stays as it was and is named on standard error, as
    are bytes in cold storage that is not connected; the exit status is then 3.

    Ctrl-C stops within a second; running again goes on from there.
    """
  var flags: [FlagDeclaration] { [Self.all.declaration, Self.receipt.declaration] }
  let examples: [Example] = [
    Example("polylogue reprocess", "Reads what an older version has read")
  ]

  private static let all = Switch(
    "all", help: "Also read what today's parsers have read already.")
  private static let receipt = Switch(
    "receipt", help: "Tell for each file what was seen, understood, skipped and why.")

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let progress = context.progressLine()
    _ = try context.withArchive(.read) { $0.path }
    let report = try context.withArchive(.write) { archive in
      try archive.reprocess(
        all: invocation.has(Self.all), isCancelled: { Interruption.isRequested },
        onEvent: { event in
          switch event {
          case .started(let path): progress.update("reading \(VisibleText.oneLine(path))")
          case .advanced(let path, let bytes, let total):
            progress.update(
              "\(ProgressLine.bar(done: bytes, of: total)) \(VisibleText.oneLine(path))")
          case .indexing(let done, let total):
            progress.update("\(ProgressLine.bar(done: done, of: total)) indexing")
          case .failed(let path, let reason):
            progress.clear()
            context.warn("\(path): \(reason)")
          case .imported: break
          }
        })
    }
    progress.clear()
    try tell(report, wantsReceipt: invocation.has(Self.receipt), context)
    if report.wasCancelled {
      context.warn(Interruption.notice)
      return .failed
    }
    return report.failed.isEmpty ? .done : .partlyFailed
  }

  private func tell(
    _ report: ImportReport, wantsReceipt: Bool, _ context: CommandContext
  ) throws {
    if context.isJSON {
      try context.print(ImportDocument.json(report, withReceipts: wantsReceipt))
      return
    }
    if wantsReceipt { try context.print(ImportDocument.receiptLines(report)) }
    guard report.files > 0 || !report.failed.isEmpty || report.wasCancelled else {
      try context.out.line("today's parsers have read all of it; --all reads it again")
      return
    }
    try context.print(ImportDocument.lines(report))
  }
}
