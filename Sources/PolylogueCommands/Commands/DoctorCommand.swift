import PolylogueKit
import PolylogueRender

/// `polylogue doctor`
struct DoctorCommand: Command {
  let name = "doctor"
  let summary = "look for what could go wrong, and say what to do"

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let findings = try context.withArchive(.read) {
      try $0.diagnose(models: context.languageModels)
    }
    let isOK = !findings.contains { $0.severity == .problem }
    if context.isJSON {
      try context.print(
        .object([
          ("ok", .bool(isOK)),
          (
            "findings",
            .array(
              findings.map { finding in
                .object([
                  ("name", .string(finding.name)),
                  ("severity", .string(finding.severity.rawValue)),
                  ("message", .string(finding.message)), ("advice", .string(finding.advice)),
                ])
              })
          ),
        ]))
    } else {
      for finding in findings { try show(finding, context) }
    }
    guard isOK else {
      try context.out.flush()
      let problems = findings.filter { $0.severity == .problem }
      context.warn(
        "\(Amount.count(problems.count, "problem")): "
          + problems.map(\.name).joined(separator: ", "))
      return .failed
    }
    return .done
  }

  private func show(_ finding: Finding, _ context: CommandContext) throws {
    let style = context.style
    let mark =
      switch finding.severity {
      case .ok: style.green("ok      ")
      case .warning: style.yellow("warning ")
      case .problem: style.red("problem ")
      }
    try context.out.line(
      "\(mark) \(VisibleText.oneLine(finding.name)): \(VisibleText.oneLine(finding.message))")
    if let advice = finding.advice {
      try context.out.line("         \(style.dim("→ " + VisibleText.oneLine(advice)))")
    }
  }
}
