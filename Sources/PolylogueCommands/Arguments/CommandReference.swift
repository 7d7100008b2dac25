/// The reference of the command line in Markdown: `docs/cli.md`.
struct CommandReference {
  let commands: [any Command]

  /// The document.
  var text: String {
    var out = """
      # Command line

      This page is made from the declarations that the program itself reads; a test fails when it
      is stale. `POLYLOGUE_UPDATE_DOCS=1 swift test --filter CommandReference` writes it again.

          polylogue COMMAND [flags]

      Flags may stand anywhere, also before the command; `--flag=value` and `--flag value` are the
      same; `--` ends the flags. The documents of `--json` and the columns of CSV are described in
      [json.md](json.md).

      ## Flags of every command


      """
    out += GlobalFlags.all.map(entry).joined()
    for command in commands { out += section(of: command) }
    out += "\n## Exit status\n\n| status | meaning |\n|---|---|\n"
    for status in ExitStatus.allCases { out += "| \(status.rawValue) | \(status.meaning) |\n" }
    out += "\n## Environment\n\n| variable | meaning |\n|---|---|\n"
    for variable in EnvironmentVariable.allCases {
      out += "| `\(variable.rawValue)` | \(variable.meaning) |\n"
    }
    return out
  }

  private func section(of command: any Command) -> String {
    var out = "\n## \(command.name)\n\n\(command.summary.prefix(1).uppercased())"
    out += "\(command.summary.dropFirst()).\n\n    \(command.usage)\n"
    for paragraph in HelpPage.paragraphs(command.discussion) { out += "\n\(paragraph)\n" }
    if !command.operands.isEmpty {
      out += "\n"
      for operand in command.operands { out += "- `\(operand.name)`: \(operand.help)\n" }
    }
    if !command.offeredFlags.isEmpty { out += "\n" + command.offeredFlags.map(entry).joined() }
    for example in command.examples {
      out += "\n\(example.does):\n\n    \(example.line)\n"
    }
    return out
  }

  private func entry(_ flag: FlagDeclaration) -> String {
    "- `\(HelpPage.spelling(flag))`: \(HelpPage.help(flag))\n"
  }
}
