import PolylogueModel
import PolylogueParsing

/// What a tool gave back.
struct GeminiCLIResult {
  var callID = ""
  var name: String?
  var output = ""
  var isError = false
  var attachments: [Attachment] = []

  /// Reads a `functionResponse`.
  init(_ response: JSONValue) {
    callID = response["id"]?.text ?? ""
    name = response["name"]?.text
    if let body = response["response"] {
      if let error = body["error"] {
        isError = true
        output = GeminiCLIResult.text(error)
      } else {
        output = GeminiCLIResult.text(body["output"] ?? body["content"] ?? body)
      }
    }
    if let parts = response["parts"] { takeAttachments(GeminiCLIContent(ofResult: parts)) }
  }

  /// Reads what running code gave back.
  init(codeExecution outcome: JSONValue) {
    name = "code_execution"
    output = outcome["output"]?.string ?? ""
    isError = outcome["outcome"]?.string.map { $0 != "OUTCOME_OK" } ?? false
  }

  /// Reads the result of a recorded tool call; nil where it has none yet.
  ///
  /// The result that the model got counts. What was shown instead counts where there is none, and
  /// a diff is added: the result only says that the file was changed.
  init?(call: JSONValue) {
    callID = call["id"]?.text ?? ""
    name = call["name"]?.text
    switch call["status"]?.string {
    case "error", "cancelled": isError = true
    default: break
    }
    let isAnswered = take(call["result"])
    let shown = call["resultDisplay"].map(GeminiCLIResult.shown)
    if output.isEmpty { output = shown?.text ?? "" }
    if let diff = shown?.diff, !diff.isEmpty {
      output += (output.isEmpty ? "" : "\n\n") + diff
    }
    guard isAnswered || !output.isEmpty else { return nil }
  }

  /// Takes the answer to this call from parts. Since a list may have been brought in line with the
  /// model's history, it can hold the answers to other calls of the turn as well.
  private mutating func take(_ value: JSONValue?) -> Bool {
    guard let value else { return false }
    let content = GeminiCLIContent(value)
    let own = content.results.filter { $0.callID.hasSameBytes(as: callID) }
    let answers = own.isEmpty ? content.results.filter { $0.callID.isEmpty } : own
    let chosen = answers.isEmpty && content.results.count == 1 ? content.results : answers
    output = (chosen.map(\.output) + content.texts).filter { !$0.isEmpty }.joined(separator: "\n")
    for answer in chosen {
      isError = isError || answer.isError
      for attachment in answer.attachments { add(attachment) }
    }
    takeAttachments(content)
    return !chosen.isEmpty || !content.texts.isEmpty || !attachments.isEmpty
  }

  private mutating func takeAttachments(_ content: GeminiCLIContent) {
    for attachment in content.attachments { add(attachment) }
  }

  private mutating func add(_ attachment: Attachment) {
    var attachment = attachment
    attachment.id = "part-\(attachments.count + 1)"
    attachments.append(attachment)
  }

  private static func text(_ value: JSONValue) -> String {
    if let text = value.text { return text }
    guard value.kind == .array else { return value.json }
    let texts = GeminiCLIContent(ofResult: value).texts
    return texts.isEmpty ? value.json : texts.joined(separator: "\n")
  }

  /// What the terminal showed: a text, a changed file, a list of things to do, or the cells of a
  /// terminal's screen.
  private static func shown(_ display: JSONValue) -> (text: String, diff: String?) {
    if let text = display.string { return (text, nil) }
    if let diff = display["fileDiff"]?.string {
      let name = display["filePath"]?.string ?? display["fileName"]?.string
      return (name.map { "Changed \($0)" } ?? "", diff)
    }
    if let todos = display["todos"] {
      let lines = todos.elements.map { todo in
        let mark =
          switch todo["status"]?.string {
          case "completed": "x"
          case "in_progress": "~"
          case "cancelled": "-"
          default: " "
          }
        return "[\(mark)] \(todo["description"]?.string ?? "")"
      }
      return (lines.joined(separator: "\n"), nil)
    }
    let grid = display.kind == .array ? display : display["ansiOutput"] ?? display
    if grid.kind == .array {
      let lines = grid.elements.map { line in
        line.string ?? line.elements.map { $0["text"]?.string ?? "" }.joined()
      }
      return (lines.joined(separator: "\n"), nil)
    }
    return (display["summary"]?.string ?? display["text"]?.string ?? display.json, nil)
  }
}
