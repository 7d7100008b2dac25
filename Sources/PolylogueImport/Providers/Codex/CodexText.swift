import PolylogueModel

/// Tells a person's words from what Codex puts in their place.
enum CodexText {
  /// The kind of what stands in a tag; nil for tags that are not Codex's.
  static func kind(ofTag tag: Substring) -> MessageKind? {
    switch tag {
    case "environment_context", "user_instructions", "INSTRUCTIONS", "subagent_notification",
      "skill", "permissions", "collaboration_mode", "environments", "personality_spec",
      "model_switch", "apps_instructions", "skills_instructions", "goal_context", "hook_prompt":
      .injected
    case "turn_aborted": .notice
    case "user_shell_command": .command
    default: nil
    }
  }

  /// The kind of a text that Codex wrote in the person's place; nil for a person's.
  static func kind(of text: String) -> MessageKind? {
    let start = text.utf8.drop(while: TaggedText.isSpace)
    switch start.first {
    case UInt8(ascii: "<"):
      let tagged = TaggedText(text, kind: kind(ofTag:))
      return tagged.isBlank ? tagged.kind : nil
    case UInt8(ascii: "#"):
      return start.starts(with: "# AGENTS.md instructions".utf8) ? .injected : nil
    default: return nil
    }
  }

  /// Text as it is compared between the two places where Codex writes it.
  static func hash(of text: String) -> UInt64 {
    var hash = StableHash()
    hash.add(text.utf8.lazy.filter { !TaggedText.isSpace($0) })
    return hash.value
  }
}
