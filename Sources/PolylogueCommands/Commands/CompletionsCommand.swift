/// `polylogue completions`
struct CompletionsCommand: Command {
  let name = "completions"
  let summary = "print a completion script for a shell"
  let operands = [Operand(name: "SHELL", help: "bash, zsh or fish.")]

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let wanted = invocation.operands[0]
    guard let shell = Completions.Shell(rawValue: wanted) else {
      throw UsageError.unknownChoice(
        wanted, of: name, among: Completions.Shell.allCases.map(\.rawValue))
    }
    try context.out.write(Completions(commands: Program.commands).script(for: shell))
    return .done
  }
}
