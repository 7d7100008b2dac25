import Glibc
import PolylogueKit

/// `polylogue eval`
struct EvalCommand: Command {
  let name = "eval"
  let summary = "measure how well search answers questions"
  let stopsByItself = true
  let discussion = """
    QUESTIONS is a file of JSON Lines: {"query": "…", "relevant": ["ID", …]}, where the ids are those of
    messages, or of conversations, any of which answers the question; "filter" (such as
    "project:kitchen") and "group" may be added. Each mode of search is asked all of them.

    --make writes such a file from the archive's own messages: each question is made of some words of
    a message, which is its answer. --tune looks for the weights of the ranking that answer the
    questions best, and measures them on questions that they were not chosen by: one group after
    the other is left out. It prints the command that sets them, which is worth it where the measures
    beside “tuned” are the better ones.
    """
  let operands = [
    Operand(name: "QUESTIONS", help: "The file of questions; with --make, the one to write.")
  ]
  var flags: [FlagDeclaration] {
    [Self.mode.declaration, Self.make.declaration, Self.seed.declaration, Self.tune.declaration]
  }
  let examples: [Example] = [
    Example("polylogue eval questions.jsonl", "Compares the modes of search"),
    Example("polylogue eval --make 200 questions.jsonl", "Makes questions from the archive"),
  ]
  private static let make = Option.number(
    "make", "N", help: "Write N questions made from the archive's messages.", minimum: 1)
  private static let seed = Option.number(
    "seed", "N", help: "Decides which messages --make takes; 1 without it.", minimum: 0)
  private static let tune = Switch("tune", help: "Look for better weights of the ranking.")

