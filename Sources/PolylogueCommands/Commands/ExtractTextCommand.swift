import PolylogueKit
import PolylogueRender

/// `polylogue extract-text`
struct ExtractTextCommand: Command {
  let name = "extract-text"
  let summary = "take the text out of attached files, so that it is found"
  let stopsByItself = true
  let discussion = """
    Looks into attached files whose text is not in the archive: PDF with the program pdftotext (of
    poppler-utils), plain text as it is. The text is searched and shown with the message, and stays
    when the export is imported again. Each file is looked into once; a file that takes longer than a
    minute, or more than 2 GB of memory, is given up. Nothing leaves this machine.
    """
  let examples: [Example] = [
    Example("polylogue extract-text", "Looks into what the last imports brought")
  ]

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let progress = context.progressLine()
    let report: TextReport
    do {
      report = try context.withExistingArchive { archive in
        try archive.extractTexts { done, total in
          if Interruption.isRequested {
            throw CommandError("interrupted; what was found is kept, run again to go on")
          }
          progress.update(
            "\(ProgressLine.bar(done: Int64(done), of: Int64(total))) looking into files")
        }
      }
    } catch {
      progress.clear()
      throw error
    }
    progress.clear()
    for note in report.notes { context.warn(VisibleText.oneLine(note)) }
    if context.isJSON {
      try context.print(
        .object([
          ("ok", .bool(true)), ("files", .integer(report.files)),
          ("extracted", .integer(report.extracted)), ("empty", .integer(report.empty)),
          ("waiting", .integer(report.waiting)), ("notes", .strings(report.notes)),
          ("seconds", .seconds(report.seconds)),
        ]))
    } else {
      try context.out.line(
        "\(Amount.count(report.files, "file")) looked into, text found in \(report.extracted)")
    }
    return .done
  }
}
