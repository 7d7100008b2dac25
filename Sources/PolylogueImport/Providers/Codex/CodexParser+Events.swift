import PolylogueModel
import PolylogueParsing

/// Events: what the client showed. They count where no response item says the same.
extension CodexParser {
  func consumeEvent(
    _ event: JSONValue, _ time: Timestamp?, _ record: Record, into sink: any ConversationSink
  ) throws {
    let type = event["type"]?.string ?? ""
    switch type {
    case "user_message": try consumeUserEvent(event, time, into: sink)
    case "agent_message": try queue(.answer, event["message"]?.string, type, time, into: sink)
    case "agent_reasoning", "agent_reasoning_raw_content":
      try queue(.reasoning, event["text"]?.string, type, time, into: sink)
    case "token_count": try consumeTokens(event, record, into: sink)
    case "thread_rolled_back":
      try flushEvents(into: sink)
      outbox.rollBack(turns: event["num_turns"]?.integer ?? 0)
      sink.receipt.understood(type)
    case "thread_name_updated":
      header.noteName(event["thread_name"]?.string)
      sink.receipt.understood(type)
    case "turn_aborted":
      try queue(.notice, "Turn aborted: \(event["reason"]?.text ?? "")", type, time, into: sink)
    case "error", "stream_error", "warning":
      try flushEvents(into: sink)
      let text = event["message"]?.text ?? event["error"]?["message"]?.text
      try notice(text, type, time, record, into: sink)
    case "exited_review_mode":
      let review = event["review_output"]?["overall_explanation"]?.text
      try notice(review, type, time, record, into: sink)
    case "task_complete", "turn_complete": try consumeEnd(event, type, time, into: sink)
    case "exec_command_end", "mcp_tool_call_end", "patch_apply_end", "web_search_end":
      try consumeToolEvent(event, type, time, into: sink)
    default: skipEvent(type, record, into: sink)
    }
  }

  private func skipEvent(_ type: String, _ record: Record, into sink: any ConversationSink) {
    if CodexParser.isBookkeeping(type) {
      sink.receipt.skipped(type, because: "bookkeeping of the client", at: record.offset)
    } else {
      sink.receipt.unknownDetail(
        "event_msg/\(type)", because: "unknown kind of event", at: record.offset)
    }
  }

  private static func isBookkeeping(_ type: String) -> Bool {
    switch type {
    case "task_started", "turn_started", "turn.completed", "turn.started", "turn.failed",
      "exec_command_begin", "exec_command_output_delta", "patch_apply_begin", "patch_apply_updated",
      "mcp_tool_call_begin", "web_search_begin", "view_image_tool_call", "image_generation_begin",
      "image_generation_end", "thread_goal_updated", "thread_settings_applied",
      "context_compacted", "entered_review_mode", "item_started", "item_completed",
      "agent_reasoning_section_break", "agent_message_delta", "agent_reasoning_delta",
      "sub_agent_activity", "request_user_input", "guardian_assessment", "model_reroute",
      "turn_diff", "plan_update", "background_event", "deprecation_notice", "raw_response_item",
      "exec_approval_request", "apply_patch_approval_request", "account/rateLimits/updated",
      "codex/event/raw_item", "session_configured", "undo_started", "undo_completed",
      "shutdown_complete", "mcp_startup_update", "mcp_startup_complete", "skills_update_available":
      return true
    default:
      return ["collab_", "dynamic_tool_call_", "hook_", "realtime_"].contains {
        type.utf8.starts(with: $0.utf8)
      }
    }
  }

  // MARK: Messages

  private func consumeUserEvent(
    _ event: JSONValue, _ time: Timestamp?, into sink: any ConversationSink
  ) throws {
    var content = CodexContent()
    event["message"].map { content.add($0) }
    if let images = event["images"] {
      for (place, image) in images.elements.enumerated() {
        guard let url = image.string else { continue }
        content.attachments.append(InlineMedia.attachment(id: "image-\(place + 1)", url: url))
      }
    }
    if let paths = event["local_images"] {
      for path in paths.elements {
        let id = "image-\(content.attachments.count + 1)"
        content.attachments.append(Attachment(id: id, name: path.text))
      }
    }
    let prompt = CodexPrompt(content)
    turnHasAnswer = false
    let words = prompt.words ?? prompt.injected
    let message = Message(
      id: "", role: .user, kind: prompt.words == nil ? prompt.kind ?? .message : .message,
      timestamp: time,
      blocks: (words.isEmpty ? [] : [.text(words)])
        + content.attachments.map { .attachment(id: $0.id) },
      attachments: content.attachments)
    guard !message.blocks.isEmpty else {
      sink.receipt.skipped("user_message", because: "empty")
      return
    }
    try queue(message, .prompt, text: words, "user_message", into: sink)
  }

