import PolylogueModel
import PolylogueParsing

/// Turns the content of one message into blocks.
struct ClaudeAIContent {
  private(set) var blocks: [Block] = []
  /// Files that the blocks name.
  private(set) var attachments: [Attachment] = []
  private(set) var metadata = MetadataObject()
  private let message: String
  private var attachmentIDs: Set<ExactID> = []
  private var unknownTypes: [String] = []
  private var skippedTypes: [String] = []

  init(message: String) {
    self.message = message
  }

  /// Reads a message: its content blocks, else its text.
  mutating func read(
    _ entry: JSONValue, artifacts: inout ClaudeAIArtifacts, state: inout Int
  ) {
    if let content = entry["content"] {
      if let text = content.string {
        say(text, artifacts: &artifacts, state: &state)
      } else if content.count > 0 {
        let pairs = ClaudeAIToolPairs(content, message: message)
        for (position, block) in content.elements.enumerated() {
          read(block, at: position, pairs: pairs, artifacts: &artifacts, state: &state)
        }
      }
    }
    // `text` is a lossy flattening: it counts only where the blocks hold nothing.
    if blocks.isEmpty, let text = entry["text"]?.text {
      let whole = ClaudeAIContent.withoutPlaceholders(text)
      if whole == nil { skippedTypes.append("placeholder for an unsupported block") }
      say(whole ?? "", artifacts: &artifacts, state: &state)
    }
  }

  /// Counts what was read.
  func count(in receipt: inout Receipt, offset: Int64) {
    if unknownTypes.isEmpty { receipt.understood("message") }
    for type in unknownTypes {
      receipt.unknownDetail("content block: " + type, because: "an unknown type", at: offset)
    }
    for type in skippedTypes {
      receipt.skipped("content block: " + type, because: "it carries no content", at: offset)
    }
  }

  /// A text without the placeholders that stand for tools and artifacts; nil when nothing is left.
  static func withoutPlaceholders(_ text: String) -> String? {
    let notice = "This block is not supported on your current device yet."
    guard text.containsBytes("This block is not supported on your current device yet.") else {
      return text
    }
    let bytes = Array(text.utf8)
    var out: [UInt8] = []
    var from = 0
    while let hit = bytes.firstRange(of: Array(notice.utf8), from: from) {
      out.append(contentsOf: bytes[from..<hit])
      from = hit + notice.utf8.count
      // The placeholder stands in a code fence of its own.
      let fence = Array("```\n".utf8)
      let closing = Array("\n```".utf8)
      if out.count >= 4, out[(out.count - 4)...].elementsEqual(fence),
        bytes[from...].starts(with: closing)
      {
        out.removeLast(4)
        from += 4
      }
    }
    out.append(contentsOf: bytes[from...])
    let rest = ClaudeAITags.trimmed(String(decoding: out, as: UTF8.self))
    return rest.isEmpty ? nil : rest
  }

  // MARK: Blocks

  private mutating func read(
    _ block: JSONValue, at position: Int, pairs: ClaudeAIToolPairs,
    artifacts: inout ClaudeAIArtifacts, state: inout Int
  ) {
    if let text = block.string { return say(text, artifacts: &artifacts, state: &state) }
    switch block["type"]?.string {
    case "text":
      if let text = block["text"]?.text { say(text, artifacts: &artifacts, state: &state) }
      if let list = block["citations"] {
        for citation in list.elements { cite(citation["details"] ?? citation) }
      }
    case "thinking": readThinking(block)
    case "tool_use":
      readCall(block, id: pairs.ids[position] ?? "", artifacts: &artifacts, state: &state)
    case "tool_result": readResult(block, callID: pairs.ids[position] ?? "")
    case "voice_note":
      if let title = block["title"]?.text, !title.isEmpty { blocks.append(.text(title)) }
      if let text = block["text"]?.text { say(text, artifacts: &artifacts, state: &state) }
    case "image", "document": place(block)
    case "token_budget": skippedTypes.append("token_budget")
    case let type:
      unknownTypes.append(type ?? "without type")
      blocks.append(.unknown(type: type ?? "", json: block.json))
    }
  }

