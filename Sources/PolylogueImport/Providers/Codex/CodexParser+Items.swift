import PolylogueModel
import PolylogueParsing

/// Response items: what went to the model and what came from it.
extension CodexParser {
  func consumeItem(
    _ item: JSONValue, _ time: Timestamp?, _ record: Record, into sink: any ConversationSink
  ) throws {
    let type = item["type"]?.string ?? ""
    switch type {
    case "message": try consumeMessage(item, time, record, into: sink)
    case "reasoning": try consumeReasoning(item, time, record, into: sink)
    case "function_call", "custom_tool_call", "local_shell_call", "web_search_call",
      "tool_search_call", "image_generation_call", "mcp_tool_call", "tool_call":
      try consumeCall(item, type, time, record, into: sink)
    case "function_call_output", "custom_tool_call_output", "local_shell_call_output",
      "tool_search_output", "mcp_tool_call_output", "tool_result":
      try consumeOutput(item, type, time, record, into: sink)
    case "ghost_snapshot", "compaction", "compaction_summary", "context_compaction", "other",
      "agent_message":
      sink.receipt.skipped(
        type, because: "bookkeeping of the client, or encrypted", at: record.offset)
    default:
      sink.receipt.unknown(
        "response_item/\(type)", because: "unknown kind of item", at: record.offset)
    }
  }

  // MARK: Messages

  private func consumeMessage(
    _ item: JSONValue, _ time: Timestamp?, _ record: Record, into sink: any ConversationSink
  ) throws {
    var content = CodexContent()
    item["content"].map { content.add($0) }
    guard !content.texts.isEmpty || !content.attachments.isEmpty else {
      sink.receipt.skipped("message", because: "empty", at: record.offset)
      return
    }
    switch item["role"]?.string {
    case "assistant":
      try emitItem(
        Message(
          id: "", role: .assistant, timestamp: time, blocks: content.blocks,
          attachments: content.attachments),
        .answer, text: content.text, "message", into: sink)
    case "user": try consumePrompt(content, time, record, into: sink)
    case "developer", "system":
      try emit(
        Message(
          id: "", role: .system, kind: .injected, timestamp: time, blocks: content.blocks,
          attachments: content.attachments), into: sink)
      sink.receipt.understood("message")
    default:
      sink.receipt.unknown("message", because: "unknown role", at: record.offset)
    }
  }

  /// A prompt, told from the contexts that Codex writes in a person's place.
  private func consumePrompt(
    _ content: CodexContent, _ time: Timestamp?, _ record: Record, into sink: any ConversationSink
  ) throws {
    let prompt = CodexPrompt(content)
    guard let words = prompt.words else {
      if prompt.kind == .notice {
        try emitItem(
          Message(
            id: "", role: .user, kind: .notice, timestamp: time,
            blocks: [.text(prompt.injected)]), .notice, text: "", "message", into: sink)
        return
      }
      try emit(
        Message(
          id: "", role: .user, kind: prompt.kind ?? .injected, timestamp: time,
          blocks: [.text(prompt.injected)] + content.attachments.map { .attachment(id: $0.id) },
          attachments: content.attachments), into: sink)
      sink.receipt.understood("message")
      return
    }
    let message = Message(
      id: "", role: .user, timestamp: time,
      blocks: (words.isEmpty ? [] : [.text(words)])
        + content.attachments.map { .attachment(id: $0.id) },
      attachments: content.attachments)
    var split: Message?
    if let kind = prompt.kind {
      split = Message(
        id: "", role: .user, kind: kind, timestamp: time, blocks: [.text(prompt.injected)])
    }
    try emitItem(message, .prompt, text: words, "message", split: split, into: sink)
  }

  private func consumeReasoning(
    _ item: JSONValue, _ time: Timestamp?, _ record: Record, into sink: any ConversationSink
  ) throws {
    var content = CodexContent()
    item["summary"].map { content.add($0) }
    if content.texts.isEmpty { item["content"].map { content.add($0) } }
    guard !content.texts.isEmpty else {
      sink.receipt.skipped("reasoning", because: "encrypted", at: record.offset)
      return
    }
    let text = content.texts.joined(separator: "\n\n")
    // There is an event for each part of a summary.
    if content.texts.count > 1 {
      for part in content.texts {
        events.expectRepetition(.reasoning, hash: CodexText.hash(of: part))
      }
    }
    try emitItem(
      Message(id: "", role: .assistant, timestamp: time, blocks: [.thinking(text)]),
      .reasoning, text: text, "reasoning", into: sink)
  }

