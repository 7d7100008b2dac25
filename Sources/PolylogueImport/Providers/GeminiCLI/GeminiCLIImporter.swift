public import PolylogueModel
import PolylogueParsing

/// Reads what Gemini CLI keeps below `~/.gemini/tmp`.
///
/// One session file is one conversation: a JSON object that is written again with each turn (2025),
/// or JSON Lines to which messages and changes are added (since 2026). Beside them, as poorer
/// sources: `logs.json` with every prompt typed, and saved checkpoints. The format was learnt from
/// the public source of Gemini CLI (`chatRecordingService.ts`, `logger.ts`), versions 0.1 to 0.61.
public struct GeminiCLIImporter: Importer {
  /// Makes the importer.
  public init() {}

  /// `gemini-cli`.
  public var provider: Provider { .geminiCLI }

  /// The version of the parser.
  public var version: Int { 2 }

  /// False: the records of a file are parts of one conversation.
  public var recordsAreIndependent: Bool { false }

  /// Recognises sessions of both forms, the log of prompts, and checkpoints.
  public func recognizes(_ probe: Probe) -> Bool {
    if probe.records.contains(where: GeminiCLIImporter.isSession) { return true }
    if probe.framing != .lines, !probe.records.isEmpty {
      if probe.records.allSatisfy(GeminiCLIImporter.isLogEntry) { return true }
      if probe.records.allSatisfy(GeminiCLICheckpoint.isContent) { return true }
    }
    return probe.records.contains { GeminiCLICheckpoint.history(of: $0) != nil }
  }

  /// Files that Gemini CLI keeps beside its sessions.
  public func companion(_ label: String) -> String? {
    switch label.split(separator: "/").last {
    case ".project_root", "projects.json": "paths of projects"
    // Without a record it is no list of prompts.
    case "logs.json": "log of prompts"
    default: nil
    }
  }

  /// Opens a folder of sessions.
  public func open(_ members: (any ExportMembers)?) -> any Export {
    GeminiCLIExport(members)
  }

  /// Records of a session that no other program writes. Claude Code's lines have a `sessionId` too.
  private static func isSession(_ record: JSONValue) -> Bool {
    guard record.kind == .object, record["uuid"] == nil else { return false }
    if isMetadata(record) {
      return record["projectHash"] != nil
        || record["messages"]?.elements.contains { $0["type"]?.string == "gemini" } == true
    }
    if record["$rewindTo"]?.string != nil { return true }
    if let change = record["$set"] {
      return change["lastUpdated"] != nil || change["messages"] != nil
        || change["sessionId"] != nil
    }
    return record["type"]?.string == "gemini" && record["id"]?.string != nil
      && record["timestamp"] != nil && record["sessionId"] == nil
  }

  /// What is known of a session, with its messages or without.
  static func isMetadata(_ record: JSONValue) -> Bool {
    record["sessionId"]?.text != nil && record["messageId"] == nil
      && (record["projectHash"] ?? record["startTime"] ?? record["messages"]) != nil
  }

  /// An element of `logs.json`.
  static func isLogEntry(_ record: JSONValue) -> Bool {
    record["sessionId"]?.text != nil && record["messageId"]?.integer != nil
      && record["message"]?.string != nil && record["type"]?.string != nil
  }
}
