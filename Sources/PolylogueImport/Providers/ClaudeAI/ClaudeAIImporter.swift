import PolylogueModel
import PolylogueParsing

/// Reads Claude.ai's data export: conversations, projects, memories and design chats.
///
/// Also single conversations as the web interface's API gives them, which carry more (the model,
/// the leaf shown last). Learnt from public exports and from the parsers of other readers, up to
/// August 2026. The bytes of attachments are never in an export.
public struct ClaudeAIImporter: Importer {
  /// Claude.ai.
  public let provider = Provider.claude
  /// The version of this reader.
  public let version = 1
  /// Each element of the array is a whole conversation.
  public let recordsAreIndependent = true

  /// An importer.
  public init() {}

  /// Whether one of the first records is a conversation, a project, memories or a design chat.
  public func recognizes(_ probe: Probe) -> Bool {
    probe.records.contains { record in
      switch ClaudeAIRecord(record) {
      case .conversation: record["chat_messages"] != nil
      case .project, .memories, .designChat: true
      // Shapes too plain to tell without the file's name.
      case .plainProject: ClaudeAIImporter.name(of: probe.label, isIn: "projects")
      case .plainMemory: ClaudeAIImporter.name(of: probe.label, isIn: "memories")
      case .unknown: false
      }
    }
  }

  /// What a member of the export is besides conversations and projects.
  public func companion(_ label: String) -> String? {
    switch label.split(separator: "/").last {
    case "users.json": "account"
    default: nil
    }
  }

  /// Opens an export.
  public func open(_ members: (any ExportMembers)?) -> any Export {
    ClaudeAIExport()
  }

  private static func name(of label: String, isIn name: String) -> Bool {
    let parts = label.split(separator: "/")
    return parts.last == Substring(name + ".json") || parts.dropLast().last == Substring(name)
  }
}

/// The kinds of records in an export, told apart by their members.
enum ClaudeAIRecord {
  case conversation
  case project
  /// `{uuid, name, description}`: seen in reduced exports.
  case plainProject
  case memories
  /// `{uuid, title, content}`: one memory a record.
  case plainMemory
  case designChat
  case unknown

  init(_ value: JSONValue) {
    if value["chat_messages"] != nil {
      self = .conversation
    } else if value["conversations_memory"] != nil || value["project_memories"] != nil {
      self = .memories
    } else if value["uuid"] != nil,
      value["docs"]?.kind == .array || value["prompt_template"] != nil
        || value["is_starter_project"] != nil
    {
      self = .project
    } else if value["uuid"] != nil, ClaudeAIDesignChat.isDesignChat(value) {
      self = .designChat
    } else if value["uuid"] != nil, value["content"]?.kind == .string {
      self = .plainMemory
    } else if value["uuid"] != nil, value["name"] != nil, value["description"] != nil {
      self = .plainProject
    } else {
      self = .unknown
    }
  }
}
