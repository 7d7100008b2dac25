import PolylogueModel
import PolylogueParsing

/// Reads the conversations of one file.
final class PolylogueJSONLParser: RecordParser {
  /// The newest version of the form that is read.
  static let newestVersion: Int64 = 1

  private let member: (String) -> String

  init(member: @escaping (String) -> String) {
    self.member = member
  }

  func consume(_ record: Record, into sink: any ConversationSink) throws {
    let value = record.value
    guard value.kind == .object, value["messages"]?.kind == .array else {
      throw RecordError("not an object with a list of messages")
    }
    if let version = value["version"]?.integer, version > PolylogueJSONLParser.newestVersion {
      throw RecordError("version \(version) of the form is newer than this program")
    }
    guard let name = value["provider"]?.string, ProviderName.isWellFormed(name) else {
      throw RecordError("its provider is no name of \(ProviderName.form)")
    }
    var reader = PolylogueConversation(
      value, provider: Provider(rawValue: name), offset: record.offset, member: member)
    let conversation = reader.read(into: &sink.receipt)
    if conversation.messages.isEmpty {
      sink.receipt.skipped("conversation", because: "no messages", at: record.offset)
      return
    }
    try sink.add(conversation)
    sink.receipt.understood("conversation")
  }

  func finish(into sink: any ConversationSink) throws {}
}
