public import PolylogueModel
import PolylogueParsing

/// Reads the session files of Claude Code (`~/.claude/projects/…/*.jsonl`).
///
/// A session file is one conversation; the transcripts of its subagents are conversations of their
/// own, whether they stand in the same file or beside it. The format is not documented; it was
/// learnt from files of versions 1.0 to 2.1 (2025 and 2026).
public struct ClaudeCodeImporter: Importer {
  /// Makes the importer.
  public init() {}

  /// `claude-code`.
  public var provider: Provider { .claudeCode }

  /// The version of the parser.
  public var version: Int { 1 }

  /// False: the lines of a file are parts of one conversation.
  public var recordsAreIndependent: Bool { false }

  /// Recognises session files, transcripts of subagents, the prompt history and the JSON form of
  /// web sessions.
  public func recognizes(_ probe: Probe) -> Bool {
    probe.records.contains { ClaudeCodeImporter.isOurs($0) }
  }

  /// Files that Claude Code keeps beside its transcripts.
  public func companion(_ label: String) -> String? {
    let parts = label.split(separator: "/")
    guard let name = parts.last else { return nil }
    if name == "sessions-index.json" { return "session index" }
    if name.hasPrefix("agent-"), name.hasSuffix(".meta.json") { return "agent metadata" }
    let folders = parts.dropLast()
    if folders.contains("tool-results") { return "tool output" }
    if folders.contains("file-history") { return "file backup" }
    if folders.contains("todos") { return "task list" }
    if folders.contains("shell-snapshots") { return "shell snapshot" }
    if folders.contains("statsig") || name == "stats-cache.json" { return "statistics" }
    return nil
  }

  /// Opens a folder of session files.
  public func open(_ members: (any ExportMembers)?) -> any Export {
    ClaudeCodeExport(members)
  }

  /// Lines that no other provider writes, judged by their fields.
  private static func isOurs(_ record: JSONValue) -> Bool {
    guard record.kind == .object else { return false }
    if let first = record["loglines"]?.elements.first(where: { _ in true }) {
      return first["type"] != nil && first["message"] != nil
    }
    guard let type = record["type"]?.string else { return isHistory(record) }
    let hasSession = record["sessionId"]?.string != nil
    switch type {
    case "user", "assistant", "system", "progress", "attachment":
      if record["projectHash"] != nil || record["message"]?["parts"] != nil { return false }
      if record["uuid"] != nil, hasSession || record["message"] != nil { return true }
      let isChain = record["parentUuid"] != nil || hasSession
      return (isChain && (record["message"] != nil || record["isSidechain"] != nil))
        || isStreamLog(record)
    case "summary": return record["summary"] != nil && record["leafUuid"] != nil
    case "file-history-snapshot", "file-history-delta": return record["messageId"] != nil
    case "queue-operation": return record["operation"] != nil && hasSession
    case "ai-title", "custom-title", "agent-name", "agent-color", "agent-setting", "last-prompt",
      "permission-mode", "mode", "tag", "pr-link", "bridge-session", "worktree-state",
      "content-replacement", "attribution-snapshot":
      return hasSession
    case "result": return isStreamLog(record)
    default: return false
    }
  }

  /// The log of `--output-format stream-json`.
  private static func isStreamLog(_ record: JSONValue) -> Bool {
    guard record["session_id"]?.string != nil else { return false }
    return record["message"]?["content"] != nil || record["uuid"] != nil
      || record["total_cost_usd"] != nil || record["subtype"]?.string == "init"
  }

  /// A line of `history.jsonl`.
  static func isHistory(_ record: JSONValue) -> Bool {
    record["display"]?.string != nil && record["timestamp"] != nil
      && (record["project"] != nil || record["pastedContents"] != nil
        || record["sessionId"] != nil)
  }
}
