import PolylogueModel
import PolylogueParsing

/// Reads a chat of Claude's design tool (`design_chats/*.json`), known from one reader only.
enum ClaudeAIDesignChat {
  /// Whether a record has the shape: messages whose content is an object.
  static func isDesignChat(_ value: JSONValue) -> Bool {
    guard let messages = value["messages"], messages.kind == .array else { return false }
    return messages.elements.prefix(8).contains { $0["content"]?.kind == .object }
  }

  /// The chat; nil when it has no uuid.
  static func read(_ value: JSONValue, receipt: inout Receipt, offset: Int64) -> Conversation? {
    guard let uuid = value["uuid"]?.text, let list = value["messages"] else { return nil }
    var messages: [Message] = []
    var seen: Set<ExactID> = []
    for (position, entry) in list.elements.enumerated() {
      let body = entry["content"]
      let id = (entry["uuid"] ?? body?["id"])?.text ?? "\(uuid)#\(position)"
      guard seen.insert(ExactID(id)).inserted else {
        receipt.skipped("message", because: "its uuid was given before", at: offset)
        continue
      }
      let isPerson = ["user", "human"].contains(entry["role"]?.string ?? "user")
      var message = Message(
        id: id, parentID: messages.last?.id, role: isPerson ? .user : .assistant,
        author: body?["authorName"]?.text,
        timestamp: (entry["created_at"] ?? body?["timestamp"])?.timestamp)
      if let body { read(body, into: &message, receipt: &receipt, offset: offset) }
      messages.append(message)
      receipt.understood("message")
    }
    let project = value["project"]
    var object = MetadataObject()
    object.add("kind", "design_chat")
    object.add("project_uuid", project?["uuid"])
    let header = ConversationHeader(
      id: ConversationID(provider: .claude, native: uuid), title: value["title"]?.text,
      createdAt: value["created_at"]?.timestamp, updatedAt: value["updated_at"]?.timestamp,
      project: (project?["name"] ?? project?["uuid"])?.text, metadata: object.json)
    return Conversation(header: header, messages: messages)
  }

  private static func read(
    _ body: JSONValue, into message: inout Message, receipt: inout Receipt, offset: Int64
  ) {
    if let text = body.string { message.blocks.append(.text(text)) }
    if let list = body["contentBlocks"] {
      for block in list.elements {
        read(block: block, into: &message, receipt: &receipt, offset: offset)
      }
    }
    if message.blocks.isEmpty, let text = body["content"]?.text, !text.isEmpty {
      message.blocks.append(.text(text))
    }
    if let list = body["attachments"] {
      var seen: Set<ExactID> = []
      for item in list.elements {
        let id = item["id"]?.text ?? "attachment-\(message.attachments.count + 1)"
        guard seen.insert(ExactID(id)).inserted else { continue }
        message.attachments.append(
          Attachment(
            id: id, name: (item["name"] ?? item["path"])?.text,
            extractedText: item["content"]?.string))
      }
    }
  }

  private static func read(
    block: JSONValue, into message: inout Message, receipt: inout Receipt, offset: Int64
  ) {
    let text = (block["text"] ?? block["content"] ?? block["thinking"] ?? block["message"])?.text
    switch block["type"]?.string {
    case "text", "user_interjection": message.blocks.append(.text(text ?? ""))
    case "thinking": message.blocks.append(.thinking(text ?? ""))
    case "error": message.blocks.append(.text(text ?? block.json))
    case "tool_call":
      let call = block["toolCall"] ?? block
      let id = call["id"]?.text ?? "\(message.id)#\(message.blocks.count)"
      let name = call["name"]?.text ?? ""
      message.blocks.append(
        .toolCall(ToolCall(id: id, name: name, input: call["input"]?.json ?? "")))
      if let output = call["output"] {
        message.blocks.append(
          .toolResult(
            ToolResult(callID: id, name: name, output: output.string ?? output.json)))
      }
    case let type:
      receipt.unknownDetail(
        "content block: " + (type ?? "without type"), because: "an unknown type", at: offset)
      message.blocks.append(.unknown(type: type ?? "", json: block.json))
    }
  }
}
