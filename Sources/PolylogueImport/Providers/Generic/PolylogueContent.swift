import PolylogueModel
import PolylogueParsing

/// Reads what a message of Polylogue's own form holds.
struct PolylogueContent {
  private let member: (String) -> String
  private(set) var blocks: [Block] = []
  private(set) var attachments: [Attachment] = []

  init(member: @escaping (String) -> String) {
    self.member = member
  }

  /// Reads blocks and attachments; without blocks, the text.
  mutating func read(_ entry: JSONValue, receipt: inout Receipt, at offset: Int64) {
    for value in entry["attachments"]?.elements.filter({ $0.kind == .object }) ?? [] {
      attachments.append(attachment(value))
    }
    guard let list = entry["blocks"], list.kind == .array else {
      if let text = entry["text"]?.string, !text.isEmpty { blocks = [.text(text)] }
      blocks += attachments.map { .attachment(id: $0.id) }
      return
    }
    for value in list.elements {
      let type = value["type"]?.string ?? ""
      guard let block = PolylogueContent.block(type, value) else {
        blocks.append(.unknown(type: type, json: value.json))
        receipt.unknownDetail("block \(type)", because: "unknown kind of block", at: offset)
        continue
      }
      blocks.append(block)
    }
  }

  private static func block(_ type: String, _ value: JSONValue) -> Block? {
    func text(_ field: JSONValue?) -> String { field?.text ?? "" }
    switch type {
    case "text": return .text(text(value["text"]))
    case "thinking": return .thinking(text(value["text"]))
    case "code": return .code(language: value["language"]?.text, text: text(value["text"]))
    case "tool_call":
      let input = value["input"]
      return .toolCall(
        ToolCall(
          id: text(value["id"]), name: text(value["name"]), input: input?.text ?? input?.json ?? "")
      )
    case "tool_result":
      let output = value["output"]
      return .toolResult(
        ToolResult(
          callID: text(value["call_id"]), name: value["name"]?.text,
          output: output?.text ?? output?.json ?? "", isError: value["is_error"]?.bool ?? false))
    case "document":
      return .document(
        Document(
          id: text(value["id"]), title: value["title"]?.text, language: value["language"]?.text,
          content: text(value["content"]), isComplete: value["is_complete"]?.bool ?? true))
    case "citation":
      return .citation(
        Citation(
          title: value["title"]?.text, url: value["url"]?.text, quote: value["quote"]?.text))
    case "attachment": return .attachment(id: text(value["id"]))
    case "unknown":
      return .unknown(type: text(value["provider_type"]), json: text(value["json"]))
    default: return nil
    }
  }

  private func attachment(_ value: JSONValue) -> Attachment {
    let id = value["id"]?.text ?? "attachment-\(attachments.count + 1)"
    let size = value["bytes"]?.integer
    guard let data = value["data"]?.string else {
      return Attachment(
        id: id, name: value["name"]?.text, mediaType: value["media_type"]?.text, byteCount: size,
        extractedText: value["extracted_text"]?.string, member: value["member"]?.text.map(member))
    }
    var attachment = InlineMedia.attachment(
      id: id, name: value["name"]?.text, mediaType: value["media_type"]?.text, base64: data)
    attachment.byteCount = size ?? attachment.byteCount
    attachment.extractedText = value["extracted_text"]?.string
    return attachment
  }

  /// Tokens as they are stated.
  static func usage(_ value: JSONValue?) -> TokenUsage? {
    guard let value, value.kind == .object else { return nil }
    func count(_ field: JSONValue?) -> Int64 { max(0, field?.integer ?? 0) }
    return TokenUsage(
      input: count(value["input"]), output: count(value["output"]),
      cacheRead: count(value["cache_read"]), cacheWrite: count(value["cache_write"]),
      reasoning: count(value["reasoning"]))
  }
}
