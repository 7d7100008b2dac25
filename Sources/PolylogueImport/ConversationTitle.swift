/// Titles for conversations that have none of their own.
enum ConversationTitle {
  /// The longest title made from a prompt, in characters.
  static let characterLimit = 100

  /// The first line of a prompt that holds anything, cut to ``characterLimit`` characters.
  ///
  /// - Returns: nil when the prompt is blank.
  static func fromPrompt(_ prompt: String) -> String? {
    for line in prompt.utf8.split(whereSeparator: { $0 == 10 || $0 == 13 }) {
      // A character has at most a few dozen bytes; a line of megabytes need not be walked.
      let start = line.drop { $0 == 32 || $0 == 9 }.prefix(4096)
      guard !start.isEmpty else { continue }
      var title = String(decoding: start, as: UTF8.self)
      if title.count > characterLimit { title = title.prefix(characterLimit - 1) + "…" }
      while let last = title.utf8.last, last == 32 || last == 9 { title.removeLast() }
      return title
    }
    return nil
  }
}
