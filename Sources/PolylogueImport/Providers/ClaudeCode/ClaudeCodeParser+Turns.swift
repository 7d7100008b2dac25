import PolylogueModel
import PolylogueParsing

/// Prompts, tool results and answers.
extension ClaudeCodeParser {
  // MARK: User

  func consumeUser(
    _ line: ClaudeCodeRecord, _ record: Record, into sink: any ConversationSink
  ) throws {
    guard let body = line.message, body.kind == .object else {
      throw RecordError("a user line without a message")
    }
    guard let value = body["content"], value.kind == .string || value.kind == .array else {
      throw RecordError("a user line without content")
    }
    let isResult = ClaudeCodeParser.hasToolResult(value)
    var content = ClaudeCodeContent(collectsTexts: !isResult)
    content.add(value)
    let thread = try thread(for: line, ordinal: record.index)
    let size = content.byteCount &+ content.blocks.count &+ content.attachments.count
    guard let place = place(of: line, record, in: thread, size: size, into: sink) else { return }
    sink.receipt.understood("user")
    if isResult {
      noteAgent(startedBy: line, content, in: thread)
      content.completeResult(from: line.toolUseResult)
      let draft = Draft(
        role: .tool, kind: .toolResult, blocks: content.blocks, attachments: content.attachments,
        byteCount: content.byteCount)
      try add(draft, at: place, line, to: thread, into: sink)
    } else {
      let draft = promptDraft(content, line, thread)
      try add(draft, at: place, line, to: thread, into: sink)
    }
  }

  private static func hasToolResult(_ content: JSONValue) -> Bool {
    for element in content.elements where element["type"]?.string == "tool_result" { return true }
    return false
  }

  /// A result may name the agent that gave it.
  private func noteAgent(
    startedBy line: ClaudeCodeRecord, _ content: ClaudeCodeContent, in thread: ClaudeCodeThread
  ) {
    guard let agent = line.toolUseResult?["agentId"]?.text, let session else { return }
    for case .toolResult(let result) in content.blocks {
      export.note(toolID: result.callID, session: session, agent: agent)
    }
  }

  /// A prompt, told from what was written in its place.
  func promptDraft(
    _ content: ClaudeCodeContent, _ line: ClaudeCodeRecord, _ thread: ClaudeCodeThread
  ) -> Draft {
    var words: [Block] = []
    var wrapped: [Substring] = []
    var wrappedKind: MessageKind?
    for text in content.texts {
      if line.isCompactSummary || line.isMeta || line.promptSource?.string == "system" {
        wrapped.append(text[...])
        let tagged = TaggedText(text, kind: ClaudeCodeText.kind(ofTag:))
        let kind: MessageKind =
          line.isCompactSummary ? .summary : tagged.kind == .command ? .command : .injected
        wrappedKind = wrappedKind ?? kind
      } else if let kind = ClaudeCodeText.kind(ofUntagged: text) {
        wrapped.append(text[...])
        wrappedKind = wrappedKind ?? kind
      } else {
        let tagged = TaggedText(text, kind: ClaudeCodeText.kind(ofTag:))
        // A text of nothing but tags stays as it is.
        wrapped += tagged.isBlank && !tagged.wrapped.isEmpty ? [text[...]] : tagged.wrapped
        if wrappedKind == nil || tagged.kind == .command {
          wrappedKind = tagged.kind ?? wrappedKind
        }
        if tagged.wrapped.isEmpty {
          words.append(.text(text))
        } else if !tagged.isBlank {
          words.append(.text(String(tagged.body)))
        }
      }
    }
    noteTitle(words: words, wrapped: wrapped, kind: wrappedKind, line, thread)
    let injected = wrapped.joined(separator: "\n")
    if words.isEmpty, let wrappedKind, content.blocks.isEmpty || wrappedKind != .message {
      return Draft(
        role: .user, kind: wrappedKind, blocks: [.text(injected)] + content.blocks,
        attachments: content.attachments, byteCount: content.byteCount, flags: .passive)
    }
    var draft = Draft(
      role: .user, blocks: words + content.blocks, attachments: content.attachments,
      byteCount: content.byteCount, flags: .turn)
    if let wrappedKind, !injected.isEmpty { draft.split = (wrappedKind, injected) }
    return draft
  }

