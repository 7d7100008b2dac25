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

  /// The names of flags that take a value, of all commands.
  private var valueFlags: [String] {
    var names: [String] = []
    for flag in GlobalFlags.all + commands.flatMap(\.offeredFlags)
    where flag.placeholder != nil && !names.contains("--" + flag.name) {
      names.append("--" + flag.name)
    }
    return names
  }

  private var bash: String {
    var out = """
      # bash completion for polylogue, made by “polylogue completions bash”
      _polylogue() {
        local cur=${COMP_WORDS[COMP_CWORD]} word command= flag= i
        [[ $cur == "=" ]] && cur=
        for ((i = 1; i < COMP_CWORD; i++)); do
          word=${COMP_WORDS[i]}
          [[ $word == "=" ]] && continue
          if [[ -n $flag ]]; then flag=; continue; fi
          case $word in
            \(valueFlags.joined(separator: "|"))) flag=$word ;;
            -*) ;;
            *) command="${command:+$command }$word" ;;
          esac
        done
        if [[ -n $flag ]]; then
          case "$command $flag" in

      """
    for command in commands {
      for flag in command.offeredFlags where flag.isPath || !flag.choices.isEmpty {
        out += "      '\(command.name)'*' --\(flag.name)') "
        out += (flag.isPath ? Completions.files : Completions.words(flag.choices)) + " ;;\n"
      }
    }
    out += "      *' --archive') \(Completions.files) ;;\n    esac\n    return\n  fi\n"
    out += "  case $command in\n"
    out += "    '') \(Completions.words(firstWords + spelled(GlobalFlags.all))) ;;\n"
    for word in firstWords where !secondWords(of: word).isEmpty {
      out += "    \(word)) \(Completions.words(secondWords(of: word))) ;;\n"
    }
    for command in commands { out += bashCase(command) }
    return out + "  esac\n}\ncomplete -F _polylogue polylogue\n"
  }

  private func bashCase(_ command: any Command) -> String {
    var out = ""
    if command.operands.contains(where: \.completesCommands) {
      for word in firstWords where !secondWords(of: word).isEmpty {
        out += "    '\(command.name) \(word)') \(Completions.words(secondWords(of: word))) ;;\n"
      }
    }
    let flags = spelled(command.offeredFlags + command.commonFlags)
    out += "    '\(command.name)'*)\n      case $cur in\n"
    out += "        -*) \(Completions.words(flags)) ;;\n"
    if command.operands.contains(where: \.isPath) {
      out += "        *) \(Completions.files) ;;\n"
    } else if !choices(of: command).isEmpty {
      out += "        *) \(Completions.words(choices(of: command))) ;;\n"
    }
    return out + "      esac ;;\n"
  }

  private static let files =
    "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\"))"

  private static func words(_ words: [String]) -> String {
    "COMPREPLY=($(compgen -W \"\(words.joined(separator: " "))\" -- \"$cur\"))"
  }

  /// What can stand in the place of a command's operands, where it is few.
  private func choices(of command: any Command) -> [String] {
    command.operands.contains(where: \.completesCommands)
      ? firstWords : command.operands.flatMap(\.choices)
  }

  private func spelled(_ flags: [FlagDeclaration]) -> [String] {
    flags.map { "--" + $0.name }
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
      for flag in group.flatMap({ $0.offeredFlags + $0.commonFlags })
      where !flags.contains(where: { $0.name == flag.name }) {
        flags.append(flag)
      }
      out += "    \(word)) _arguments \\\n"
      for flag in flags { out += "      \(zshArgument(flag)) \\\n" }
      let verbs = secondWords(of: word)
      let takesPath = group.contains { $0.operands.contains(where: \.isPath) }
      let few = group.flatMap(choices)
      if !few.isEmpty {
        out += "      '*: :(\(few.joined(separator: " ")))' ;;\n"
      } else if verbs.isEmpty {
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
    for command in commands { out += fishLines(command) }
    return out
  }

  private func fishLines(_ command: any Command) -> String {
    let seen = "__fish_seen_subcommand_from "
    var condition = command.name.split(separator: " ").map { seen + $0 }.joined(separator: "; and ")
    // “export” is also the second word of another command.
    for other in commands where other.name.hasSuffix(" " + command.name) {
      condition += "; and not " + seen + other.name.prefix { $0 != " " }
    }
    var out = ""
    for flag in command.offeredFlags { out += fishFlag(flag, condition: condition) }
    if command.operands.contains(where: \.isPath) {
      out += "complete -c polylogue -n '\(condition)' -F\n"
    }
    let few = choices(of: command).joined(separator: " ")
    if !few.isEmpty { out += "complete -c polylogue -n '\(condition)' -a '\(few)'\n" }
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