  private func queue(
    _ kind: CodexEventQueue.Kind, _ text: String?, _ type: String, _ time: Timestamp?,
    into sink: any ConversationSink
  ) throws {
    guard let text, !text.isEmpty else {
      sink.receipt.skipped(type, because: "empty")
      return
    }
    let block: Block = kind == .reasoning ? .thinking(text) : .text(text)
    let message = Message(
      id: "", role: kind == .notice ? .system : .assistant,
      kind: kind == .notice ? .notice : .message, timestamp: time, blocks: [block])
    try queue(message, kind, text: kind == .notice ? "" : text, type, into: sink)
  }

  private func queue(
    _ message: Message, _ kind: CodexEventQueue.Kind, text: String, _ type: String,
    into sink: any ConversationSink
  ) throws {
    if kind == .answer { turnHasAnswer = true }
    let isRepetition = events.add(
      CodexEventQueue.Event(
        kind: kind, hash: CodexText.hash(of: text), place: ordinal, message: message))
    if isRepetition {
      sink.receipt.skipped(type, because: "a response item says the same")
    } else {
      sink.receipt.understood(type)
      if events.isFull { try flushEvents(into: sink) }
    }
  }

  private func notice(
    _ text: String?, _ type: String, _ time: Timestamp?, _ record: Record,
    into sink: any ConversationSink
  ) throws {
    guard let text, !text.isEmpty else {
      sink.receipt.skipped(type, because: "without text", at: record.offset)
      return
    }
    try emit(
      Message(id: "", role: .system, kind: .notice, timestamp: time, blocks: [.text(text)]),
      into: sink)
    sink.receipt.understood(type)
  }

  /// The end of a turn repeats its last answer, which may stand nowhere else.
  private func consumeEnd(
    _ event: JSONValue, _ type: String, _ time: Timestamp?, into sink: any ConversationSink
  ) throws {
    try flushEvents(into: sink)
    if !turnHasAnswer, let text = event["last_agent_message"]?.string, !text.isEmpty {
      try emit(
        Message(id: "", role: .assistant, timestamp: time, blocks: [.text(text)]), into: sink)
      sink.receipt.understood(type)
    } else {
      sink.receipt.skipped(type, because: "repeats the last answer")
    }
  }

  private func consumeTokens(
    _ event: JSONValue, _ record: Record, into sink: any ConversationSink
  ) throws {
    guard let tokens = usage.tokens(in: event["info"]) else {
      sink.receipt.skipped(
        "token_count", because: "repeats what was counted", at: record.offset)
      return
    }
    // The answer may be one that only an event has told of.
    try flushEvents(into: sink)
    if outbox.attach(tokens) {
      sink.receipt.understood("token_count")
    } else {
      sink.receipt.skipped(
        "token_count", because: "no answer to count it for", at: record.offset)
    }
  }

  // MARK: Tools

  /// A tool's call and result in one event; counts only where no item has its id.
  private func consumeToolEvent(
    _ event: JSONValue, _ type: String, _ time: Timestamp?, into sink: any ConversationSink
  ) throws {
    let callID = event["call_id"]?.text ?? ""
    let hash = StableHash.of(callID)
    // Searches have an item without the id of the event.
    guard type != "web_search_end", !callID.isEmpty, !itemCalls.contains(hash) else {
      sink.receipt.skipped(type, because: "a response item says the same")
      return
    }
    eventCalls.insert(hash)
    try flushEvents(into: sink)
    var call = ToolCall(id: callID, name: "shell", input: event["command"]?.json ?? "")
    var output: CodexOutput
    switch type {
    case "mcp_tool_call_end":
      let invocation = event["invocation"]
      let names = [invocation?["server"]?.text, invocation?["tool"]?.text].compactMap { $0 }
      call.name = names.joined(separator: ".")
      call.input = invocation?["arguments"]?.json ?? ""
      let failure = event["result"]?["Err"]
      output = CodexOutput(event["result"]?["Ok"] ?? failure)
      output.isError = output.isError || failure != nil
    case "patch_apply_end":
      call.name = "apply_patch"
      call.input = event["changes"]?.json ?? ""
      output = CodexOutput(event)
    default:
      output = CodexOutput(event)
      if let all = event["aggregated_output"]?.string, !all.isEmpty { output.text = all }
    }
    try emit(
      Message(id: "", role: .assistant, timestamp: time, blocks: [.toolCall(call)]), part: 2,
      into: sink)
    let result = ToolResult(
      callID: callID, name: call.name, output: output.text, isError: output.isError)
    try emit(
      Message(
        id: "", role: .tool, kind: .toolResult, timestamp: time,
        blocks: [.toolResult(result)] + output.attachments.map { .attachment(id: $0.id) },
        attachments: output.attachments), into: sink)
    sink.receipt.understood(type)
  }
}
