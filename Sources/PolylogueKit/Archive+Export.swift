import PolylogueParsing

extension Archive {
  /// Writes one JSON line a conversation, sorted by id, in a form that depends only on what the
  /// conversations say: two archives with the same content give the same bytes.
  ///
  /// - Parameters:
  ///   - filter: Conditions that a conversation has to meet.
  ///   - onDamage: As in ``forEachConversation(filter:onDamage:_:)``.
  ///   - sink: Takes each line, without its line break.
  public func exportCanonical(
    filter: Filter = Filter(),
    onDamage: ((ConversationID, ArchiveError) throws -> Void)? = nil,
    to sink: (String) throws -> Void
  ) throws {
    try forEachConversation(filter: filter, onDamage: onDamage) { conversation, summary in
      try sink(CanonicalJSON.line(conversation, summary: summary))
    }
  }
}

/// The stable JSON form of a conversation: keys sorted, absent values left out.
enum CanonicalJSON {
  static func line(_ conversation: Conversation, summary: ConversationSummary) -> String {
    let header = conversation.header
    var fields = Fields()
    fields.add("attachments", summary.attachments)
    fields.add("created_at", header.createdAt?.iso)
    fields.add("fidelity", header.fidelity.name)
    fields.add("id", header.id.description)
    if let lineage = header.lineage {
      var inner = Fields()
      inner.add("kind", lineage.kind.name)
      inner.add("origin", lineage.origin)
      inner.add("parent", header.parentID?.description)
      fields.add(raw: "lineage", inner.json)
    }
    fields.add("message_count", summary.messages)
    let user = conversation.userData
    if !user.messageNotes.isEmpty {
      let notes = user.messageNotes.map { note in
        var inner = Fields()
        inner.add("message", note.message)
        inner.add("text", note.text)
        return inner.json
      }
      fields.add(raw: "message_notes", "[" + notes.joined(separator: ",") + "]")
    }
    fields.add(
      raw: "messages", "[" + conversation.messages.map(message).joined(separator: ",") + "]")
    fields.add("metadata", header.metadata)
    fields.add("note", user.note)
    fields.add("project", header.project)
    if summary.isStarred { fields.add(raw: "starred", "true") }
    fields.add(raw: "tags", "[" + summary.tags.map(JSONWriter.quoted).joined(separator: ",") + "]")
    fields.add("title", header.title)
    fields.add("updated_at", header.updatedAt?.iso)
    return fields.json
  }

  private static func message(_ message: Message) -> String {
    var fields = Fields()
    fields.add(raw: "active", message.isActive ? "true" : "false")
    if !message.attachments.isEmpty {
      let list = message.attachments.map(attachment).joined(separator: ",")
      fields.add(raw: "attachments", "[" + list + "]")
    }
    fields.add("author", message.author)
    fields.add(raw: "blocks", "[" + message.blocks.map(block).joined(separator: ",") + "]")
    fields.add(raw: "hidden", message.isHidden ? "true" : "false")
    fields.add("id", message.id)
    fields.add("kind", message.kind.name)
    fields.add("metadata", message.metadata)
    fields.add("model", message.model)
    fields.add("parent", message.parentID)
    fields.add("role", message.role.name)
    fields.add("timestamp", message.timestamp?.iso)
    if let usage = message.usage {
      var inner = Fields()
      inner.add("cache_read", Int(clamping: usage.cacheRead))
      inner.add("cache_write", Int(clamping: usage.cacheWrite))
      inner.add("input", Int(clamping: usage.input))
      inner.add("output", Int(clamping: usage.output))
      inner.add("reasoning", Int(clamping: usage.reasoning))
      fields.add(raw: "usage", inner.json)
    }
    if message.isVanished { fields.add(raw: "vanished", "true") }
    return fields.json
  }

  private static func attachment(_ attachment: Attachment) -> String {
    var fields = Fields()
    fields.add("extracted_text", attachment.extractedText)
    fields.add("id", attachment.id)
    fields.add("media_type", attachment.mediaType)
    fields.add("name", attachment.name)
    if let size = attachment.byteCount { fields.add("size", Int(clamping: size)) }
    return fields.json
  }

  private static func block(_ block: Block) -> String {
    var fields = Fields()
    switch block {
    case .text(let text):
      fields.add("text", text)
      fields.add("type", "text")
    case .thinking(let text):
      fields.add("text", text)
      fields.add("type", "thinking")
    case .code(let language, let text):
      fields.add("language", language)
      fields.add("text", text)
      fields.add("type", "code")
    case .toolCall(let call):
      fields.add("call_id", call.id)
      fields.add("input", call.input)
      fields.add("name", call.name)
      fields.add("type", "tool_call")
    case .toolResult(let result):
      fields.add("call_id", result.callID)
      fields.add(raw: "is_error", result.isError ? "true" : "false")
      fields.add("name", result.name)
      fields.add("output", result.output)
      fields.add("type", "tool_result")
    case .document(let document):
      fields.add(raw: "complete", document.isComplete ? "true" : "false")
      fields.add("document_id", document.id)
      fields.add("language", document.language)
      fields.add("text", document.content)
      fields.add("title", document.title)
      fields.add("type", "document")
    case .citation(let citation):
      fields.add("quote", citation.quote)
      fields.add("title", citation.title)
      fields.add("type", "citation")
      fields.add("url", citation.url)
    case .attachment(let id):
      fields.add("attachment_id", id)
      fields.add("type", "attachment")
    case .unknown(let type, let json):
      fields.add("json", json)
      fields.add("type", "unknown")
      fields.add("unknown_type", type)
    }
    return fields.json
  }

  private struct Fields {
    private var parts: [String] = []

    var json: String { "{" + parts.joined(separator: ",") + "}" }

    mutating func add(_ key: String, _ value: String?) {
      if let value { add(raw: key, JSONWriter.quoted(value)) }
    }

    mutating func add(_ key: String, _ value: Int) { add(raw: key, String(value)) }

    mutating func add(raw key: String, _ value: String) { parts.append("\"\(key)\":\(value)") }
  }
}
