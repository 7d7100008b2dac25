import PolylogueModel
import PolylogueParsing

/// One export. Its files have nothing in common.
final class ClaudeAIExport: Export {
  func parser(for label: String) -> any RecordParser {
    ClaudeAIParser()
  }
}

/// Reads the records of one file.
final class ClaudeAIParser: RecordParser {
  func consume(_ record: Record, into sink: any ConversationSink) throws {
    let value = record.value
    guard value.kind == .object else { throw RecordError("no object but \(value.kind)") }
    let offset = record.offset
    let read: Conversation?
    let kind: String
    switch ClaudeAIRecord(value) {
    case .conversation:
      kind = "conversation"
      read = try conversation(value, at: offset, into: sink)
    case .project, .plainProject:
      (kind, read) = ("project", ClaudeAIProject.read(value))
    case .memories, .plainMemory:
      (kind, read) = ("memories", ClaudeAIMemories.read(value))
    case .designChat:
      kind = "design chat"
      read = ClaudeAIDesignChat.read(value, receipt: &sink.receipt, offset: offset)
    case .unknown:
      return sink.receipt.unknown(
        "conversation", because: "it has no chat_messages", at: offset)
    }
    guard let read else {
      return sink.receipt.unknown(kind, because: "it has no uuid", at: offset)
    }
    try sink.add(read)
    sink.receipt.understood(kind)
  }

  func finish(into sink: any ConversationSink) throws {}

  private func conversation(
    _ value: JSONValue, at offset: Int64, into sink: any ConversationSink
  ) throws -> Conversation {
    var reader = ClaudeAIConversation(value, offset: offset)
    return reader.read(into: &sink.receipt)
  }
}
