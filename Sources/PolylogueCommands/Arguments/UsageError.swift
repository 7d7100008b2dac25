/// A command line that makes no sense; the program ends with status 2.
struct UsageError: Error, Equatable {
  /// What is wrong with it, and what would be right.
  let message: String
  /// The command it was meant for, whose help is worth reading.
  var command: String?

  init(_ message: String, command: String? = nil) {
    self.message = message
    self.command = command
  }

  /// A value that is not one of a few.
  static func unknownChoice(_ text: String, of flag: String, among names: [String]) -> UsageError {
    let hint = Suggestion.best(for: text, among: names).map { "; did you mean “\($0)”?" } ?? ""
    return UsageError("\(flag) takes \(names.joined(separator: ", ")), not “\(text)”\(hint)")
  }
}