  private static let mode = Option<SearchCommand.Mode>.choice(
    "mode", "MODE", help: "Only this mode: text, words, semantic or hybrid.", isRepeatable: true)

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    guard let path = invocation.operands.first, invocation.operands.count == 1 else {
      throw UsageError("eval takes one file of questions")
    }
    let isTuning = invocation.has(Self.tune)
    if let count = try invocation.value(Self.make) {
      let seed = try invocation.value(Self.seed) ?? 1
      return try make(count, seed: UInt64(seed), path: path, context)
    }
    let wanted = try invocation.values(Self.mode)
    let modes = (wanted.isEmpty ? SearchCommand.Mode.allCases : wanted).map(\.mode)
    let questions = try EvaluationQuestion.read(from: path)
    let progress = context.progressLine(isWanted: !context.isJSON)
    defer { progress.clear() }
    func step(_ done: Int, _ total: Int) throws {
      if Interruption.isRequested { throw CancellationError() }
      progress.update("\(Amount.count(done)) of \(Amount.count(total)) answers")
    }
    let (report, tunings) = try context.withArchive(.read) { archive in
      let report = try archive.evaluate(questions, modes: modes, onProgress: step)
      let tunable = isTuning ? modes.filter { $0 == .words || $0 == .hybrid } : []
      return (
        report, try tunable.compactMap { try archive.tune(questions, mode: $0, onProgress: step) }
      )
    }
    progress.clear()
    guard !report.modes.isEmpty else {
      throw CommandError(report.notes.last ?? "nothing could be asked")
    }
    if context.isJSON {
      try context.print(EvalCommand.json(report, tunings, questions: questions.count))
    } else {
      try show(report, tunings, questions: questions.count, context)
    }
    warn(of: report, path: path, context)
    return .done
  }

  private func make(
    _ count: Int, seed: UInt64, path: String, _ context: CommandContext
  ) throws -> ExitStatus {
    var facts = stat()
    guard path == "-" || lstat(path, &facts) != 0 || facts.st_mode & S_IFMT != S_IFREG else {
      throw CommandError("\(path) is there already; name another file for the questions")
    }
    let questions = try context.withArchive(.read) {
      try $0.knownItemQuestions(count: count, seed: seed)
    }
    let file = try OutputFile(path: path, standardOutput: context.out)
    for question in questions { try file.write(question.json + "\n") }
    try file.finish()
    if questions.count < count {
      context.warn(
        "only \(Amount.count(questions.count, "question")) could be made: the archive has not"
          + " enough prose")
    }
    guard path != "-" else { return .done }
    if context.isJSON {
      try context.print(.object([("questions", .integer(questions.count))]))
    } else {
      try context.out.line("\(Amount.count(questions.count, "question")) written to \(path)")
    }
    return .done
  }

  /// The document of `--json`.
  static func json(
    _ report: EvaluationReport, _ tunings: [TuningReport] = [], questions: Int
  ) -> JSON {
    .object([
      ("questions", .integer(questions)), ("unanswerable", .integer(report.unanswerable)),
      ("weights", SearchOutput.weights(report.weights)),
      (
        "problems",
        .array(
          report.problems.map { problem in
            .object([
              ("question", .integer(problem.question)),
              ("line", problem.line.map { .integer($0) } ?? .null),
              ("message", .string(problem.message)),
            ])
          })
      ),
      (
        "modes",
        .object(report.modes.map { (key: $0.mode.rawValue, value: measures(of: $0)) })
      ),
      (
        "tuned",
        .object(
          tunings.map { tuning in
            (
              key: tuning.mode.rawValue,
              value: .object([
                ("held_out", measures(of: tuning.heldOut)),
                ("weights", SearchOutput.weights(tuning.best)),
                (
                  "weights_without",
                  .object(
                    tuning.byGroup.sorted { $0.key < $1.key }.map {
                      (key: $0.key, value: SearchOutput.weights($0.value))
                    })
                ),
              ])
            )
          })
      ),
      ("notes", .strings(report.notes)),
    ])
  }

  private static func measures(of mode: ModeEvaluation) -> JSON {
    func estimate(_ value: MeanEstimate) -> JSON {
      .object([
        ("mean", .number(value.mean)), ("low", .number(value.low)), ("high", .number(value.high)),
      ])
    }
    func byDepth(_ values: [MeanEstimate]) -> JSON {
      .object(zip(RankingMetrics.depths, values).map { (key: String($0), value: estimate($1)) })
    }
    return .object([
      ("hit", byDepth(mode.hits)), ("recall", byDepth(mode.recalls)),
      ("mrr", estimate(mode.reciprocalRank)), ("ndcg", estimate(mode.nDCG)),
    ])
  }

  private func show(
    _ report: EvaluationReport, _ tunings: [TuningReport], questions: Int,
    _ context: CommandContext
  ) throws {
    var table = Table(
      [.init(title: "MODE")]
        + ["HIT@1", "HIT@5", "HIT@10", "HIT@20", "RECALL@10", "MRR", "NDCG@10"].map {
          .init(title: $0, isNumber: true)
        })
    func cell(_ value: MeanEstimate) -> String {
      "\(Amount.fixed(value.mean, digits: 3)) ±\(Amount.fixed((value.high - value.low) / 2, digits: 3))"
    }
    let ten = RankingMetrics.depths.firstIndex(of: RankingMetrics.depth) ?? 0
    let held = tunings.map { ("\($0.mode.rawValue), tuned", $0.heldOut) }
    for (name, mode) in report.modes.map({ ($0.mode.rawValue, $0) }) + held {
      table.add(
        [name] + mode.hits.map(cell)
          + [cell(mode.recalls[ten]), cell(mode.reciprocalRank), cell(mode.nDCG)])
    }
    try context.print(table.lines(width: context.width, style: context.style))
    try context.out.line("")
    try context.out.line(
      context.style.dim(
        "\(Amount.count(questions)) questions; ± is half of the 95 % confidence interval"))
    if report.weights != .standardWeights {
      try context.out.line(
        context.style.dim("weights in use: \(SearchOutput.assignments(report.weights))"))
    }
    for tuning in tunings {
      let isInUse =
        SearchOutput.assignments(tuning.best) == SearchOutput.assignments(report.weights)
      try context.out.line(
        context.style.dim("\(tuning.mode.rawValue), tuned on all: ")
          + (isInUse
            ? "the weights in use are the best that were found"
            : "polylogue weights \(SearchOutput.assignments(tuning.best))"))
    }
    for note in report.notes { context.warn(note) }
  }

  /// The problems that are named one by one.
  private static let namedProblems = 10

  /// Says which questions cannot be answered as they stand.
  private func warn(of report: EvaluationReport, path: String, _ context: CommandContext) {
    for problem in report.problems.prefix(Self.namedProblems) {
      let line = problem.line.map { "line \($0)" } ?? "question \(problem.question + 1)"
      context.warn("\(path): \(line): \(problem.message)")
    }
    let more = report.problems.count - Self.namedProblems
    if more > 0 { context.warn("\(path): \(Amount.count(more)) more; --json names all") }
    if report.unanswerable > 0 {
      context.warn(
        "no answer of \(Amount.count(report.unanswerable, "question")) is in the archive: counted as not"
          + " answered")
    }
  }
}
