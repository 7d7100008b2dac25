import PolylogueModel
import PolylogueParsing

/// Reads ChatGPT's data export in all its known forms.
///
/// One file `conversations.json` (until 2026), shards `conversations-000.json` with an
/// `export_manifest.json` (2026-04), the slim form without `children`, `status` and tool messages
/// (2026-07), single conversations as the web interface's API gives them, and captures made by
/// browser extensions. Learnt from public exports, from the parsers of other readers and from
/// their issue threads, up to August 2026.
public struct ChatGPTImporter: Importer {
  /// ChatGPT.
  public let provider = Provider.chatgpt
  /// The version of this reader.
  public let version = 2
  /// Each element of the array is a whole conversation.
  public let recordsAreIndependent = true

  /// An importer.
  public init() {}

  /// Whether one of the first records is a conversation with a `mapping` of messages.
  public func recognizes(_ probe: Probe) -> Bool {
    probe.records.contains { record in
      // The compliance API: {conversations: {data: […]}}.
      let first = record["conversations"]?["data"]?.elements.first { _ in true }
      return ChatGPTImporter.isConversation(ChatGPTParser.payload(of: first ?? record))
    }
  }

  /// What a member of the export is besides a list of conversations.
  public func companion(_ label: String) -> String? {
    let parts = label.utf8.split(separator: UInt8(ascii: "/"))
    guard let last = parts.last else { return nil }
    let name = String(Substring(last))
    if let kind = ChatGPTImporter.companions[name] { return kind }
    let folder = parts.count > 1 ? String(Substring(parts[parts.count - 2])) : ""
    if folder == "textdocs", name.hasSuffix(".json") { return "canvas document" }
    if folder == "dalle-generations" { return attachmentCompanion }
    if ["audio", "video"].contains(folder), ChatGPTImporter.isRecording(name) {
      return attachmentCompanion
    }
    return ChatGPTImporter.isAttachment(name) ? attachmentCompanion : nil
  }

  /// Opens an export.
  public func open(_ members: (any ExportMembers)?) -> any Export {
    ChatGPTExport(members: members)
  }

  private static func isRecording(_ name: String) -> Bool {
    [".wav", ".mp3", ".m4a", ".mp4", ".webm"].contains { name.hasSuffix($0) }
  }

  /// Whether a name is a blob's, or begins with a file's id: `file-` or `file_` and at least eight
  /// letters and digits with a digit among them.
  private static func isAttachment(_ name: String) -> Bool {
    if name.hasSuffix(".dat") { return true }
    guard name.hasPrefix("file-") || name.hasPrefix("file_") else { return false }
    let id = name.utf8.dropFirst(5).prefix { $0 &- 48 < 10 || ($0 | 32) &- 97 < 26 }
    return id.count >= 8 && id.contains { $0 &- 48 < 10 }
  }

  private static let companions: [String: String] = [
    "chat.html": "viewer page",
    "codex.json": "Codex cloud tasks (kept as bytes)",
    "conversation_asset_file_names.json": "attachment registry",
    "conversations.json.index": "index (kept as bytes)",
    "export_manifest.json": "list of the export's files",
    "group_chats.json": "list of group chats",
    "library_files.json": "attachment registry",
    "message_feedback.json": "feedback on messages",
    "model_comparisons.json": "model comparisons (kept as bytes)",
    "shared_conversations.json": "list of shared conversations",
    "shopping.json": "product data (kept as bytes)",
    "sora.json": "product data (kept as bytes)",
    "tool_messages.json": "tool messages (kept as bytes)",
    "user.json": "account",
    "user_settings.json": "settings",
  ]

  /// Whether a value is a conversation as a plain list: messages with an author's role and parts.
  private static func hasMessageList(_ value: JSONValue) -> Bool {
    guard let messages = value["messages"] else { return false }
    return (messages["data"] ?? messages).elements.prefix(8).contains {
      $0["author"]?["role"] != nil && $0["content"]?["parts"] != nil
    }
  }

  /// Whether a value is a conversation: a `mapping` (or a list) of nodes whose messages have an
  /// author. Other services use `mapping` too, with messages of another shape.
  static func isConversation(_ value: JSONValue) -> Bool {
    if value["linear_conversation"]?.kind == .array { return true }
    guard let mapping = value["mapping"] else { return hasMessageList(value) }
    if value["inserted_at"] != nil { return false }
    guard mapping.count > 0 else {
      return mapping.kind == .object
        && (value["current_node"] ?? value["conversation_id"] ?? value["create_time"]) != nil
    }
    var looksRight = value["current_node"] != nil || value["conversation_id"] != nil
    var looked = 0
    for (_, node) in mapping.members {
      guard let message = node["message"] else { continue }
      if message["fragments"] != nil || message["inserted_at"] != nil { return false }
      if message["author"] != nil { looksRight = true }
      looked += 1
      if looked == 8 { break }
    }
    return looksRight || mapping.kind == .array
  }
}
