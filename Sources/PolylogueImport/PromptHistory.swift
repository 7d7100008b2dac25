import PolylogueModel

/// Collects a client's `history.jsonl`: every prompt ever typed, the last trace of sessions whose
/// files are gone.
///
/// The prompts of all sessions stand mixed, so they are collected; the client keeps the file small.
final class PromptHistory {
  /// The most bytes collected; what comes later is counted as left out.
  static let byteLimit = 64 << 20

  private struct Session {
    var id: String
    var project: String?
    var prompts: [(text: String, timestamp: Timestamp?)] = []
  }

  private let provider: Provider
  private var sessions: [Session] = []
  private var places: [[UInt8]: Int] = [:]
  private var byteCount = 0

  init(provider: Provider) {
    self.provider = provider
  }

  /// Collects a prompt.
  ///
  /// - Parameter session: The session's id; prompts without one are joined by project.
  func add(
    _ text: String, session: String?, project: String?, timestamp: Timestamp?, _ record: Record,
    into sink: any ConversationSink
  ) {
    guard !text.isEmpty else {
      sink.receipt.skipped("history", because: "an empty prompt", at: record.offset)
      return
    }
    guard byteCount + text.utf8.count <= PromptHistory.byteLimit else {
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
    sessions[place].prompts.append((text, timestamp))
    sink.receipt.understood("history")
  }

  /// Hands over all sessions.
  func finish(into sink: any ConversationSink) throws {
    for session in sessions {
      let id = ConversationID(provider: provider, native: session.id)
      var header = ConversationHeader(id: id, project: session.project, fidelity: .slim)
      var parent: String?
      var seen: [StableKey: Int] = [:]
      for prompt in session.prompts {
        // The file may be cut at its start: a place in it names nothing that lasts.
        let key = StableKey(text: ExactID(prompt.text), time: prompt.timestamp?.microseconds)
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
    var text: ExactID
    var time: Int64?
  }
}
