/// Reads a command line with the commands' declarations.
///
/// Flags may stand anywhere, before the command too; `--flag=value` and `--flag value` mean the
/// same; `--` ends the flags. A flag's name means the same kind of flag in every command, so that
/// a flag before the command's name can be read.
struct ArgumentParser {
  let commands: [any Command]

  /// What a command line asks for.
  struct Result {
    /// The command; nil where only flags were given.
    let command: (any Command)?
    let invocation: Invocation
  }

  /// Reads the arguments behind the program's name.
  func parse(_ arguments: [String]) throws(UsageError) -> Result {
    var (flags, words) = try split(arguments)
    guard let command = try takeCommand(&words) else {
      let invocation = Invocation(operands: words, flags: flags.map { ($0.name, $0.value) })
      try check(flags, against: GlobalFlags.all, of: nil)
      return Result(command: nil, invocation: invocation)
    }
    let isHelp = flags.contains { $0.name == GlobalFlags.help.declaration.name }
    try check(flags, against: command.flags + GlobalFlags.all, of: command)
    if !isHelp { try check(words, against: command) }
    let invocation = Invocation(operands: words, flags: flags.map { ($0.name, $0.value) })
    return Result(command: command, invocation: invocation)
  }

  private static let shortFlags = ["-h": "help", "-V": "version"]

  private typealias RawFlag = (name: String, value: String?, isKnown: Bool, written: String)

  private func split(
    _ arguments: [String]
  ) throws(UsageError) -> (flags: [RawFlag], words: [String]) {
    let known = knownFlags
    var flags: [RawFlag] = []
    var words: [String] = []
    var index = 0
    while index < arguments.count {
      let argument = arguments[index]
      index += 1
      if argument.utf8.elementsEqual("--".utf8) {
        words += arguments[index...]
        break
      }
      guard argument.utf8.first == UInt8(ascii: "-"), argument.utf8.count > 1,
        !isWord(argument, behind: words)
      else {
        words.append(argument)
        continue
      }
      let (written, attached) = parts(of: argument)
      let short = ArgumentParser.shortFlags[written]
      let name = short ?? String(written.drop { $0 == "-" })
      guard let flag = known[name], short != nil || written.hasPrefix("--") else {
        flags.append((name, attached, false, written))
        continue
      }
      var value = attached
      if flag.placeholder != nil, value == nil {
        guard index < arguments.count else {
          throw UsageError("\(written) needs a value: \(written) \(flag.placeholder ?? "")")
        }
        value = arguments[index]
        index += 1
      } else if flag.placeholder == nil, value != nil {
        throw UsageError("\(written) takes no value")
      }
      flags.append((name, value, true, written))
    }
    return (flags, words)
  }

  /// Whether what begins with a hyphen is a word all the same: for a command that takes such words,
  /// with one hyphen, behind the first one or with a space in it.
  private func isWord(_ argument: String, behind words: [String]) -> Bool {
    guard let command = words.first.flatMap(find), command.takesHyphenatedWords,
      argument != "-h", !argument.hasPrefix("--")
    else { return false }
    return words.count > 1 || argument.utf8.contains(0x20)
  }

  private var knownFlags: [String: FlagDeclaration] {
    var known: [String: FlagDeclaration] = [:]
    for flag in GlobalFlags.all + commands.flatMap(\.flags) { known[flag.name] = flag }
    return known
  }

  private func parts(of argument: String) -> (written: String, value: String?) {
    guard let equals = argument.utf8.firstIndex(of: UInt8(ascii: "=")) else {
      return (argument, nil)
    }
    return (String(argument[..<equals]), String(argument[argument.utf8.index(after: equals)...]))
  }

  private func takeCommand(_ words: inout [String]) throws(UsageError) -> (any Command)? {
    guard let first = words.first else { return nil }
    if words.count > 1, let command = find("\(first) \(words[1])") {
      words.removeFirst(2)
      return command
    }
    if let command = find(first) {
      words.removeFirst()
      return command
    }
    let group = commands.filter { $0.name.hasPrefix(first + " ") }
    guard group.isEmpty else {
      let verbs = group.map { String($0.name.dropFirst(first.count + 1)) }
      let given = words.count > 1 ? ", not “\(words[1])”" : ""
      throw UsageError("\(first) is followed by \(verbs.joined(separator: ", "))\(given)")
    }
    guard !Program.laterCommands.contains(first) else {
      throw UsageError("\(first) is not in this version; “polylogue help” shows what is")
    }
    let hint =
      Suggestion.best(for: first, among: commands.map(\.name)).map { "; did you mean “\($0)”?" }
      ?? ""
    throw UsageError("there is no command “\(first)”\(hint)")
  }

  private func find(_ name: String) -> (any Command)? {
    commands.first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  private func check(
    _ flags: [RawFlag], against declared: [FlagDeclaration], of command: (any Command)?
  ) throws(UsageError) {
    for flag in flags {
      guard flag.isKnown, declared.contains(where: { $0.name == flag.name }) else {
        let names = declared.filter(\.isAdvertised).map { "--" + $0.name }
        var message =
          command.map { "\($0.name) has no flag \(flag.written)" }
          ?? (flag.isKnown
            ? "\(flag.written) needs a command" : "there is no flag \(flag.written)")
        if let near = Suggestion.best(for: flag.written, among: names) {
          message += "; did you mean \(near)?"
        } else if !flag.written.hasPrefix("--") {
          message += "; what starts with a hyphen and is no flag goes behind --"
        }
        throw UsageError(message, command: command?.name)
      }
      let declaration = declared.first { $0.name == flag.name }
      if declaration?.isRepeatable == false,
        flags.filter({ $0.name == flag.name }).count > 1, flag.value != nil
      {
        throw UsageError("\(flag.written) was given more than once", command: command?.name)
      }
    }
  }

  private func check(_ words: [String], against command: any Command) throws(UsageError) {
    let needed = command.operands.filter { !$0.isOptional }.count
    if words.count < needed {
      let missing = command.operands.filter { !$0.isOptional }[words.count].name
      throw UsageError("\(command.name) needs \(missing): \(command.usage)", command: command.name)
    }
    if !command.operands.contains(where: \.isRepeatable), words.count > command.operands.count {
      let extra = words[command.operands.count]
      throw UsageError("\(command.name) has no use for “\(extra)”", command: command.name)
    }
    for (index, word) in words.enumerated() where word.isEmpty {
      // Behind the last operand that has a place of its own come the repeated ones.
      let operand = command.operands[min(index, command.operands.count - 1)]
      guard operand.mayBeEmpty else {
        throw UsageError(
          "\(command.name) needs \(operand.name), not an empty text: \(command.usage)",
          command: command.name)
      }
    }
  }
}
