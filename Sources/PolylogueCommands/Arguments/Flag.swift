/// What is written down about one flag: the parser, `--help`, the manual page, the completions and
/// the reference are all made from it.
struct FlagDeclaration: Sendable {
  /// The name without its hyphens.
  let name: String
  /// What stands for the value in the help; nil for a switch.
  let placeholder: String?
  /// One or two sentences for the help.
  let help: String
  /// The values that can be completed, where they are few.
  var choices: [String] = []
  /// Whether it may be given more than once.
  var isRepeatable = false
  /// Whether the value is a file or folder, for completions.
  var isPath = false
  /// Whether the command makes no sense without it.
  var isRequired = false
  /// Whether help and completions tell of it. What the interface names and this version lacks the
  /// means for is understood, but not offered.
  var isAdvertised = true
}

/// A flag that is there or not.
struct Switch: Sendable {
  let declaration: FlagDeclaration

  init(_ name: String, help: String, isAdvertised: Bool = true) {
    declaration = FlagDeclaration(
      name: name, placeholder: nil, help: help, isAdvertised: isAdvertised)
  }
}

/// A flag with a value.
struct Option<Value: Sendable>: Sendable {
  private(set) var declaration: FlagDeclaration
  let convert: @Sendable (String) throws(UsageError) -> Value

  init(
    _ name: String, _ placeholder: String, help: String, choices: [String] = [],
    isRepeatable: Bool = false, isPath: Bool = false,
    convert: @escaping @Sendable (String) throws(UsageError) -> Value
  ) {
    declaration = FlagDeclaration(
      name: name, placeholder: placeholder, help: help, choices: choices,
      isRepeatable: isRepeatable, isPath: isPath)
    self.convert = convert
  }
}

extension Option {
  /// The same flag, without which its command makes no sense.
  var required: Option {
    var option = self
    option.declaration.isRequired = true
    return option
  }

  /// The same flag, understood but not offered.
  var unadvertised: Option {
    var option = self
    option.declaration.isAdvertised = false
    return option
  }
}

extension Option where Value == String {
  /// A flag whose value is taken as it is, and is not empty.
  static func text(
    _ name: String, _ placeholder: String, help: String, isRepeatable: Bool = false,
    isPath: Bool = false
  ) -> Option {
    Option(name, placeholder, help: help, isRepeatable: isRepeatable, isPath: isPath) {
      text throws(UsageError) in
      guard !text.isEmpty else { throw UsageError("--\(name) needs a value, not an empty text") }
      return text
    }
  }
}

extension Option where Value == Int {
  /// A flag whose value is a whole number of at least `minimum`.
  static func number(_ name: String, _ placeholder: String, help: String, minimum: Int) -> Option {
    Option(name, placeholder, help: help) { text throws(UsageError) in
      guard let number = Int(text), number >= minimum else {
        throw UsageError("--\(name) takes a whole number of at least \(minimum), not “\(text)”")
      }
      return number
    }
  }
}

extension Option {
  /// A flag whose value is one of a few names, in capitals or not.
  ///
  /// - Parameter later: Names that the interface has and this version does not.
  static func choice(
    _ name: String, _ placeholder: String, help: String, later: [String] = [],
    isRepeatable: Bool = false
  ) -> Option where Value: RawRepresentable<String> & CaseIterable {
    let names = Value.allCases.map(\.rawValue)
    return Option(
      name, placeholder, help: help, choices: names, isRepeatable: isRepeatable
    ) { text throws(UsageError) in
      guard let value = Value(rawValue: text) ?? Value(rawValue: text.lowercased()) else {
        if later.contains(text.lowercased()) {
          throw UsageError(
            "--\(name) \(text) is not in this version; there is \(names.joined(separator: ", "))")
        }
        throw UsageError.unknownChoice(text, of: "--\(name)", among: names)
      }
      return value
    }
  }
}
