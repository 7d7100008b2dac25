/// One command: what is written down about it, and what it does.
protocol Command: Sendable {
  /// The word, or the two words, that call it.
  var name: String { get }
  /// One line, without a full stop.
  var summary: String { get }
  /// Paragraphs for its help, parted by blank lines; may be empty.
  var discussion: String { get }
  /// What follows its name.
  var operands: [Operand] { get }
  /// Whether, behind its first operand, what begins with one hyphen and is no flag is an operand.
  var takesHyphenatedWords: Bool { get }
  /// Its own flags; those that every command has are not among them.
  var flags: [FlagDeclaration] { get }
  /// Command lines worth showing.
  var examples: [Example] { get }
  /// Whether `--json` makes sense.
  var hasDocument: Bool { get }
  /// Whether it looks at ``Interruption`` and has something to finish or to tell when it is asked to
  /// stop. The others are ended at once, as any program is: what they have written is durable or
  /// undone.
  var stopsByItself: Bool { get }

  /// Does the work. Flags are read before anything else is done, so that wrong usage changes
  /// nothing.
  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus
}

extension Command {
  var discussion: String { "" }
  var operands: [Operand] { [] }
  var takesHyphenatedWords: Bool { false }
  var flags: [FlagDeclaration] { [] }
  var examples: [Example] { [] }
  var hasDocument: Bool { true }
  var stopsByItself: Bool { false }

  /// Its name, operands and the flags it needs, as the help shows them.
  var usage: String {
    let needed = flags.filter(\.isRequired).map(HelpPage.spelling)
    return (["polylogue", name] + operands.map(\.usage) + needed + ["[flags]"])
      .joined(separator: " ")
  }

  /// Its own flags that help and completions offer.
  var offeredFlags: [FlagDeclaration] { flags.filter(\.isAdvertised) }

  /// The flags of every command that make sense for it.
  var commonFlags: [FlagDeclaration] {
    GlobalFlags.all.filter { hasDocument || $0.name != GlobalFlags.json.declaration.name }
  }
}

/// A command line worth showing.
struct Example: Sendable {
  /// What is typed.
  let line: String
  /// What it does, without a full stop.
  let does: String

  init(_ line: String, _ does: String) {
    self.line = line
    self.does = does
  }
}

/// A value that a command takes by its place.
struct Operand: Sendable {
  /// What stands for it in the help.
  let name: String
  let help: String
  var isOptional = false
  var isRepeatable = false
  /// Whether it is a file or folder, for completions.
  var isPath = false
  /// The values that can be completed, where they are few.
  var choices: [String] = []
  /// Whether an empty text means something in its place.
  var mayBeEmpty = false
  /// Whether it is the name of a command, for completions.
  var completesCommands = false

  var usage: String {
    let text = isRepeatable ? name + "…" : name
    return isOptional ? "[\(text)]" : text
  }
}

/// A command line, read: which command, which flags, which operands.
struct Invocation: Sendable {
  /// The values behind the command's name, in order.
  var operands: [String] = []
  /// The flags with their values, in order; a switch has none.
  var flags: [(name: String, value: String?)] = []

  /// Whether a switch was given.
  func has(_ flag: Switch) -> Bool {
    flags.contains { $0.name == flag.declaration.name }
  }

  /// The value of a flag; the last one where it was given more than once.
  func value<Value>(_ option: Option<Value>) throws(UsageError) -> Value? {
    guard let text = flags.last(where: { $0.name == option.declaration.name })?.value else {
      return nil
    }
    return try option.convert(text)
  }

  /// All values of a flag.
  func values<Value>(_ option: Option<Value>) throws(UsageError) -> [Value] {
    var values: [Value] = []
    for (name, value) in flags where name == option.declaration.name {
      if let value { values.append(try option.convert(value)) }
    }
    return values
  }
}
