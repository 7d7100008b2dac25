import PolylogueModel
import PolylogueParsing

/// Reads a project: its instructions and documents, as a conversation of its own so that they are
/// found. The export does not say which conversations belong to it.
enum ClaudeAIProject {
  /// The project; nil when it has no uuid.
  static func read(_ value: JSONValue) -> Conversation? {
    guard let uuid = value["uuid"]?.text else { return nil }
    var list = ClaudeAIInjectedList()
    let created = value["created_at"]?.timestamp
    for key: StaticString in ["description", "prompt_template"] {
      guard let text = value[key]?.text, !text.isEmpty else { continue }
      list.add(id: "\(key)", time: created, blocks: [.text(text)])
    }
    if let docs = value["docs"] {
      for doc in docs.elements {
        let id = doc["uuid"]?.text ?? "document-\(list.messages.count + 1)"
        let name = doc["filename"]?.text
        let document = Document(id: id, title: name, content: doc["content"]?.text ?? "")
        list.add(id: id, time: doc["created_at"]?.timestamp, blocks: [.document(document)])
      }
    }
    var object = MetadataObject()
    object.add("kind", "project")
    object.add("is_private", value["is_private"])
    object.add("is_starter_project", value["is_starter_project"])
    object.add("creator", value["creator"])
    let name = value["name"]?.text
    let header = ConversationHeader(
      id: ConversationID(provider: .claude, native: "project-" + uuid), title: name,
      createdAt: created, updatedAt: value["updated_at"]?.timestamp, project: name,
      metadata: object.json)
    return Conversation(header: header, messages: list.messages)
  }
}

/// Reads what Claude remembers about an account, as a conversation of its own.
enum ClaudeAIMemories {
  /// The memories; nil when the record has no id.
  static func read(_ value: JSONValue) -> Conversation? {
    guard let account = (value["account_uuid"] ?? value["uuid"])?.text else { return nil }
    var list = ClaudeAIInjectedList()
    let time = value["created_at"]?.timestamp
    for key: StaticString in ["conversations_memory", "content"] {
      guard let text = value[key]?.text, !text.isEmpty else { continue }
      list.add(id: "\(key)", time: time, blocks: [.text(text)])
    }
    if let projects = value["project_memories"] {
      for (project, memory) in projects.members {
        guard let text = memory.text, !text.isEmpty else { continue }
        list.add(id: "project-" + project, time: nil, blocks: [.text(text)])
      }
    }
    var object = MetadataObject()
    object.add("kind", "memories")
    let header = ConversationHeader(
      id: ConversationID(provider: .claude, native: "memories-" + account),
      title: value["title"]?.text, createdAt: time, updatedAt: value["updated_at"]?.timestamp,
      metadata: object.json)
    return Conversation(header: header, messages: list.messages)
  }
}

/// A row of texts that frame conversations, each with an id of its own.
struct ClaudeAIInjectedList {
  private(set) var messages: [Message] = []
  private var seen: Set<ExactID> = []

  mutating func add(id: String, time: Timestamp?, blocks: [Block]) {
    var id = id
    if !seen.insert(ExactID(id)).inserted {
      id += "#\(messages.count)"
      seen.insert(ExactID(id))
    }
    messages.append(
      Message(
        id: id, parentID: messages.last?.id, role: .system, kind: .injected, timestamp: time,
        blocks: blocks))
  }
}
