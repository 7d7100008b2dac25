/// `polylogue version`
struct VersionCommand: Command {
  let name = "version"
  let summary = "tell the program's version"

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    if context.isJSON {
      try context.print(
        .object([("name", .string("polylogue")), ("version", .string(Version.current))]))
    } else {
      try context.out.line("polylogue \(Version.current)")
    }
    return .done
  }
}
