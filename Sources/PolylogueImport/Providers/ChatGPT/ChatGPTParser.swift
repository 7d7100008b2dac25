import PolylogueModel
import PolylogueParsing

/// Reads the conversations of one file.
final class ChatGPTParser: RecordParser {
  private let folder: ChatGPTFolder

  init(folder: ChatGPTFolder) {
    self.folder = folder
  }

  /// The conversation in a record that wraps one: a capture, or `{conversation: …}`.
  static func payload(of record: JSONValue) -> JSONValue {
    if record["mapping"] != nil { return record }
    for key: StaticString in ["raw_provider_payload", "conversation", "shared_conversation"] {
      if let inner = record[key], inner["mapping"] ?? inner["linear_conversation"] != nil {
        return inner
      }
    }
    return record
  }

  func consume(_ record: Record, into sink: any ConversationSink) throws {
    folder.checkShards(&sink.receipt)
    let value = record.value
    // The compliance API: {conversations: {data: […]}}.
    if let list = value["conversations"] {
      let items = list["data"] ?? list
      for item in items.elements { try read(item, at: record.offset, into: sink) }
      return
    }
    try read(value, at: record.offset, into: sink)
  }

  func finish(into sink: any ConversationSink) throws {}

  private func read(
    _ record: JSONValue, at offset: Int64, into sink: any ConversationSink
  ) throws {
    guard record.kind == .object else { throw RecordError("no object but \(record.kind)") }
    let value = ChatGPTParser.payload(of: record)
    let given = [value["conversation_id"]?.text, value["id"]?.text]
    let stated = given.compactMap { $0 }.first { !$0.isEmpty }
    guard let nodes = ChatGPTParser.nodes(of: value, conversation: stated ?? "") else {
      sink.receipt.unknown(
        "conversation", because: "it has neither a mapping nor messages", at: offset)
      return
    }
    let native = stated ?? ChatGPTParser.derivedID(value, nodes)
    let id = ConversationID(provider: .chatgpt, native: native)
    var conversation = ChatGPTConversation(
      id: id, nodes: nodes, currentNode: value["current_node"]?.text, folder: folder,
      offset: offset)
    if record["raw_provider_payload"] != nil {
      conversation.captured = ChatGPTCapture.files(of: record)
    }
    let header = ConversationHeader(
      id: id, title: value["title"]?.text.flatMap { $0.isEmpty ? nil : $0 },
      createdAt: (value["create_time"] ?? value["created_at"])?.timestamp,
      updatedAt: value["update_time"]?.timestamp,
      project: ChatGPTParser.project(of: value), fidelity: nodes.fidelity,
      metadata: ChatGPTParser.metadata(of: value))
    sink.begin(header)
    try conversation.read(into: sink)
    try sink.finish(header, inactive: [])
    sink.receipt.understood("conversation")
  }

  /// The nodes, in any of the shapes in which they come; nil when there are none.
  private static func nodes(of value: JSONValue, conversation: String) -> ChatGPTNodes? {
    if let mapping = value["mapping"], mapping.kind == .object || mapping.kind == .array {
      return ChatGPTNodes(mapping: mapping)
    }
    // Share pages.
    if let list = value["linear_conversation"], list.kind == .array {
      return ChatGPTNodes(mapping: list)
    }
    // The first desktop store and the compliance API.
    guard let messages = value["messages"] else { return nil }
    let list = messages["data"] ?? messages
    return list.kind == .array ? ChatGPTNodes(list: list, conversation: conversation) : nil
  }

  /// An id for a conversation without one, from what does not change between exports.
  private static func derivedID(_ value: JSONValue, _ nodes: ChatGPTNodes) -> String {
    var id = StableHash()
    id.add("chatgpt")
    var time = value["create_time"]?.timestamp
    var firstText = ""
    for node in 0..<nodes.count {
      if time == nil { time = nodes.time(node) }
      guard firstText.isEmpty, let message = nodes.messages[node] else { continue }
      let fields = ChatGPTFields(message)
      guard fields.role == .user, let parts = fields.content?["parts"] else { continue }
      firstText = parts.elements.compactMap { $0.string }.joined(separator: "\n")
    }
    id.add(time.map { String($0.microseconds) } ?? "")
    id.add(firstText)
    return "derived-" + id.hex
  }

  /// The project's id; its name is in no export.
  private static func project(of value: JSONValue) -> String? {
    for key: StaticString in ["gizmo_id", "conversation_template_id"] {
      if let id = value[key]?.string, id.hasPrefix("g-p-") { return id }
    }
    return nil
  }

  private static func metadata(of value: JSONValue) -> String? {
    var object = MetadataObject()
    for key in keptKeys { object.add(key, value[key]) }
    if let scope = value["memory_scope"]?.string, scope != "global_enabled" {
      object.add("memory_scope", scope)
    }
    return object.json
  }

  private static let keptKeys: [StaticString] = [
    "gizmo_id", "gizmo_type", "conversation_template_id", "default_model_slug", "is_archived",
    "is_starred", "pinned_time", "is_do_not_remember", "is_study_mode", "is_read_only",
    "is_temporary_chat", "conversation_origin", "voice", "async_status", "plugin_ids",
    "workspace_id",
  ]
}
