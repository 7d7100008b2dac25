import PolylogueModel
import PolylogueParsing

/// The fields of one message, gathered in a single pass over its members.
struct ChatGPTFields {
  var id: JSONValue?
  var author: JSONValue?
  var time: Timestamp?
  var content: JSONValue?
  var status: JSONValue?
  var weight: Double?
  var recipient: String?
  var channel: JSONValue?
  var metadata: JSONValue?

  var role = Role.user
  var authorName: String?

  init(_ message: JSONValue) {
    message.forEachMember { key, value in
      if key == "content" {
        content = value
      } else if key == "author" {
        author = value
      } else if key == "create_time" || key == "created_at" {
        time = time ?? value.timestamp
      } else if key == "metadata" {
        metadata = value
      } else if key == "weight" {
        weight = value.double
      } else if key == "recipient" {
        // "all" is spared the making of a string where the reader can tell.
        recipient = value.string
      } else if key == "status" {
        status = value
      } else if key == "id" {
        id = value
      } else if key == "channel" {
        channel = value
      } else if key == "role", author == nil {
        author = value
      }
    }
    readAuthor()
  }

  /// Whether the message asks a tool to do something.
  var isCall: Bool {
    guard role == .assistant, let recipient else { return false }
    return !recipient.isEmpty && recipient != "all"
  }

  private mutating func readAuthor() {
    let name = author?["role"]?.string ?? author?.string ?? "user"
    switch name {
    case "user", "human": role = .user
    case "assistant": role = .assistant
    case "system", "developer": role = .system
    case "tool", "function": role = .tool
    default: role = .assistant
    }
    // In group chats several people write; their names stand in one of these places.
    if let stated = author?["name"]?.string, !stated.isEmpty {
      authorName = stated
    } else if role == .user, let about = author?["metadata"], about.count > 0 {
      authorName = (about["name"] ?? about["display_name"] ?? about["user_name"])?.string
    }
  }
}

/// The entries of a message's `metadata` that matter, gathered in a single pass.
struct ChatGPTMessageMetadata {
  var model: String?
  var resolvedModel: String?
  var isHidden = false
  var isSystemMessage = false
  var attachments: JSONValue?
  var citations: JSONValue?
  var references: JSONValue?
  var searchResults: JSONValue?
  var citeMetadata: JSONValue?
  var canvas: JSONValue?
  var aggregateResult: JSONValue?
  var duration: JSONValue?
  var finish: JSONValue?
  /// Entries kept as they are, in the order of the record.
  var kept = MetadataObject()

  init(_ metadata: JSONValue?) {
    metadata?.forEachMember { key, value in
      // The entries that nearly every message has come first.
      if key == "model_slug" {
        model = value.string
      } else if key == "request_id" || key == "timestamp_" || key == "message_type"
        || key == "message_source" || key == "parent_id" || key == "default_model_slug"
        || key == "is_complete"
      {
        return
      } else if value.isNull {
        return
      } else if key == "finish_details" {
        finish = value
      } else if key == "citations" {
        if value.count > 0 { citations = value }
      } else if key == "content_references" {
        if value.count > 0 { references = value }
      } else if key == "is_visually_hidden_from_conversation" {
        isHidden = value.bool ?? false
      } else {
        readRare(key, value)
      }
    }
  }

  private mutating func readRare(_ key: JSONKey, _ value: JSONValue) {
    if key == "attachments" {
      attachments = value
    } else if key == "is_user_system_message" {
      isSystemMessage = value.bool ?? false
    } else if key == "resolved_model_slug" {
      resolvedModel = value.string
    } else if key == "search_result_groups" {
      searchResults = value
    } else if key == "_cite_metadata" {
      citeMetadata = value["metadata_list"]
    } else if key == "canvas" {
      canvas = value
      kept.add("canvas", value)
    } else if key == "aggregate_result" {
      aggregateResult = value
    } else if key == "finished_duration_sec" {
      duration = value
    } else {
      for name in ChatGPTMessageMetadata.keptKeys where key == name { kept.add(name, value) }
    }
  }

  /// Facts about a message that have no field of their own.
  private static let keptKeys: [StaticString] = [
    "async_task_id", "async_task_title", "async_task_type", "dictation", "gizmo_id",
    "invoked_plugin", "is_error", "reasoning_title", "search_queries", "selected_github_repos",
    "system_hints", "targeted_reply", "targeted_reply_label", "thinking_effort",
    "voice_mode_message", "voice_session_id",
  ]
}