  /// Emits a message of an item unless its event went out before.
  private func emitItem(
    _ message: Message, _ kind: CodexEventQueue.Kind, text: String, _ tally: String,
    split: Message? = nil, into sink: any ConversationSink
  ) throws {
    if kind == .prompt { beginTurn() }
    if kind == .answer { turnHasAnswer = true }
    let match = events.match(
      kind, hash: CodexText.hash(of: text), place: ordinal, time: message.timestamp)
    var place: Int?
    switch match {
    case .repetition:
      sink.receipt.skipped(tally, because: "the event said the same")
      return
    case .event(let found): place = found
    case .none: break
    }
    try flushEvents(before: kind, into: sink)
    if let split { try emit(split, place: place, part: 2, into: sink) }
    try emit(message, place: place, into: sink)
    sink.receipt.understood(tally)
  }

  /// A person speaks: texts of earlier turns say nothing any more.
  func beginTurn() {
    events.beginTurn()
    turnHasAnswer = false
  }

  // MARK: Tools

  private func consumeCall(
    _ item: JSONValue, _ type: String, _ time: Timestamp?, _ record: Record,
    into sink: any ConversationSink
  ) throws {
    try flushEvents(into: sink)
    let callID = item["call_id"]?.text ?? item["id"]?.text ?? ""
    guard isNews(callID, sink, type) else { return }
    var call = ToolCall(id: callID, name: item["name"]?.text ?? "", input: "")
    var attachments: [Attachment] = []
    switch type {
    case "local_shell_call":
      call.name = "shell"
      call.input = item["action"]?.json ?? ""
    case "web_search_call":
      call.name = "web_search"
      call.input = item["action"]?.json ?? ""
    case "image_generation_call":
      call.name = "image_generation"
      call.input = item["revised_prompt"]?.text ?? ""
      if let image = item["result"]?.string {
        attachments = [
          InlineMedia.attachment(id: "image-1", mediaType: "image/png", base64: image)
        ]
      }
    case "tool_search_call":
      call.name = "tool_search"
      call.input = CodexParser.input(item["arguments"])
    default:
      if call.name.isEmpty { call.name = item["function"]?["name"]?.text ?? "" }
      call.input = CodexParser.input(item["arguments"] ?? item["input"])
    }
    try emit(
      Message(
        id: "", role: .assistant, timestamp: time,
        blocks: [.toolCall(call)] + attachments.map { .attachment(id: $0.id) },
        attachments: attachments), into: sink)
    sink.receipt.understood(type)
  }

  /// Arguments are a string that holds JSON, most of the time.
  private static func input(_ value: JSONValue?) -> String {
    value.map { $0.string ?? $0.json } ?? ""
  }

  /// Whether a call did not come as an event before.
  private func isNews(_ callID: String, _ sink: any ConversationSink, _ type: String) -> Bool {
    guard !callID.isEmpty else { return true }
    let hash = StableHash.of(callID)
    if eventCalls.contains(hash) {
      sink.receipt.skipped(type, because: "the event said the same")
      return false
    }
    itemCalls.insert(hash)
    return true
  }

  private func consumeOutput(
    _ item: JSONValue, _ type: String, _ time: Timestamp?, _ record: Record,
    into sink: any ConversationSink
  ) throws {
    try flushEvents(into: sink)
    let callID = item["call_id"]?.text ?? item["id"]?.text ?? ""
    if !callID.isEmpty, eventCalls.contains(StableHash.of(callID)) {
      sink.receipt.skipped(type, because: "the event said the same")
      return
    }
    var output: CodexOutput
    if type == "tool_search_output" {
      output = CodexOutput(nil)
      let tools = item["tools"].map { $0.elements.compactMap { $0["name"]?.text } } ?? []
      output.text = tools.joined(separator: "\n")
    } else {
      output = CodexOutput(item["output"] ?? item["result"])
    }
    let result = ToolResult(
      callID: callID, name: item["name"]?.text, output: output.text, isError: output.isError)
    try emit(
      Message(
        id: "", role: .tool, kind: .toolResult, timestamp: time,
        blocks: [.toolResult(result)] + output.attachments.map { .attachment(id: $0.id) },
        attachments: output.attachments), into: sink)
    sink.receipt.understood(type)
  }
}
