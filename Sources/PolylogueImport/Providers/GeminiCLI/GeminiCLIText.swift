import PolylogueModel

/// Tells a person's words from what Gemini CLI puts beside them.
struct GeminiCLIText {
  /// The person's words; empty where there are none.
  private(set) var words: [String] = []
  /// What was put beside them.
  private(set) var injected: [String] = []
  /// The kind of what was put beside them; nil where there is nothing.
  private(set) var kind: MessageKind?

  /// Behind this line stand the files that a prompt names with `@`.
  private static let filesMark = "--- Content from referenced files ---"
  private static let filesEnd = "--- End of content ---"
  /// How the messages begin with which Gemini CLI opened its context, until late 2025.
  private static let contextMarks = [
    "This is the Gemini CLI. We are setting up the context",
    "Here is the user's editor context", "Here is a summary of changes in the user's editor",
  ]

  /// Takes the texts of a prompt apart. A file's content may stand in texts of its own behind the
  /// mark, up to the mark of the end.
  init(_ texts: [String]) {
    var isInFiles = false
    for text in texts {
      var rest = text[...]
      while !rest.isEmpty {
        if isInFiles {
          let end = rest.firstRange(ofUTF8: GeminiCLIText.filesEnd)
          inject(rest[..<(end?.upperBound ?? rest.endIndex)], .injected)
          rest = rest[(end?.upperBound ?? rest.endIndex)...]
          isInFiles = end == nil
        } else if let mark = rest.firstRange(ofUTF8: GeminiCLIText.filesMark) {
          take(String(rest[..<mark.lowerBound]))
          rest = rest[mark.lowerBound...]
          isInFiles = true
        } else {
          take(String(rest))
          rest = rest[rest.endIndex...]
        }
      }
    }
  }

  /// The kind of what stands in a tag; nil for tags that are not Gemini CLI's.
  private static func kind(ofTag tag: Substring) -> MessageKind? {
    switch tag {
    case "session_context", "hook_context", "system-reminder", "loaded_context",
      "extension_context", "project_context", "global_context", "user_editor_context":
      .injected
    case "state_snapshot": .summary
    default: nil
    }
  }

  private mutating func take(_ text: String) {
    let start = text.utf8.drop(while: TaggedText.isSpace)
    if GeminiCLIText.contextMarks.contains(where: { start.starts(with: $0.utf8) }) {
      return inject(text[...], .injected)
    }
    let tagged = TaggedText(text, kind: GeminiCLIText.kind(ofTag:))
    if let kind = tagged.kind {
      for part in tagged.wrapped { inject(part, kind) }
      if !tagged.isBlank { words.append(String(tagged.body)) }
    } else if !tagged.isBlank {
      // White space between the words and a file's content is nobody's.
      let trimmed = text.utf8.dropLast(text.utf8.reversed().prefix(while: TaggedText.isSpace).count)
      words.append(String(Substring(trimmed)))
    }
  }

  private mutating func inject(_ text: Substring, _ kind: MessageKind) {
    injected.append(String(text))
    if self.kind == nil || kind == .summary { self.kind = kind }
  }
}
