import PolylogueModel
import PolylogueParsing

/// Reads `history.jsonl`: every prompt ever typed, the last trace of sessions whose files are gone.
///
/// The prompts of all sessions stand mixed, so they are collected; the client keeps the file small.
final class ClaudeCodeHistory {
  /// The most bytes collected; what comes later is counted as left out.
  static let byteLimit = 64 << 20

  private struct Session {
    var id: String
    var project: String?
    var prompts: [(text: String, timestamp: Timestamp?, ordinal: Int)] = []
  }

  private let export: ClaudeCodeExport
  private var sessions: [Session] = []
  private var places: [[UInt8]: Int] = [:]
  private var byteCount = 0

  init(export: ClaudeCodeExport) {
    self.export = export
  }

  func consume(_ record: Record, into sink: any ConversationSink) {
    let value = record.value
    let project = value["project"]?.text
    guard let text = ClaudeCodeHistory.prompt(value), !text.isEmpty else {
      sink.receipt.skipped("history", because: "an empty prompt", at: record.offset)
      return
    }
    let session = value["sessionId"]?.text
    if let session, export.hasSessionFile(session) {
      sink.receipt.skipped("history", because: "the session's own file is there")
      return
    }
    guard byteCount + text.utf8.count <= ClaudeCodeHistory.byteLimit else {
      sink.receipt.unknown("history", because: "more prompts than fit", at: record.offset)
      return
    }
    byteCount += text.utf8.count + 64
    let id = session ?? "history-" + StableHash.identifier([project ?? ""])
    let key = Array(id.utf8)
    let place = places[key] ?? sessions.count
    if place == sessions.count {
      places[key] = place
      sessions.append(Session(id: id, project: project))
    }
    sessions[place].prompts.append((text, value["timestamp"]?.timestamp, record.index))
    sink.receipt.understood("history")
  }

  /// The prompt with what was pasted into it.
  private static func prompt(_ value: JSONValue) -> String? {
    guard var text = value["display"]?.string else { return nil }
    value["pastedContents"]?.forEachMember { _, paste in
      if let content = paste["content"]?.string, paste["type"]?.string != "image" {
        text += "\n\n" + content
      }
    }
    return text
  }

  func finish(into sink: any ConversationSink) throws {
    for session in sessions {
      let id = ConversationID(provider: .claudeCode, native: session.id)
      var header = ConversationHeader(id: id, project: session.project, fidelity: .slim)
      var parent: String?
      var seen: [StableKey: Int] = [:]
      for prompt in session.prompts {
        // The file may be cut at its start: a place in it names nothing that lasts.
        let key = StableKey(text: prompt.text, time: prompt.timestamp?.microseconds)
        let repeats = seen[key, default: 0]
        seen[key] = repeats + 1
        let name = StableHash.identifier([
          prompt.text, prompt.timestamp?.iso ?? "", "\(repeats)",
        ])
        let message = Message(
          id: "history-\(name)", parentID: parent, role: .user,
          kind: prompt.text.hasPrefix("/") ? .command : .message, timestamp: prompt.timestamp,
          blocks: [.text(prompt.text)])
        try sink.add(message, to: id)
        parent = message.id
        if header.title == nil, message.kind == .message {
          header.title = ConversationTitle.fromPrompt(prompt.text)
        }
        if let time = prompt.timestamp {
          header.createdAt = min(header.createdAt ?? time, time)
          header.updatedAt = max(header.updatedAt ?? time, time)
        }
      }
      header.title =
        header.title ?? session.prompts.first.flatMap { ConversationTitle.fromPrompt($0.text) }
      try sink.finish(header, inactive: [])
    }
    sessions = []
    places = [:]
  }

  private struct StableKey: Hashable {
    var text: String
    var time: Int64?
  }
}
