import PolylogueModel
import PolylogueParsing

/// Makes messages of one record of a session.
///
/// A record can hold several: a prompt and the files it names, an answer and the results of the
/// tools that it called. The first has the record's id, the others that id and a mark behind `#`.
struct GeminiCLIMessages {
  /// In their order, each following the one before.
  private(set) var list: [Message] = []
  private let id: String
  private let time: Timestamp?

  /// Makes the messages of a record.
  ///
  /// - Parameter answered: The calls whose results stand beside them; another record repeats those.
  init(
    _ value: JSONValue, id: String, answered: Set<ExactID>, receipt: inout Receipt, at offset: Int64
  ) {
    self.id = id
    time = value["timestamp"]?.timestamp
    let type = value["type"]?.string ?? ""
    let content = GeminiCLIContent(value["content"] ?? value["parts"])
    for part in content.unknown {
      receipt.unknownDetail("part \(part.type)", because: "unknown kind of part", at: offset)
    }
    switch type {
    case "gemini", "model", "assistant": addAnswer(value, content, receipt: &receipt)
    case "user": addPrompt(value, content, answered: answered)
    case "info", "warning", "error": addNotice(type, content)
    default:
      addNotice(type, content)
      if list.isEmpty {
        receipt.unknown(type, because: "unknown kind of message", at: offset)
      } else {
        receipt.unknownDetail(
          type, because: "unknown kind of message, read as a notice", at: offset)
      }
      return
    }
    if list.isEmpty {
      receipt.skipped(type, because: "nothing in it that does not stand elsewhere", at: offset)
    } else {
      receipt.understood(type)
    }
  }

  // MARK: Prompts

  private mutating func addPrompt(
    _ value: JSONValue, _ content: GeminiCLIContent, answered: Set<ExactID>
  ) {
    let text = GeminiCLIText(content.texts)
    var words = text.words
    var injected = text.injected
    let typed = GeminiCLIContent(value["displayContent"]).texts
    if !typed.isEmpty {
      // What was typed is told apart; the rest of what was sent was put there.
      let known = Set(typed.map(ExactID.init))
      injected += words.filter { !known.contains(ExactID($0)) }
      words = typed
    }
    if !words.isEmpty || !content.otherBlocks.isEmpty {
      add(
        Message(
          id: "", role: .user,
          kind: words.first?.utf8.first == UInt8(ascii: "/") && words.count == 1
            && GeminiCLIMessages.isCommand(words[0]) ? .command : .message,
          blocks: words.map { .text($0) } + content.otherBlocks, attachments: content.attachments),
        mark: "prompt")
    }
    if !injected.isEmpty {
      add(
        Message(
          id: "", role: .user, kind: text.kind ?? .injected,
          blocks: [.text(injected.joined(separator: "\n"))]),
        mark: "context")
    }
    for result in content.results where !answered.contains(ExactID(result.callID)) {
      addResult(result, time: nil)
    }
  }

  /// Whether a text is a command of the client, and not a path.
  private static func isCommand(_ text: String) -> Bool {
    let name = text.utf8.dropFirst().prefix { $0 > 0x20 }
    return !name.isEmpty && !name.contains(UInt8(ascii: "/")) && !text.utf8.contains(10)
  }

  // MARK: Answers

  private mutating func addAnswer(
    _ value: JSONValue, _ content: GeminiCLIContent, receipt: inout Receipt
  ) {
    var blocks = GeminiCLIMessages.thoughts(value["thoughts"]).map { Block.thinking($0) }
    // A history brought in line repeats the thoughts as parts.
    if blocks.isEmpty { blocks = content.thoughts.map { .thinking($0) } }
    for _ in blocks { receipt.understood("thought") }
    // The parts of an answer are pieces of one text.
    let text = content.texts.joined()
    if !text.isEmpty { blocks.append(.text(text)) }
    let records = value["toolCalls"]?.elements.filter { $0.kind == .object } ?? []
    var known: Set<ExactID> = []
    for call in records {
      let id = call["id"]?.text ?? ""
      known.insert(ExactID(id))
      blocks.append(
        .toolCall(
          ToolCall(id: id, name: call["name"]?.text ?? "", input: call["args"]?.json ?? "{}")))
      receipt.understood("tool call")
    }
    for call in content.calls where !known.contains(ExactID(call.id)) {
      if call.id.isEmpty, !records.isEmpty { continue }
      blocks.append(.toolCall(call))
      receipt.understood("tool call")
    }
    blocks += content.otherBlocks
    add(
      Message(
        id: "", role: .assistant, model: value["model"]?.string, blocks: blocks,
        attachments: content.attachments, usage: GeminiCLIMessages.usage(value["tokens"])),
      mark: "answer")
    for call in records {
      if let result = GeminiCLIResult(call: call) {
        addResult(result, time: call["timestamp"]?.timestamp)
      }
    }
    for result in content.results { addResult(result, time: nil) }
  }

  private static func thoughts(_ value: JSONValue?) -> [String] {
    guard let value else { return [] }
    return value.elements.compactMap { thought in
      if let text = thought.string { return text.isEmpty ? nil : text }
      let subject = thought["subject"]?.string ?? ""
      let description = thought["description"]?.string ?? thought["text"]?.string ?? ""
      if subject.isEmpty { return description.isEmpty ? nil : description }
      return description.isEmpty ? "**\(subject)**" : "**\(subject)**\n\n\(description)"
    }
  }

  /// Gemini counts cached tokens inside the input, and thoughts beside the output; here the former
  /// stand outside and the latter inside. What a tool's use put into the prompt is input.
  static func usage(_ tokens: JSONValue?) -> TokenUsage? {
    guard let tokens, tokens.kind == .object, tokens.count > 0 else { return nil }
    func count(_ value: JSONValue?) -> Int64 { min(max(0, value?.integer ?? 0), 1 << 50) }
    let input = count(tokens["input"])
    let cached = count(tokens["cached"])
    let thoughts = count(tokens["thoughts"])
    return TokenUsage(
      input: input - min(input, cached) + count(tokens["tool"]),
      output: count(tokens["output"]) + thoughts, cacheRead: cached, reasoning: thoughts)
  }

  // MARK: Others

  private mutating func addNotice(_ type: String, _ content: GeminiCLIContent) {
    guard !content.texts.isEmpty else { return }
    var metadata = MetadataObject()
    metadata.add("type", type)
    add(
      Message(
        id: "", role: .system, kind: .notice, blocks: content.texts.map { .text($0) },
        metadata: metadata.json), mark: "notice")
  }

  private mutating func addResult(_ result: GeminiCLIResult, time: Timestamp?) {
    add(
      Message(
        id: "", role: .tool, kind: .toolResult, timestamp: time,
        blocks: [
          .toolResult(
            ToolResult(
              callID: result.callID, name: result.name, output: result.output,
              isError: result.isError))
        ] + result.attachments.map { .attachment(id: $0.id) }, attachments: result.attachments),
      mark: "result")
  }

  private mutating func add(_ message: Message, mark: String) {
    var message = message
    message.id = list.isEmpty ? id : "\(id)#\(mark)-\(list.count)"
    message.parentID = list.last?.id
    message.timestamp = message.timestamp ?? time
    list.append(message)
  }
}
