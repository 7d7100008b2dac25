/// `polylogue completions`
struct CompletionsCommand: Command {
  let name = "completions"
  let summary = "print a completion script for a shell"
  let operands = [
    Operand(
      name: "SHELL", help: "bash, zsh or fish.",
      choices: Completions.Shell.allCases.map(\.rawValue))
  ]
  let hasDocument = false

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let wanted = invocation.operands[0]
    guard let shell = Completions.Shell(rawValue: wanted) else {
      // A shell's name that is like another's is no slip of the finger.
      let names = Completions.Shell.allCases.map(\.rawValue).joined(separator: ", ")
      throw UsageError("\(name) takes \(names), not “\(wanted)”")
    }
    try context.out.write(Completions(commands: Program.commands).script(for: shell))
    return .done
  }
}
