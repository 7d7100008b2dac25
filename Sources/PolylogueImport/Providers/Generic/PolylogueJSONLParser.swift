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
    guard !conversation.messages.isEmpty || PolylogueJSONLParser.isEmptyByItself(value) else {
      sink.receipt.skipped("conversation", because: "no messages", at: record.offset)
      return
    }
    let added = PolylogueJSONLParser.userData(value, receipt: &sink.receipt, at: record.offset)
    if !added.isEmpty { sink.add(added, to: conversation.header.id) }
    try sink.add(conversation)
    sink.receipt.understood("conversation")
  }

  /// Whether a conversation without messages is one all the same: an archive has such, and what
  /// somebody has added to them. One without an id could not be told from the next, and one of whose
  /// messages none was understood is no empty one.
  private static func isEmptyByItself(_ value: JSONValue) -> Bool {
    let id = value["provider_id"]?.text ?? value["id"]?.text ?? ""
    return !id.isEmpty && value["messages"]?.count == 0
  }

  /// What somebody has added to the conversation.
  private static func userData(
    _ value: JSONValue, receipt: inout Receipt, at offset: Int64
  ) -> UserData {
    var data = UserData(isStarred: value["starred"]?.bool ?? false)
    for text in value["tags"]?.elements.compactMap(\.string) ?? [] {
      if let tag = UserData.tag(text) {
        guard data.tags.count < UserData.countLimit else {
          receipt.unknownDetail("tag", because: "there are too many", at: offset)
          break
        }
        data.add(tag: tag)
      } else {
        receipt.unknownDetail(
          "tag", because: "it is too long or has control characters", at: offset)
      }
    }
    func note(_ text: String?, on message: String?) {
      guard let text, !text.isEmpty else { return }
      if text.utf8.count <= UserData.noteLimit {
        data.setNote(text, onMessage: message)
      } else {
        receipt.unknownDetail("note", because: "it is too long", at: offset)
      }
    }
    note(value["note"]?.string, on: nil)
    if let notes = value["message_notes"] {
      for entry in notes.elements {
        guard let message = entry["message"]?.string, !message.isEmpty else { continue }
        guard message.utf8.count <= UserData.idLimit,
          data.messageNotes.count < UserData.countLimit
        else {
          receipt.unknownDetail(
            "note", because: "there are too many, or its message's id is too long", at: offset)
          break
        }
        note(entry["text"]?.string, on: message)
      }
    }
    return data
  }

  func finish(into sink: any ConversationSink) throws {}
}
