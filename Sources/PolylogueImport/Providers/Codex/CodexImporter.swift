public import PolylogueModel
import PolylogueParsing

/// Reads the rollout files of Codex (`~/.codex/sessions/**/rollout-*.jsonl`).
///
/// One rollout is one conversation. Three generations of the format are read: enveloped records
/// (since late 2025), bare response items (mid-2025) and one JSON document (early 2025). The format
/// was learnt from the public source of Codex, versions 0.2 to 0.146.
public struct CodexImporter: Importer {
  /// Makes the importer.
  public init() {}

  /// `codex`.
  public var provider: Provider { .codex }

  /// The version of the parser.
  public var version: Int { 1 }

  /// False: the records of a file are parts of one conversation.
  public var recordsAreIndependent: Bool { false }

  /// Recognises rollouts of all generations and the prompt history.
  ///
  /// Other programs write single items of the same API among lines of their own, so bare items
  /// count only where they are at least half of what is there.
  public func recognizes(_ probe: Probe) -> Bool {
    if probe.records.contains(where: { CodexImporter.isRollout($0) }) { return true }
    let items = probe.records.count { CodexImporter.isItem($0) }
    return items > 0 && 2 * items >= probe.records.count
  }

  /// Files that Codex keeps beside its rollouts.
  public func companion(_ label: String) -> String? {
    switch label.split(separator: "/").last {
    case "session_index.jsonl": "session titles"
    default: nil
    }
  }

  /// Opens a folder of rollouts.
  public func open(_ members: (any ExportMembers)?) -> any Export {
    CodexExport(members)
  }

  /// Records that no other program writes.
  private static func isRollout(_ record: JSONValue) -> Bool {
    guard record.kind == .object else { return false }
    if record["items"]?.kind == .array, let session = record["session"] {
      return session["id"] != nil && session["timestamp"] != nil
    }
    guard let type = record["type"]?.string else {
      return record["record_type"]?.string == "state" || isBareHeader(record)
        || isHistory(record)
    }
    if record["payload"]?.kind == .object {
      switch type {
      case "session_meta", "turn_context", "response_item", "event_msg", "compacted",
        "world_state", "inter_agent_communication", "inter_agent_communication_metadata":
        return true
      default: return false
      }
    }
    return false
  }

  /// An item of OpenAI's API without an envelope.
  private static func isItem(_ record: JSONValue) -> Bool {
    guard let type = record["type"]?.string, record["payload"]?.kind != .object else {
      return false
    }
    guard record["sessionId"] == nil, record["uuid"] == nil else { return false }
    switch type {
    case "message":
      let first = record["content"]?.elements.first { _ in true }
      switch first?["type"]?.string {
      case "input_text", "output_text", "input_image": return record["role"] != nil
      default: return false
      }
    case "function_call": return record["call_id"] != nil && record["arguments"] != nil
    case "function_call_output": return record["call_id"] != nil
    case "local_shell_call": return record["action"] != nil
    case "reasoning": return record["summary"]?.kind == .array
    default: return false
    }
  }

  /// The first line of a file of bare items: an id, a time and, if only as null, instructions.
  static func isBareHeader(_ record: JSONValue) -> Bool {
    guard record["id"]?.string != nil, record["timestamp"]?.timestamp != nil else { return false }
    var isHeader = false
    record.forEachMember { key, _ in
      if key == "instructions" || key == "git" { isHeader = true }
    }
    return isHeader
  }

  /// A line of `history.jsonl`.
  static func isHistory(_ record: JSONValue) -> Bool {
    record["session_id"]?.string != nil && record["ts"] != nil && record["text"]?.string != nil
  }
}
