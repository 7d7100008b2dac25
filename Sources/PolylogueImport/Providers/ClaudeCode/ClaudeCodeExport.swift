import PolylogueModel
import PolylogueParsing

/// The session files that arrived together.
///
/// Session files tell which tool calls started which subagents; subagents have files of their own.
/// What one file says is kept here for the others.
final class ClaudeCodeExport: Export {
  /// A call that started a subagent.
  struct AgentCall {
    var toolID: String
    var description: String?
    var agentType: String?
  }

  private let members: (any ExportMembers)?
  /// Calls by the session and agent they started.
  private var callsByAgent: [String: AgentCall] = [:]
  /// Calls by the session and a hash of the prompt they gave.
  private var callsByPrompt: [String: AgentCall] = [:]
  private var sessionFiles: Set<String>?
  /// The most calls remembered.
  private static let callLimit = 100_000

  init(_ members: (any ExportMembers)?) {
    self.members = members
  }

  func parser(for label: String) -> any RecordParser {
    ClaudeCodeParser(label: label, export: self)
  }

  // MARK: Subagents

  /// Remembers which call gave a prompt to a subagent.
  func note(_ call: AgentCall, session: String, prompt: String) {
    guard callsByPrompt.count < ClaudeCodeExport.callLimit else { return }
    callsByPrompt["\(session)\n\(StableHash.of(prompt))"] = call
  }

  /// Remembers which call started an agent. What is known about the call already is kept.
  func note(toolID: String, session: String, agent: String) {
    guard callsByAgent.count < ClaudeCodeExport.callLimit else { return }
    let key = "\(session)\n\(agent)"
    if callsByAgent[key] == nil { callsByAgent[key] = AgentCall(toolID: toolID) }
  }

  /// The call that started an agent, as far as it is known.
  func call(session: String, agent: String?, prompt: String?) -> AgentCall? {
    let byPrompt = prompt.flatMap { callsByPrompt["\(session)\n\(StableHash.of($0))"] }
    guard let agent, var call = callsByAgent["\(session)\n\(agent)"] else { return byPrompt }
    if let byPrompt, byPrompt.toolID.hasSameBytes(as: call.toolID) { call = byPrompt }
    return call
  }

  /// What stands beside an agent's transcript: `agent-<id>.meta.json`.
  func metadata(besides label: String) -> JSONValue? {
    guard let members, label.hasSuffix(".jsonl"),
      let bytes = members.bytes(of: label.dropLast(6) + ".meta.json")
    else { return nil }
    var reader = JSONReader()
    return try? reader.parse(bytes)
  }

  // MARK: Sessions

  /// Whether a session's own file is among those that arrived together.
  func hasSessionFile(_ session: String) -> Bool {
    if sessionFiles == nil {
      let labels = members?.labels(under: "") ?? []
      sessionFiles = Set(
        labels.compactMap { label in
          label.split(separator: "/").last.flatMap {
            $0.hasSuffix(".jsonl") ? String($0.dropLast(6)) : nil
          }
        })
    }
    return sessionFiles?.contains(session) == true
  }
}
