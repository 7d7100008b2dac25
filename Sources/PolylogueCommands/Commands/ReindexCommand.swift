import Glibc
import PolylogueKit

/// `polylogue reindex`
struct ReindexCommand: Command {
  let name = "reindex"
  let summary = "build the search index anew"
  let discussion = """
    The index is made from the archive and can be made again at any time; this costs time, never
    data. Where there is no archive, an empty one is made.
    """

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let place = ArchiveFolder(path: try context.archivePath())
    let isThere = access(place.archivePath, F_OK) == 0
    let progress = context.progressLine()
    let report = try context.withArchive(.write) { archive in
      try archive.reindex { done, total in
        progress.update("\(ProgressLine.bar(done: done, of: total)) indexing")
      }
    }
    progress.clear()
    if !isThere { context.warn("there was no archive in \(place.path); a new, empty one was made") }
    if context.isJSON {
      try context.print(
        .object([
          ("ok", .bool(true)), ("messages", .integer(report.messages)),
          ("seconds", .seconds(report.seconds)),
        ]))
    } else {
      try context.out.line(
        "\(Amount.count(report.messages, "message")) indexed in \(Amount.seconds(report.seconds))")
    }
    return .done
  }
}
