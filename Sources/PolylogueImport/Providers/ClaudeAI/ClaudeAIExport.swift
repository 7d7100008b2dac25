import PolylogueModel
import PolylogueParsing

/// One export: what its files have in common.
final class ClaudeAIExport: Export {
  /// How new the conversations handed over so far are; batches overlap.
  var newest = NewestVersions()

  func parser(for label: String) -> any RecordParser {
    ClaudeAIParser(export: self)
  }
}

/// Reads the records of one file.
final class ClaudeAIParser: RecordParser {
  private let export: ClaudeAIExport

  init(export: ClaudeAIExport) {
    self.export = export
  }

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
    if export.newest.isOutdated(read.header.id, updatedAt: read.header.updatedAt) {
      return sink.receipt.skipped(
        kind, because: "the export holds a newer version of it", at: offset)
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
