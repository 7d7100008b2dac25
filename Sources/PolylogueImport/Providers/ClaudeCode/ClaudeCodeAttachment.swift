import PolylogueModel
import PolylogueParsing

/// What Claude Code attaches to a prompt by itself.
enum ClaudeCodeAttachment {
  /// The most bytes of an attached file that become text of the conversation. The whole stands in
  /// the original bytes.
  static let textByteLimit = 2000

  /// Kinds that hold nothing a reader of the conversation would miss.
  static func isKnown(_ type: String) -> Bool {
    switch type {
    case "hook_success", "hook_non_blocking_error", "async_hook_response", "plan_mode",
      "plan_mode_exit", "plan_mode_reentry", "auto_mode", "auto_mode_exit",
      "deferred_tools_delta", "mcp_instructions_delta", "agent_listing_delta", "skill_listing",
      "invoked_skills", "dynamic_skill", "output_style", "task_status", "task_reminder",
      "todo_reminder", "goal_status", "date_change", "critical_system_reminder",
      "ultrathink_effort", "command_permissions", "diagnostics", "hook_additional_context",
      "hook_cancelled", "hook_system_message", "file", "edited_text_file", "edited_image_file",
      "directory", "nested_memory", "plan_file_reference", "compact_file_reference",
      "selected_lines_in_ide", "opened_file_in_ide", "mcp_resource", "teammate_mailbox",
      "hook_blocking_error":
      true
    default: false
    }
  }

  /// A short text for what the model was shown; nil where there is nothing to say.
  static func text(of attachment: JSONValue, type: String) -> String? {
    switch type {
    case "file", "edited_text_file", "edited_image_file", "directory", "nested_memory",
      "plan_file_reference", "compact_file_reference", "selected_lines_in_ide",
      "opened_file_in_ide", "mcp_resource":
      let name = ["displayPath", "filename", "path", "planFilePath", "uri", "name"].lazy
        .compactMap { attachment[dynamic: $0]?.text }.first
      let title = "[\(type.split(separator: "_").joined(separator: " "))] \(name ?? "")"
      return joined(title, content(of: attachment))
    case "hook_additional_context", "teammate_mailbox", "hook_system_message":
      return content(of: attachment)
    case "hook_success":
      // Only these hooks put their output into the conversation.
      switch attachment["hookEvent"]?.string {
      case "SessionStart", "UserPromptSubmit": return content(of: attachment)
      default: return nil
      }
    case "hook_blocking_error":
      return attachment["blockingError"]?["blockingError"]?.text.map(cut)
    case "diagnostics":
      return attachment["files"].map { joined("[diagnostics]", cut($0.json)) }
    default: return nil
    }
  }

  private static func joined(_ title: String, _ text: String?) -> String {
    guard let text, !text.isEmpty else { return title }
    return title + "\n" + text
  }

  /// The text of an attachment, wherever its kind keeps it.
  private static func content(of attachment: JSONValue) -> String? {
    let content =
      attachment["content"] ?? attachment["snippet"] ?? attachment["planContent"]
      ?? attachment["messages"]
    guard let content else { return nil }
    switch content.kind {
    case .string: return nonBlank(content.string)
    case .array:
      let parts = content.elements.compactMap { $0.text ?? $0["text"]?.text }
      return nonBlank(parts.joined(separator: "\n"))
    case .object:
      let file = content["file"] ?? content
      return nonBlank(file["content"]?.text ?? file["text"]?.text)
    default: return nil
    }
  }

  private static func nonBlank(_ text: String?) -> String? {
    guard let text, !text.utf8.allSatisfy(TaggedText.isSpace) else { return nil }
    return cut(text)
  }

  /// A text cut at a character to about ``textByteLimit`` bytes.
  private static func cut(_ text: String) -> String {
    guard text.utf8.count > textByteLimit else { return text }
    let end = text.utf8.index(text.startIndex, offsetBy: textByteLimit)
    return text[..<text.index(before: text[..<end].endIndex)] + "…"
  }
}
