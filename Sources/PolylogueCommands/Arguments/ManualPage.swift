/// The manual page, in the `man` macros of roff.
struct ManualPage {
  let commands: [any Command]

  /// The page's source.
  var text: String {
    var out = """
      .TH POLYLOGUE 1 "" "polylogue \(Version.current)" "User Commands"
      .SH NAME
      polylogue \\- a private archive of your AI conversations
      .SH SYNOPSIS
      .B polylogue
      .I COMMAND
      [flags]
      .SH DESCRIPTION
      Polylogue imports what AI services and coding agents let you export, keeps every byte of it
      in one archive on this machine, and finds anything in it within milliseconds.
      .SH FLAGS OF EVERY COMMAND

      """
    out += GlobalFlags.all.map(entry).joined()
    out += ".SH COMMANDS\n"
    for command in commands { out += section(of: command) }
    out += ".SH EXIT STATUS\n"
    for status in ExitStatus.allCases {
      out += ".TP\n.B \(status.rawValue)\n\(escape(status.meaning))\n"
    }
    out += ".SH ENVIRONMENT\n"
    for variable in EnvironmentVariable.allCases {
      out += ".TP\n.B \(escape(variable.rawValue))\n\(escape(variable.meaning))\n"
    }
    return out
  }

  private func section(of command: any Command) -> String {
    var out = ".SS \(escape(command.usage))\n\(escape(command.summary)).\n"
    for paragraph in HelpPage.paragraphs(command.discussion) {
      out += ".PP\n\(escape(paragraph))\n"
    }
    for operand in command.operands {
      out += ".TP\n.I \(escape(operand.name))\n\(escape(operand.help))\n"
    }
    out += command.offeredFlags.map(entry).joined()
    for example in command.examples {
      out += ".PP\n\(escape(example.does)):\n.PP\n.nf\n.RS\n\(escape(example.line))\n.RE\n.fi\n"
    }
    return out
  }

  private func entry(_ flag: FlagDeclaration) -> String {
    let value = flag.placeholder.map { " \\fI\(escape($0))\\fR" } ?? ""
    return ".TP\n\\fB\(escape("--" + flag.name))\\fR\(value)\n\(escape(HelpPage.help(flag)))\n"
  }

  /// Text that roff takes literally.
  private func escape(_ text: String) -> String {
    var out = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": out += "\\e"
      case "-": out += "\\-"
      case "“": out += "\\(lq"
      case "”": out += "\\(rq"
      case "’": out += "\\(cq"
      case "—": out += "\\(em"
      case "…": out += "..."
      default:
        if character.isASCII {
          out.unicodeScalars.append(character)
        } else {
          out += "\\[u\(String(character.value, radix: 16, uppercase: true))]"
        }
      }
    }
    // A full stop or an apostrophe at the start of a line would be a request.
    return out.hasPrefix(".") || out.hasPrefix("'") ? "\\&" + out : out
  }
}
