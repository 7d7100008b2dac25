import PolylogueModel

/// A conversation as the JSON document of `show` and of `export --format jsonl`.
enum ConversationDocument {
  /// The document.
  static func json(_ conversation: Conversation) -> JSON {
    let header = conversation.header
    let known: [(key: String, value: JSON)] = [
      ("id", .string(header.id.description)),
      ("provider", .string(header.id.provider.rawValue)),
      ("provider_id", .string(header.id.native)), ("title", .string(header.title)),
      ("created_at", .string(header.createdAt?.iso)),
      ("updated_at", .string(header.updatedAt?.iso)), ("project", .string(header.project)),
      ("fidelity", .string(header.fidelity.name)),
      (
        "lineage",
        header.lineage.map { lineage in
          .object([
            ("kind", .string(lineage.kind.name)), ("parent", .string(header.parentID?.description)),
            ("origin", .string(lineage.origin)),
          ])
        } ?? .null
      ),
      ("metadata", .text(header.metadata)),
    ]
    return .object(
      known + UserDataDocument.members(conversation.userData)
        + [("messages", .array(conversation.messages.map(message)))])
  }

  private static func message(_ message: Message) -> JSON {
    .object([
      ("id", .string(message.id)), ("parent", .string(message.parentID)),
      ("role", .string(message.role.name)), ("kind", .string(message.kind.name)),
      ("author", .string(message.author)), ("model", .string(message.model)),
      ("timestamp", .string(message.timestamp?.iso)), ("active", .bool(message.isActive)),
      ("hidden", .bool(message.isHidden)), ("vanished", .bool(message.isVanished)),
      ("text", .string(message.text)),
      ("blocks", .array(message.blocks.map(block))),
      ("attachments", .array(message.attachments.map(attachment))),
      ("usage", message.usage.map(usage) ?? .null), ("metadata", .text(message.metadata)),
    ])
  }

  private static func block(_ block: Block) -> JSON {
    switch block {
    case .text(let text):
      typed("text", [("text", .string(text))])
    case .thinking(let text):
      typed("thinking", [("text", .string(text))])
    case .code(let language, let text):
      typed("code", [("language", .string(language)), ("text", .string(text))])
    case .toolCall(let call):
      typed(
        "tool_call",
        [("id", .string(call.id)), ("name", .string(call.name)), ("input", .string(call.input))])
    case .toolResult(let result):
      typed(
        "tool_result",
        [
          ("call_id", .string(result.callID)), ("name", .string(result.name)),
          ("output", .string(result.output)), ("is_error", .bool(result.isError)),
        ])
    case .document(let document):
      typed(
        "document",
        [
          ("id", .string(document.id)), ("title", .string(document.title)),
          ("language", .string(document.language)), ("content", .string(document.content)),
          ("is_complete", .bool(document.isComplete)),
        ])
    case .citation(let citation):
      typed(
        "citation",
        [
          ("title", .string(citation.title)), ("url", .string(citation.url)),
          ("quote", .string(citation.quote)),
        ])
    case .attachment(let id):
      typed("attachment", [("id", .string(id))])
    case .unknown(let type, let json):
      typed("unknown", [("provider_type", .string(type)), ("json", .string(json))])
    }
  }

  private static func typed(_ type: String, _ members: [(key: String, value: JSON)]) -> JSON {
    .object([("type", .string(type))] + members)
  }

  private static func attachment(_ attachment: Attachment) -> JSON {
    .object([
      ("id", .string(attachment.id)), ("name", .string(attachment.name)),
      ("media_type", .string(attachment.mediaType)),
      ("bytes", attachment.byteCount.map { .integer($0) } ?? .null),
      ("extracted_text", .string(attachment.extractedText)),
      ("member", .string(attachment.member)), ("state", .string(attachment.state.name)),
      ("sha256", .string(attachment.stored?.sha256)),
      ("import", attachment.stored?.importID.map { .integer($0) } ?? .null),
    ])
  }

  private static func usage(_ usage: TokenUsage) -> JSON {
    .object([
      ("input", .integer(usage.input)), ("output", .integer(usage.output)),
      ("cache_read", .integer(usage.cacheRead)), ("cache_write", .integer(usage.cacheWrite)),
      ("reasoning", .integer(usage.reasoning)),
    ])
  }
}
