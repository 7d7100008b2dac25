import PolylogueKit
import PolylogueRender

/// `polylogue verify`
struct VerifyCommand: Command {
  let name = "verify"
  let summary = "check the archive for damage"
  let stopsByItself = true
  let discussion = """
    Checks the databases and what they promise of each other; --deep also reads every stored byte
    and compares its hash. Ends with status 1 on any damage, and with --deep when a file of
    cold storage is not there.
    """
  var flags: [FlagDeclaration] { [Self.deep.declaration, Self.subset.declaration] }
  let examples: [Example] = [
    Example(
      "polylogue verify --deep --subset 1/30", "Reads one thirtieth of the bytes, one each day")
  ]

  private static let deep = Switch("deep", help: "Read every stored byte and compare its hash.")
  private static let subset = Option<Subset>(
    "subset", "K/N", help: "Deep, but only the K-th of N parts of the bytes."
  ) { text throws(UsageError) in
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let part = parts[0], let count = parts[1], count >= 1,
      (1...count).contains(part)
    else { throw UsageError("--subset takes a part such as 1/30, not “\(text)”") }
    return Subset(part: part, count: count)
  }

  private struct Subset: Sendable {
    let part: Int
    let count: Int
  }

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let subset = try invocation.value(Self.subset)
    let isDeep = invocation.has(Self.deep) || subset != nil
    let progress = context.progressLine()
    defer { progress.clear() }
    let report = try context.withArchive(.read) {
      try $0.verify(isDeep: isDeep, subset: subset.map { (part: $0.part, of: $0.count) }) {
        if Interruption.isRequested { throw CommandError("interrupted; not all was checked") }
        let (things, count) = ($0, $1)
        progress.update("\(Amount.count(count)) \(things)")
      }
    }
    progress.clear()
    if context.isJSON {
      try context.print(
        .object([
          ("ok", .bool(report.isOK)),
          (
            "checked",
            .object(
              report.checked.map {
                (key: $0.name.replacing(" ", with: "_"), value: .integer($0.count))
              })
          ),
          ("problems", .strings(report.problems)),
        ]))
    } else {
      for problem in report.problems {
        let word = report.unchecked.contains(problem) ? "not checked: " : "damaged: "
        try context.out.line(context.style.red(word) + VisibleText.oneLine(problem))
      }
      let checked = report.checked.map { "\(Amount.count($0.count)) \($0.name)" }
      try context.out.line("checked: \(checked.joined(separator: ", "))")
      if report.isOK { try context.out.line("no damage found") }
    }
    if !report.notes.isEmpty {
      try context.out.flush()
      for line in report.notes { context.warn(line) }
    }
    if report.isOK {
      try context.out.flush()
      for line in report.unchecked { context.warn(line) }
    }
    guard report.isOK || report.isDamaged else {
      try context.out.flush()
      context.warn(
        "\(Amount.count(report.unchecked.count, "file")) of cold storage could not be checked;"
          + " the rest is whole. Connect the disk, or tell its place with “polylogue optimize --moved"
          + " FILE”, and run it again")
      return .failed
    }
    guard report.isOK else {
      try context.out.flush()
      if let advice = VerifyCommand.adviceOnDerived(report) {
        context.warn(advice)
        return .failed
      }
      context.warn(
        "the archive is damaged: \(Amount.count(report.problems.count, "problem")); "
          + "keep it as it is, and restore a copy of it, or import the original exports into a new "
          + "archive; where those are gone, “polylogue raw export” gives back every file that is whole"
      )
      return .failed
    }
    return .done
  }

  /// What helps where nothing is damaged but what is made from the archive.
  private static func adviceOnDerived(_ report: VerifyReport) -> String? {
    let files = [
      ("index.db", "the search index", "reindex"), ("vectors.db", "the vectors", "embed"),
    ].filter { file in report.problems.contains { $0.hasPrefix(file.0) } }
    guard report.problems.allSatisfy({ problem in files.contains { problem.hasPrefix($0.0) } })
    else { return nil }
    return "the archive is whole; "
      + files.map { "damaged: \($0.1), which “polylogue \($0.2)” makes anew" }
      .joined(separator: "; ")
  }
}
