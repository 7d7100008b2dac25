/// `polylogue help`
struct HelpCommand: Command {
  let name = "help"
  let summary = "show the help of the program or of a command"
  let operands = [
    Operand(
      name: "COMMAND", help: "The command.", isOptional: true, isRepeatable: true,
      completesCommands: true)
  ]
  let hasDocument = false
  var flags: [FlagDeclaration] { [Self.manual.declaration] }

  private static let manual = Switch("man", help: "Print the manual page's source (roff).")

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let commands = Program.commands
    if invocation.has(Self.manual) {
      try context.out.write(ManualPage(commands: commands).text)
      return .done
    }
    let pages = HelpPage(commands: commands)
    guard !invocation.operands.isEmpty else {
      try context.out.write(pages.overview)
      return .done
    }
    let wanted = invocation.operands.joined(separator: " ")
    let found = commands.filter { $0.name == wanted || $0.name.hasPrefix(wanted + " ") }
    guard !found.isEmpty else {
      let near = Suggestion.best(for: wanted, among: commands.map(\.name))
      let hint = near.map { "; did you mean “\($0)”?" } ?? ""
      throw UsageError("there is no command “\(wanted)”\(hint)")
    }
    try context.out.write(found.count == 1 ? pages.page(of: found[0]) : pages.page(of: found))
    return .done
  }
}
