/// Completion scripts for shells.
struct Completions {
  /// A shell that a script can be made for.
  enum Shell: String, CaseIterable, Sendable {
    case bash, zsh, fish
  }

  let commands: [any Command]

  /// The script for a shell.
  func script(for shell: Shell) -> String {
    switch shell {
    case .bash: bash
    case .zsh: zsh
    case .fish: fish
    }
  }

  private var firstWords: [String] {
    var words: [String] = []
    for command in commands {
      let word = String(command.name.prefix { $0 != " " })
      if !words.contains(word) { words.append(word) }
    }
    return words
  }

  private func secondWords(of word: String) -> [String] {
    commands.filter { $0.name.hasPrefix(word + " ") }.map {
      String($0.name.dropFirst(word.utf8.count + 1))
    }
  }

  private var allFlags: [FlagDeclaration] {
    var flags: [FlagDeclaration] = []
    for flag in GlobalFlags.all + commands.flatMap(\.flags)
    where !flags.contains(where: { $0.name == flag.name }) {
      flags.append(flag)
    }
    return flags
  }

  private var bash: String {
    var out = """
      # bash completion for polylogue, made by “polylogue completions bash”
      _polylogue() {
        local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
        local word command= i
        for ((i = 1; i < COMP_CWORD; i++)); do
          word=${COMP_WORDS[i]}
          case $word in -*) ;; *) command="${command:+$command }$word" ;; esac
        done
        case $prev in

      """
    for flag in allFlags where flag.placeholder != nil {
      if flag.isPath {
        out += "    --\(flag.name)) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"
      } else if !flag.choices.isEmpty {
        out +=
          "    --\(flag.name)) COMPREPLY=($(compgen -W \"\(flag.choices.joined(separator: " "))\" -- \"$cur\")); return ;;\n"
      } else {
        out += "    --\(flag.name)) return ;;\n"
      }
    }
    out += "  esac\n  case $command in\n"
    out +=
      "    '') COMPREPLY=($(compgen -W \"\(firstWords.joined(separator: " ")) \(spelled(GlobalFlags.all))\" -- \"$cur\")) ;;\n"
    for word in firstWords where !secondWords(of: word).isEmpty {
      out +=
        "    \(word)) COMPREPLY=($(compgen -W \"\(secondWords(of: word).joined(separator: " "))\" -- \"$cur\")) ;;\n"
    }
    for command in commands {
      out += "    '\(command.name)'*)\n"
      out += "      case $cur in\n"
      out +=
        "        -*) COMPREPLY=($(compgen -W \"\(spelled(command.flags + GlobalFlags.all))\" -- \"$cur\")) ;;\n"
      if command.operands.contains(where: \.isPath) {
        out += "        *) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
      }
      out += "      esac ;;\n"
    }
    return out + "  esac\n}\ncomplete -o filenames -F _polylogue polylogue\n"
  }

  private func spelled(_ flags: [FlagDeclaration]) -> String {
    flags.map { "--" + $0.name }.joined(separator: " ")
  }

  private var zsh: String {
    var out = """
      #compdef polylogue
      # zsh completion for polylogue, made by “polylogue completions zsh”
      _polylogue() {
        local -a commands
        commands=(

      """
    for command in commands {
      out += "    '\(command.name.replacing(" ", with: "\\ ")):\(zshText(command.summary))'\n"
    }
    out += "  )\n  if (( CURRENT == 2 )); then _describe command commands; return; fi\n"
    out += "  case ${words[2]} in\n"
    for word in firstWords {
      let group = commands.filter { $0.name == word || $0.name.hasPrefix(word + " ") }
      var flags: [FlagDeclaration] = []
      for flag in group.flatMap(\.flags) + GlobalFlags.all
      where !flags.contains(where: { $0.name == flag.name }) {
        flags.append(flag)
      }
      out += "    \(word)) _arguments \\\n"
      for flag in flags { out += "      \(zshArgument(flag)) \\\n" }
      let verbs = secondWords(of: word)
      let takesPath = group.contains { $0.operands.contains(where: \.isPath) }
      if verbs.isEmpty {
        out += takesPath ? "      '*:file:_files' ;;\n" : "      '*: :' ;;\n"
      } else {
        out += "      '2:verb:(\(verbs.joined(separator: " ")))' '*: :' ;;\n"
      }
    }
    return out + "  esac\n}\n_polylogue \"$@\"\n"
  }

  private func zshArgument(_ flag: FlagDeclaration) -> String {
    let repeats = flag.isRepeatable ? "*" : ""
    var text = "'\(repeats)--\(flag.name)[\(zshText(flag.help))]"
    if let placeholder = flag.placeholder {
      text += ":\(placeholder.lowercased()):"
      if flag.isPath { text += "_files" }
      if !flag.choices.isEmpty { text += "(\(flag.choices.joined(separator: " ")))" }
    }
    return text + "'"
  }

  private func zshText(_ text: String) -> String {
    text.replacing("'", with: "’").replacing("[", with: "(").replacing("]", with: ")")
      .replacing(":", with: " -").replacing("$", with: "\\$")
  }

  private var fish: String {
    var out = "# fish completion for polylogue, made by “polylogue completions fish”\n"
    out += "complete -c polylogue -f\n"
    for flag in GlobalFlags.all { out += fishFlag(flag, condition: nil) }
    for word in firstWords {
      let summary =
        commands.first { $0.name == word }?.summary ?? commands.first {
          $0.name.hasPrefix(word + " ")
        }?.summary ?? ""
      out +=
        "complete -c polylogue -n __fish_use_subcommand -a \(word) -d '\(fishText(summary))'\n"
      let verbs = secondWords(of: word)
      if !verbs.isEmpty {
        out +=
          "complete -c polylogue -n '__fish_seen_subcommand_from \(word); and not __fish_seen_subcommand_from \(verbs.joined(separator: " "))' -a '\(verbs.joined(separator: " "))'\n"
      }
    }
    for command in commands {
      let condition = command.name.split(separator: " ").map {
        "__fish_seen_subcommand_from \($0)"
      }.joined(separator: "; and ")
      for flag in command.flags { out += fishFlag(flag, condition: condition) }
      if command.operands.contains(where: \.isPath) {
        out += "complete -c polylogue -n '\(condition)' -F\n"
      }
    }
    return out
  }

  private func fishFlag(_ flag: FlagDeclaration, condition: String?) -> String {
    var out = "complete -c polylogue"
    if let condition { out += " -n '\(condition)'" }
    out += " -l \(flag.name)"
    if flag.placeholder != nil {
      out += flag.isPath ? " -r -F" : " -x"
      if !flag.choices.isEmpty { out += " -a '\(flag.choices.joined(separator: " "))'" }
    }
    return out + " -d '\(fishText(flag.help))'\n"
  }

  private func fishText(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
  }
}
