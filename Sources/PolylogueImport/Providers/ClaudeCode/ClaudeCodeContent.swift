import PolylogueModel
import PolylogueParsing

/// Builds the content of a message from Claude Code's content blocks.
struct ClaudeCodeContent {
  /// The blocks, in order. A person's text is not among them, see ``texts``.
  var blocks: [Block] = []
  /// The files that stand inside the content.
  var attachments: [Attachment] = []
  /// The texts of the content, in order, where ``collectsTexts``.
  var texts: [String] = []
  /// Whether texts are set apart (to be told from injected ones) instead of becoming blocks.
  var collectsTexts = false
  /// Whether there was a tool's result.
  var hasToolResult = false
  /// Calls that start a subagent, with the prompt they give it.
  var agentCalls: [(prompt: String, call: ClaudeCodeExport.AgentCall)] = []
  /// About how many bytes are held.
  var byteCount = 0
  /// Attachments that were there before, in other lines of the same answer.
  private let firstAttachment: Int

  init(collectsTexts: Bool, attachmentCount: Int = 0) {
    self.collectsTexts = collectsTexts
    firstAttachment = attachmentCount
  }

  /// Adds content: a text, a list of blocks, or one block.
  mutating func add(_ content: JSONValue) {
    switch content.kind {
    case .string: content.string.map { add(text: $0) }
    case .array: for element in content.elements { addElement(element) }
    case .object: addBlock(content)
    default: break
    }
  }

  private mutating func addElement(_ element: JSONValue) {
    if let text = element.string {
      add(text: text)
    } else if element.kind == .object {
      addBlock(element)
    }
  }

  private mutating func add(text: String) {
    guard !text.isEmpty else { return }
    byteCount += text.utf8.count
    if collectsTexts { texts.append(text) } else { blocks.append(.text(text)) }
  }

  private mutating func addBlock(_ block: JSONValue) {
    let type = block["type"]?.string ?? ""
    switch type {
    case "text": block["text"]?.string.map { add(text: $0) }
    case "thinking": append(block["thinking"]?.string) { .thinking($0) }
    case "redacted_thinking": break
    case "tool_use", "server_tool_use", "mcp_tool_use": addCall(block)
    case "tool_result": addResult(block)
    case "image", "document": addFile(block)
    case "tool_reference": append(block["tool_name"]?.string) { .text($0) }
    default:
      if type.utf8.reversed().starts(with: "_tool_result".utf8.reversed()) {
        addServerResult(block)
      } else {
        append(block.json) { .unknown(type: type, json: $0) }
      }
    }
  }

  private mutating func append(_ text: String?, _ block: (String) -> Block) {
    guard let text, !text.isEmpty else { return }
    byteCount += text.utf8.count
    blocks.append(block(text))
  }

  // MARK: Tools

  private mutating func addCall(_ block: JSONValue) {
    let input = block["input"]
    let call = ToolCall(
      id: block["id"]?.text ?? "", name: block["name"]?.text ?? "", input: input?.json ?? "{}")
    byteCount += call.input.utf8.count + 64
    blocks.append(.toolCall(call))
    // The tool was called Task until 2026.
    guard call.name == "Task" || call.name == "Agent", let prompt = input?["prompt"]?.string
    else { return }
    let agentCall = ClaudeCodeExport.AgentCall(
      toolID: call.id, description: input?["description"]?.text,
      agentType: input?["subagent_type"]?.text)
    agentCalls.append((prompt, agentCall))
  }

  private mutating func addResult(_ block: JSONValue) {
    hasToolResult = true
    var inner = ClaudeCodeContent(
      collectsTexts: true, attachmentCount: firstAttachment + attachments.count)
    block["content"].map { inner.add($0) }
    let result = ToolResult(
      callID: block["tool_use_id"]?.text ?? "", output: inner.joinedText(),
      isError: block["is_error"]?.bool ?? false)
    blocks.append(.toolResult(result))
    // Files stay, in the order in which the tool gave them.
    blocks += inner.blocks.filter {
      if case .attachment = $0 { true } else { false }
    }
    attachments += inner.attachments
    byteCount += inner.byteCount + 64
  }

  /// All texts in one, those of unusual blocks too.
  private func joinedText() -> String {
    if texts.count == 1 { return texts[0] }
    return texts.joined(separator: "\n")
  }

  /// Results of tools that ran at the provider, such as `web_search_tool_result`.
  private mutating func addServerResult(_ block: JSONValue) {
    var lines: [String] = []
    var isError = false
    let content = block["content"]
    if let content {
      for item in content.elements {
        let parts = [item["title"]?.text, item["url"]?.text].compactMap { $0 }
        lines.append(parts.isEmpty ? item["text"]?.text ?? "" : parts.joined(separator: " "))
      }
    }
    if let code = content?["error_code"]?.text {
      lines.append(code)
      isError = true
    }
    append(lines.joined(separator: "\n") + " ") {
      .toolResult(
        ToolResult(
          callID: block["tool_use_id"]?.text ?? "", output: String($0.dropLast()),
          isError: isError))
    }
  }

  // MARK: Files

  private mutating func addFile(_ block: JSONValue) {
    let type = block["type"]?.string ?? "file"
    let id = "\(type)-\(firstAttachment + attachments.count + 1)"
    let source = block["source"]
    let name = block["title"]?.text ?? block["name"]?.text
    let mediaType = source?["media_type"]?.text
    var file: Attachment
    if let data = source?["data"]?.string {
      if source?["type"]?.string == "text" {
        file = Attachment(id: id, name: name, mediaType: mediaType, extractedText: data)
      } else {
        file = InlineMedia.attachment(id: id, name: name, mediaType: mediaType, base64: data)
      }
      byteCount += data.utf8.count
    } else {
      file = Attachment(id: id, name: name ?? source?["url"]?.text, mediaType: mediaType)
      file.name = file.name ?? source?["file_id"]?.text
    }
    attachments.append(file)
    blocks.append(.attachment(id: id))
  }

  /// Fills a lone empty tool result from the record's own copy of it.
  ///
  /// The copy is else left alone: it repeats the text, and may hold a whole file besides.
  mutating func completeResult(from copy: JSONValue?) {
    guard let copy, blocks.count == 1, case .toolResult(var result) = blocks[0],
      result.output.isEmpty
    else { return }
    if let text = copy.string {
      result.output = text
    } else {
      let parts = [copy["stdout"]?.string, copy["stderr"]?.string].compactMap { $0 }
      result.output = parts.filter { !$0.isEmpty }.joined(separator: "\n")
    }
    byteCount += result.output.utf8.count
    blocks[0] = .toolResult(result)
  }
}