  private func noteTitle(
    words: [Block], wrapped: [Substring], kind: MessageKind?, _ line: ClaudeCodeRecord,
    _ thread: ClaudeCodeThread
  ) {
    if thread.titles[.prompt] == nil, case .text(let prompt)? = words.first {
      thread.titles[.prompt] = ConversationTitle.fromPrompt(prompt)
      findCall(of: thread, prompt: prompt)
    }
    if thread.titles[.command] == nil, thread.titles[.prompt] == nil, kind == .command {
      thread.titles[.command] = ClaudeCodeText.command(in: wrapped.joined(separator: "\n"))
        .flatMap(ConversationTitle.fromPrompt)
    }
  }

  /// Looks for the call that started a subagent.
  private func findCall(of thread: ClaudeCodeThread, prompt: String) {
    guard let agent = thread.agent, let session,
      let call = export.call(session: session, agent: agent, prompt: prompt)
    else { return }
    if thread.lineage?.origin == nil { thread.lineage?.origin = call.toolID }
    if thread.titles[.custom] == nil { thread.titles[.custom] = call.description }
    if let type = call.agentType, !thread.extras.contains(where: { $0.key == "agent_type" }) {
      thread.extras.append(("agent_type", JSONWriter.quoted(type)))
    }
  }

  // MARK: Assistant

  func consumeAssistant(
    _ line: ClaudeCodeRecord, _ record: Record, into sink: any ConversationSink
  ) throws {
    guard let body = line.message, body.kind == .object, let value = body["content"] else {
      throw RecordError("an assistant line without content")
    }
    let thread = try thread(for: line, ordinal: record.index)
    let messageID = body["id"]?.text
    let requestID = line.requestID?.text
    let open = thread.answer.flatMap { open in
      messageID.map { open.messageID.hasSameBytes(as: $0) && open.accepts(requestID) } == true
        ? open : nil
    }
    var content = ClaudeCodeContent(
      collectsTexts: false, attachmentCount: open?.message.attachments.count ?? 0)
    content.add(value)
    let size = content.byteCount &+ content.blocks.count
    guard let place = place(of: line, record, in: thread, size: size, into: sink) else { return }
    sink.receipt.understood("assistant")
    if let session {
      for call in content.agentCalls {
        export.note(call.call, session: session, prompt: call.prompt)
      }
    }
    let usage = body["usage"].map(ClaudeCodeParser.usage)
    if let open {
      extend(open, with: content, usage: usage, at: place, line, in: thread)
      return
    }
    var draft = Draft(
      role: .assistant, model: body["model"]?.text, blocks: content.blocks,
      attachments: content.attachments, usage: usage?.tokens, byteCount: content.byteCount,
      flags: .turn)
    if line.isAPIError || draft.model == "<synthetic>" {
      // The client's own words about an error: no model wrote them and nobody pays for them.
      draft.kind = .notice
      draft.model = nil
      draft.usage = nil
      draft.flags = .passive
      try add(draft, at: place, line, to: thread, into: sink)
    } else if let messageID, !wasAnswered(messageID, requestID) {
      try begin(
        draft, answer: (messageID, requestID), output: usage?.output ?? 0, at: place, line,
        in: thread, into: sink)
    } else {
      if messageID != nil {
        // A late line of an answer that was handed over: its tokens are counted there.
        draft.usage = nil
        draft.flags = []
      }
      try thread.flush(into: sink)
      try add(draft, at: place, line, to: thread, into: sink)
    }
  }

  /// Tokens of an answer; cache tokens stand outside `input_tokens`.
  private static func usage(_ usage: JSONValue) -> (tokens: TokenUsage, output: Int64) {
    func count(_ value: JSONValue?) -> Int64 { max(0, value?.integer ?? 0) }
    let output = count(usage["output_tokens"])
    return (
      TokenUsage(
        input: count(usage["input_tokens"]), output: output,
        cacheRead: count(usage["cache_read_input_tokens"]),
        cacheWrite: count(usage["cache_creation_input_tokens"])), output
    )
  }
}

extension ClaudeCodeThread.OpenAnswer {
  /// Whether a line of the same answer may carry this request's id; old versions leave it out.
  fileprivate func accepts(_ other: String?) -> Bool {
    guard let requestID, let other else { return true }
    return requestID.hasSameBytes(as: other)
  }
}
