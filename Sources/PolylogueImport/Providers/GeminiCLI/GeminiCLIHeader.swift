import PolylogueModel
import PolylogueParsing

/// What a session file says about its session.
struct GeminiCLIHeader {
  private var createdAt: Timestamp?
  private var updatedAt: Timestamp?
  private var summary: String?
  private var promptTitle: String?
  private var projectHash: String?
  private var directories: [String] = []
  private var kind: String?
  private var scratchpad: String?
  /// The session that this one works for: the folder of its file, below `chats`.
  private let parent: String?
  private let fileName: String

  init(label: String) {
    let parts = label.split(separator: "/")
    let isNested = parts.count >= 3 && parts[parts.count - 3] == "chats"
    parent = isNested ? String(parts[parts.count - 2]) : nil
    let name = parts.last ?? ""
    fileName = String(name.prefix { $0 != "." })
  }

  /// Takes what is stated; later statements replace earlier ones.
  mutating func take(_ value: JSONValue) {
    if let time = value["startTime"]?.timestamp { note(time) }
    if let time = value["lastUpdated"]?.timestamp { note(time) }
    if let text = value["summary"]?.string, !text.isEmpty { summary = text }
    projectHash = value["projectHash"]?.text ?? projectHash
    kind = value["kind"]?.text ?? kind
    if let list = value["directories"], list.count > 0 {
      directories = list.elements.compactMap(\.string)
    }
    if let notes = value["memoryScratchpad"], notes.count > 0 || notes.string != nil {
      scratchpad = notes.json
    }
  }

  /// Notes a time at which something happened.
  mutating func note(_ time: Timestamp) {
    createdAt = min(createdAt ?? time, time)
    updatedAt = max(updatedAt ?? time, time)
  }

  /// Notes a message; the first prompt names a session that has no summary.
  mutating func note(_ message: Message) {
    guard promptTitle == nil, message.role == .user, message.kind == .message else { return }
    promptTitle = ConversationTitle.fromPrompt(message.text)
  }

  /// The conversation's id: the session's, unless that is the id of the one it works for.
  func native(session: String) -> String {
    guard let parent, session.hasSameBytes(as: parent) else { return session }
    return "\(parent):agent-\(fileName)"
  }

  /// Everything but the messages.
  func header(session: String, label: String, export: GeminiCLIExport) -> ConversationHeader {
    var metadata = MetadataObject()
    metadata.add("kind", kind)
    metadata.add("project_hash", projectHash)
    if !directories.isEmpty {
      metadata.add(
        "directories",
        json: "[" + directories.map(JSONWriter.quoted).joined(separator: ",") + "]")
    }
    if let scratchpad { metadata.add("memory_scratchpad", json: scratchpad) }
    return ConversationHeader(
      id: ConversationID(provider: .geminiCLI, native: native(session: session)),
      title: summary ?? promptTitle, createdAt: createdAt, updatedAt: updatedAt,
      project: export.project(hash: projectHash, label: label, directories: directories),
      lineage: parent.map { Lineage(kind: .subagent, parent: $0) }, metadata: metadata.json)
  }
}
