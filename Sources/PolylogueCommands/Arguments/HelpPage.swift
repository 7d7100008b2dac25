/// The text of `--help`.
struct HelpPage {
  let commands: [any Command]
  private let width = 80

  /// The program's own help.
  var overview: String {
    var out = """
      polylogue — a private archive of your AI conversations

      usage: polylogue COMMAND [flags]

      commands:

      """
    let column = (commands.map { $0.name.utf8.count }.max() ?? 0) + 4
    for command in commands {
      out += item("  " + command.name, command.summary, column: column)
    }
    out += "\nflags of every command:\n"
    out += list(GlobalFlags.all)
    out += """

      exit status: 0 done, 1 failed, 2 wrong usage, 3 done but some inputs failed.
      “polylogue help COMMAND” tells more about a command.

      """
    return out
  }

  /// The help of one command.
  func page(of command: any Command) -> String {
    var out = body(of: command)
    out += "\nflags of every command:\n" + list(command.commonFlags)
    return out + examples(of: [command])
  }

  /// The help of commands that begin with the same word.
  func page(of group: [any Command]) -> String {
    group.map(body).joined(separator: "\n") + "\nflags of every command:\n"
      + list(GlobalFlags.all) + examples(of: group)
  }

  private func examples(of commands: [any Command]) -> String {
    let examples = commands.flatMap(\.examples)
    guard !examples.isEmpty else { return "" }
    return "\nexamples:\n" + examples.map { "  \($0.line)\n      \($0.does)\n" }.joined()
  }

  private func body(of command: any Command) -> String {
    var out = "polylogue \(command.name) — \(command.summary)\n\nusage: \(command.usage)\n"
    for paragraph in HelpPage.paragraphs(command.discussion) {
      out += "\n" + wrap(paragraph, indent: 0)
    }
    if !command.operands.isEmpty {
      out += "\noperands:\n"
      let column = (command.operands.map { $0.name.utf8.count }.max() ?? 0) + 4
      for operand in command.operands {
        out += item("  " + operand.name, operand.help, column: column)
      }
    }
    if !command.offeredFlags.isEmpty { out += "\nflags:\n" + list(command.offeredFlags) }
    return out
  }

  /// The paragraphs of a discussion.
  static func paragraphs(_ text: String) -> [String] {
    var paragraphs: [String] = []
    var lines: [Substring] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty {
        if !lines.isEmpty { paragraphs.append(lines.joined(separator: " ")) }
        lines = []
      } else {
        lines.append(line)
      }
    }
    if !lines.isEmpty { paragraphs.append(lines.joined(separator: " ")) }
    return paragraphs
  }

  /// A flag as it is written.
  static func spelling(_ flag: FlagDeclaration) -> String {
    "--" + flag.name + (flag.placeholder.map { " " + $0 } ?? "")
  }

  /// A flag's help, with what its declaration adds to it.
  static func help(_ flag: FlagDeclaration) -> String {
    flag.isRepeatable ? flag.help + " May be repeated." : flag.help
  }

  private func list(_ flags: [FlagDeclaration]) -> String {
    flags.map { item("  " + HelpPage.spelling($0), HelpPage.help($0), column: 26) }.joined()
  }

  private func item(_ name: String, _ text: String, column: Int) -> String {
    let body = wrap(text, indent: column)
    guard name.unicodeScalars.count + 2 <= column else { return name + "\n" + body }
    return name + String(body.dropFirst(name.unicodeScalars.count))
  }

  private func wrap(_ text: String, indent: Int) -> String {
    let margin = String(repeating: " ", count: indent)
    var out = ""
    var line = margin
    var length = indent
    for word in text.split(separator: " ") {
      let size = word.unicodeScalars.count
      if length > indent, length + 1 + size > width {
        out += line + "\n"
        line = margin
        length = indent
      }
      if length > indent {
        line += " "
        length += 1
      }
      line += word
      length += size
    }
    return out + line + "\n"
  }
}
