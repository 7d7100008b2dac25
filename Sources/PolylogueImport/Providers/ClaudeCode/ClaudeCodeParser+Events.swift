import PolylogueModel
import PolylogueParsing

/// What is neither a prompt nor an answer.
extension ClaudeCodeParser {
  // MARK: System lines

  func consumeSystem(
    _ line: ClaudeCodeRecord, _ record: Record, into sink: any ConversationSink
  ) throws {
    let subtype = line.subtype?.string ?? ""
    let kind = subtype.isEmpty ? "system" : "system/\(subtype)"
    guard let notice = ClaudeCodeParser.notice(subtype, line, record) else {
      try pass(line, record)
      switch subtype {
      case "stop_hook_summary", "turn_duration", "microcompact_boundary", "api_metrics", "init",
        "bridge_status", "hook_started", "hook_response", "status", "compact_boundary":
        sink.receipt.skipped(kind, because: "bookkeeping of the client", at: record.offset)
      default:
        sink.receipt.unknown(kind, because: "a system line without text", at: record.offset)
      }
      return
    }
    let thread = try thread(for: line, ordinal: record.index)
    guard
      let place = place(of: line, record, in: thread, size: notice.text.utf8.count, into: sink)
    else { return }
    let draft = Draft(
      role: .system, kind: notice.kind, blocks: [.text(notice.text)],
      byteCount: notice.text.utf8.count, flags: .passive)
    try add(draft, at: place, line, to: thread, into: sink)
    sink.receipt.understood(kind)
  }

  private static func notice(
    _ subtype: String, _ line: ClaudeCodeRecord, _ record: Record
  ) -> (kind: MessageKind, text: String)? {
    switch subtype {
    case "api_error":
      let error = record.value["error"]
      let parts = [
        error?["status"]?.text, error?["message"]?.text ?? error?["error"]?["message"]?.text,
      ]
      return (.notice, (["API error"] + parts.compactMap { $0 }).joined(separator: " "))
    case "compact_boundary":
      return (.notice, line.content?.string ?? "Conversation compacted")
    case "stop_hook_summary", "turn_duration", "microcompact_boundary", "init", "bridge_status":
      return nil
    default:
      guard let text = line.content?.string, !text.isEmpty else { return nil }
      return (subtype == "local_command" ? .command : .notice, text)
    }
  }

  // MARK: Attachments

  func consumeAttachment(
    _ line: ClaudeCodeRecord, _ record: Record, into sink: any ConversationSink
  ) throws {
    let type = line.attachment?["type"]?.string ?? ""
    let kind = "attachment/\(type)"
    guard let attachment = line.attachment else {
      try pass(line, record)
      sink.receipt.unknown(kind, because: "nothing attached", at: record.offset)
      return
    }
    if type == "queued_command" {
      try consumeQueued(attachment, line, record, into: sink)
      return
    }
    guard let text = ClaudeCodeAttachment.text(of: attachment, type: type) else {
      try pass(line, record)
      if ClaudeCodeAttachment.isKnown(type) {
        sink.receipt.skipped(kind, because: "bookkeeping of the client", at: record.offset)
      } else {
        sink.receipt.unknown(kind, because: "unknown attachment", at: record.offset)
      }
      return
    }
    let thread = try thread(for: line, ordinal: record.index)
    guard let place = place(of: line, record, in: thread, size: text.utf8.count, into: sink)
    else { return }
    let draft = Draft(
      role: .user, kind: .injected, blocks: [.text(text)], byteCount: text.utf8.count,
      flags: .passive)
    try add(draft, at: place, line, to: thread, into: sink)
    sink.receipt.understood(kind)
  }

  /// A prompt typed while the model was working: as real as any other.
  private func consumeQueued(
    _ attachment: JSONValue, _ line: ClaudeCodeRecord, _ record: Record,
    into sink: any ConversationSink
  ) throws {
    var content = ClaudeCodeContent(collectsTexts: true)
    attachment["prompt"].map { content.add($0) }
    let thread = try thread(for: line, ordinal: record.index)
    guard let place = place(of: line, record, in: thread, size: content.byteCount, into: sink)
    else { return }
    var draft = promptDraft(content, line, thread)
    if let mode = attachment["commandMode"]?.string, mode == "task-notification" {
      draft.kind = .injected
    }
    // It interrupts a turn: what follows it answers the tools as well.
    draft.flags = .passive
    try add(draft, at: place, line, to: thread, into: sink)
    sink.receipt.understood("attachment/queued_command")
  }