  private mutating func say(
    _ text: String, artifacts: inout ClaudeAIArtifacts, state: inout Int
  ) {
    guard !text.isEmpty else { return }
    guard ClaudeAITags.mayOccur(in: text) else { return blocks.append(.text(text)) }
    for part in ClaudeAITags.parts(of: text) {
      switch part {
      case .text(let text): blocks.append(.text(text))
      case .thinking(let text): blocks.append(.thinking(text))
      case .artifact(let attributes, let content):
        let id = attributes["identifier"] ?? attributes["title"] ?? message
        let document = artifacts.keep(
          id: id, title: attributes["title"],
          language: attributes["language"] ?? attributes["type"], content: content, &state)
        blocks.append(.document(document))
      }
    }
  }

  private mutating func readThinking(_ block: JSONValue) {
    var text = block["thinking"]?.text ?? ""
    if text.isEmpty, let summaries = block["summaries"] {
      text = summaries.elements.compactMap { $0["summary"]?.text ?? $0.text }
        .joined(separator: "\n\n")
    }
    if !text.isEmpty { blocks.append(.thinking(text)) }
    if block["cut_off"]?.bool == true || block["truncated"]?.bool == true {
      metadata.add("thinking_cut_off", json: "true")
    }
  }

  private mutating func readCall(
    _ block: JSONValue, id: String, artifacts: inout ClaudeAIArtifacts, state: inout Int
  ) {
    let name = block["name"]?.text ?? ""
    var input = block["input"]?.json ?? ""
    if block["input"] == nil || block["input"]?.count == 0, let shown = block["display_content"] {
      input = (shown["json_block"] ?? shown["code"] ?? shown["text"])?.text ?? input
    }
    blocks.append(.toolCall(ToolCall(id: id, name: name, input: input)))
    guard let arguments = block["input"], arguments.kind == .object,
      let document = artifacts.read(tool: name, input: arguments, state: &state)
    else { return }
    blocks.append(.document(document))
  }

  // MARK: Results

  private mutating func readResult(_ block: JSONValue, callID: String) {
    let place = blocks.count
    var lines: [String] = []
    if let content = block["content"] {
      if let text = content.string { lines.append(text) }
      for item in content.elements { read(item, into: &lines) }
      if content.kind == .object { read(content, into: &lines) }
    }
    if lines.isEmpty, let shown = block["display_content"] {
      if let text = (shown["text"] ?? shown["code"] ?? shown["json_block"])?.text {
        lines.append(text)
      } else if shown["table"] != nil {
        lines.append(shown.json)
      }
    }
    if lines.isEmpty, let structured = block["structured_content"], structured.count > 0 {
      lines.append(structured.json)
    }
    let result = ToolResult(
      callID: callID, name: block["name"]?.text, output: lines.joined(separator: "\n\n"),
      isError: block["is_error"]?.bool ?? false)
    blocks.insert(.toolResult(result), at: place)
  }

  private mutating func read(_ item: JSONValue, into lines: inout [String]) {
    if let text = item.string { return lines.append(text) }
    switch item["type"]?.string {
    case "text":
      if let text = item["text"]?.text { lines.append(text) }
    case "knowledge":
      cite(item)
      for key: StaticString in ["title", "text"] {
        if let text = item[key]?.text, !text.isEmpty { lines.append(text) }
      }
    case "image", "local_resource": place(item)
    case "image_gallery":
      if let images = item["images"] { for image in images.elements { place(image) } }
    case "rag_reference":
      blocks.append(
        .citation(Citation(title: item["extras"]?["title"]?.text, url: item["doc_uuid"]?.text)))
    default:
      if let text = item["text"]?.text {
        lines.append(text)
      } else {
        lines.append(item.json)
      }
      if item["url"] != nil { cite(item) }
    }
  }

  private mutating func cite(_ source: JSONValue) {
    let citation = Citation(
      title: source["title"]?.text, url: (source["url"] ?? source["uri"])?.text,
      quote: source["cited_text"]?.text)
    if citation.title != nil || citation.url != nil { blocks.append(.citation(citation)) }
  }

  /// Puts a file into the flow.
  private mutating func place(_ item: JSONValue) {
    let source = item["source"]
    guard
      let id =
        (item["file_uuid"] ?? item["uuid"] ?? item["id"] ?? source?["file_uuid"]
        ?? item["url"] ?? source?["url"] ?? item["file_path"])?.text
    else {
      blocks.append(.unknown(type: item["type"]?.string ?? "image", json: item.json))
      return
    }
    if attachmentIDs.insert(ExactID(id)).inserted {
      attachments.append(
        Attachment(
          id: id, name: (item["name"] ?? item["file_name"] ?? item["title"])?.text,
          mediaType: (item["mime_type"] ?? source?["media_type"])?.text))
    }
    blocks.append(.attachment(id: id))
  }
}
