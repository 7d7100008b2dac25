import PolylogueModel
import PolylogueParsing

/// What stands in the content of a message: a text, a part of Google's API, or a list of them.
struct GeminiCLIContent {
  var texts: [String] = []
  var thoughts: [String] = []
  var calls: [ToolCall] = []
  var results: [GeminiCLIResult] = []
  var attachments: [Attachment] = []
  /// Parts of kinds that this version does not know.
  var unknown: [(type: String, json: String)] = []

  /// Reads a content; nil has none.
  init(_ value: JSONValue? = nil) {
    if let value { add(value) }
  }

  /// Reads what a tool gave back: its texts and files. A result within a result is not followed, so
  /// that nesting costs no stack.
  init(ofResult value: JSONValue) {
    for part in value.kind == .array ? Array(value.elements) : [value] {
      if let text = part.string { addText(text) }
      if part["functionResponse"] == nil { addPart(part) }
    }
  }

  /// Adds a text, a part, or a list of them.
  private mutating func add(_ value: JSONValue) {
    switch value.kind {
    case .string: addText(value.string)
    case .array:
      for element in value.elements {
        if element.kind == .object { addPart(element) } else { addText(element.string) }
      }
    case .object: addPart(value)
    default: break
    }
  }

  private mutating func addPart(_ part: JSONValue) {
    if let text = part["text"]?.string {
      if part["thought"]?.bool == true {
        if !text.isEmpty { thoughts.append(text) }
      } else {
        addText(text)
      }
    } else if let data = part["inlineData"] ?? part["inline_data"] {
      addAttachment(data)
    } else if let file = part["fileData"] ?? part["file_data"] {
      attachments.append(
        Attachment(
          id: "part-\(attachments.count + 1)",
          name: (file["displayName"] ?? file["fileUri"] ?? file["file_uri"])?.string,
          mediaType: (file["mimeType"] ?? file["mime_type"])?.string))
    } else if let call = part["functionCall"] {
      calls.append(
        ToolCall(
          id: call["id"]?.text ?? "", name: call["name"]?.text ?? "",
          input: call["args"]?.json ?? "{}"))
    } else if let response = part["functionResponse"] {
      results.append(GeminiCLIResult(response))
    } else if let code = part["executableCode"] {
      calls.append(
        ToolCall(id: "", name: "code_execution", input: code["code"]?.string ?? code.json))
    } else if let outcome = part["codeExecutionResult"] {
      results.append(GeminiCLIResult(codeExecution: outcome))
    } else if let type = part.members.first(where: {
      !["thought", "thoughtSignature"].contains($0.key)
    }) {
      unknown.append((type.key, part.json))
    }
  }

  private mutating func addText(_ text: String?) {
    if let text, !text.isEmpty { texts.append(text) }
  }

  private mutating func addAttachment(_ data: JSONValue) {
    attachments.append(
      InlineMedia.attachment(
        id: "part-\(attachments.count + 1)", name: data["displayName"]?.string,
        mediaType: (data["mimeType"] ?? data["mime_type"])?.string,
        base64: data["data"]?.string ?? ""))
  }

  /// The places of attachments and what is not known.
  var otherBlocks: [Block] {
    attachments.map { .attachment(id: $0.id) }
      + unknown.map { .unknown(type: $0.type, json: $0.json) }
  }
}
