import PolylogueModel

/// A user item of Codex, taken apart into the person's words and what was put beside them.
struct CodexPrompt {
  /// The person's words, which may be empty beside an image; nil where there are none.
  private(set) var words: String?
  /// What was put beside them.
  private(set) var injected = ""
  /// The kind of what was put beside them; nil where there is nothing.
  private(set) var kind: MessageKind?

  /// Behind this line an editor's extension puts the prompt, and its own context before it.
  private static let requestMark = "## My request for Codex:"

  init(_ content: CodexContent) {
    var own: [String] = []
    var others: [String] = []
    for text in content.texts {
      if let found = CodexText.kind(of: text) {
        kind = kind ?? found
        others.append(text)
      } else if let (context, request) = CodexPrompt.splitRequest(text) {
        kind = kind ?? .injected
        others.append(context)
        own.append(request)
      } else {
        let tagged = TaggedText(text, kind: CodexText.kind(ofTag:))
        if let found = tagged.kind {
          kind = kind ?? found
          others += tagged.wrapped.map(String.init)
          own.append(String(tagged.body))
        } else {
          own.append(text)
        }
      }
    }
    injected = others.joined(separator: "\n")
    if !own.isEmpty || kind == nil { words = own.joined(separator: "\n") }
  }

  private static func splitRequest(_ text: String) -> (context: String, request: String)? {
    guard text.utf8.starts(with: "# Context from my IDE".utf8) else { return nil }
    let mark = Array(requestMark.utf8)
    var place = text.startIndex
    while let start = text.utf8[place...].firstIndex(of: mark[0]) {
      if text.utf8[start...].starts(with: mark) {
        let rest = text.utf8[start...].dropFirst(mark.count).drop(while: TaggedText.isSpace)
        return (String(text[..<start]), String(text[rest.startIndex...]))
      }
      place = text.utf8.index(after: start)
    }
    return nil
  }
}
