import PolylogueKit

/// `polylogue optimize`
struct OptimizeCommand: Command {
  let name = "optimize"
  let summary = "bring the search index into its fastest form"
  let discussion = """
    A large import leaves the index in many parts, each of which a search looks at. They are joined
    here; searches and imports go on meanwhile. Nothing else changes.
    """

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let progress = context.progressLine()
    var steps = 0
    let report = try context.withArchive(.write) { archive in
      try archive.optimize {
        steps += 1
        progress.update("joining parts of the index, step \(steps)")
      }
    }
    progress.clear()
    if context.isJSON {
      try context.print(
        .object([
          ("ok", .bool(true)),
          (
            "segments",
            .object([
              ("before", .integer(report.segmentsBefore)),
              ("after", .integer(report.segmentsAfter)),
            ])
          ), ("seconds", .seconds(report.seconds)),
        ]))
    } else if report.segmentsBefore == report.segmentsAfter {
      try context.out.line("the index was in its fastest form")
    } else {
      try context.out.line(
        "\(Amount.count(report.segmentsBefore, "part")) of the index joined to"
          + " \(Amount.count(report.segmentsAfter)) in \(Amount.seconds(report.seconds))")
    }
    return .done
  }
}