  // MARK: Bookkeeping

  func consumeBookkeeping(
    _ line: ClaudeCodeRecord, _ record: Record, into sink: any ConversationSink
  ) throws {
    let value = record.value
    switch line.type {
    case "progress":
      noteProgress(line)
      try pass(line, record)
      skip(line.type, "repeats what the tool or subagent wrote", record, sink)
    case "summary":
      guard let title = value["summary"]?.string, let leaf = value["leafUuid"]?.text else {
        throw RecordError("a summary without text")
      }
      if summaries.count >= 1000 { summaries.removeFirst(500) }
      summaries.append((leaf, title))
      sink.receipt.understood("summary")
    case "ai-title", "custom-title", "agent-name", "tag", "pr-link":
      try noteHeader(line, record)
      sink.receipt.understood(line.type)
    case "queue-operation":
      noteQueue(line, record)
      skip(line.type, "the prompt stands in a line of its own", record, sink)
    case "file-history-snapshot", "file-history-delta", "last-prompt", "permission-mode", "mode",
      "agent-color", "agent-setting", "bridge-session", "worktree-state", "content-replacement",
      "attribution-snapshot", "result", "rate_limit_event", "stream_event", "tool_progress":
      try pass(line, record)
      skip(line.type, "bookkeeping of the client", record, sink)
    default:
      try pass(line, record)
      let kind = line.type.isEmpty ? "(no type)" : line.type
      sink.receipt.unknown(kind, because: "unknown kind of line", at: record.offset)
    }
  }

  private func skip(
    _ kind: String, _ reason: String, _ record: Record, _ sink: any ConversationSink
  ) {
    sink.receipt.skipped(kind, because: reason, at: record.offset)
  }

  private func noteProgress(_ line: ClaudeCodeRecord) {
    guard let data = line.data, data["type"]?.string == "agent_progress",
      let agent = data["agentId"]?.text ?? line.agentID?.text,
      let toolID = line.parentToolUseID?.text, let session
    else { return }
    export.note(toolID: toolID, session: session, agent: agent)
  }

  private func noteHeader(_ line: ClaudeCodeRecord, _ record: Record) throws {
    let value = record.value
    let thread = try threadOfFile(line, ordinal: record.index)
    switch line.type {
    case "custom-title": thread.setTitle(.custom, value["customTitle"]?.string)
    case "ai-title": thread.setTitle(.generated, value["aiTitle"]?.string)
    case "agent-name": thread.setTitle(.agentName, value["agentName"]?.string)
    case "tag":
      if let tag = value["tag"]?.text, !thread.tags.contains(where: { $0.hasSameBytes(as: tag) }) {
        thread.addTag(tag)
      }
    default:
      let link = value["prUrl"]?.text ?? value["prNumber"]?.text
      if let link, !thread.pullRequests.contains(where: { $0.hasSameBytes(as: link) }) {
        thread.addPullRequest(link)
      }
    }
  }

  // MARK: Queue

  /// The most bytes kept of prompts that may be all that is left of a session.
  private static let queueByteLimit = 1 << 20

  private func noteQueue(_ line: ClaudeCodeRecord, _ record: Record) {
    guard threads.allSatisfy({ $0.messageCount == 0 }) else {
      queued = []
      return
    }
    guard record.value["operation"]?.string == "enqueue", let text = line.content?.string,
      queued.reduce(text.utf8.count, { $0 + $1.text.utf8.count })
        <= ClaudeCodeParser.queueByteLimit
    else { return }
    queued.append((text, line.timestamp, record.index))
  }

  /// A session that was closed before its first prompt was taken from the queue.
  func addQueuedPrompts(into sink: any ConversationSink) throws {
    guard !queued.isEmpty, session != nil, threads.allSatisfy({ $0.messageCount == 0 }) else {
      return
    }
    for prompt in queued {
      var line = ClaudeCodeRecord(type: "queue-operation")
      line.timestamp = prompt.timestamp
      let thread = try thread(for: line, ordinal: prompt.ordinal)
      var content = ClaudeCodeContent(collectsTexts: true)
      content.texts = [prompt.text]
      let draft = promptDraft(content, line, thread)
      let id = "line-\(prompt.ordinal)"
      let place = Place(
        id: id, key: RecordKey(id), parent: thread.newest, isOrphan: false, check: 0)
      try add(draft, at: place, line, to: thread, into: sink)
    }
  }
}
