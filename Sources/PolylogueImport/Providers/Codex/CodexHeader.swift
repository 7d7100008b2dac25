import PolylogueModel
import PolylogueParsing

/// What a rollout says about its thread.
struct CodexHeader {
  /// The thread's id.
  var thread: String?
  private(set) var createdAt: Timestamp?
  private var updatedAt: Timestamp?
  private var cwd: String?
  private var lineage: Lineage?
  private var name: String?
  private var promptTitle: String?
  private var hasSession = false
  private var metadata: String?

  init(fileThread: String?) {
    thread = fileThread
  }

  /// Takes the description of the thread.
  ///
  /// - Returns: False for a second description: that of a parent, copied with its records.
  @discardableResult
  mutating func takeSession(_ session: JSONValue, isFirst: Bool) -> Bool {
    guard !hasSession else { return false }
    hasSession = true
    if let id = session["id"]?.text ?? session["session_id"]?.text, !id.isEmpty { thread = id }
    if let time = session["timestamp"]?.timestamp { note(time) }
    cwd = session["cwd"]?.text ?? cwd
    lineage = CodexHeader.lineage(of: session)
    metadata = CodexHeader.metadata(of: session)
    return true
  }

  /// Takes what the context of a turn adds.
  mutating func takeContext(_ context: JSONValue) {
    if cwd == nil { cwd = context["cwd"]?.text }
  }

  /// Notes a time at which something happened.
  mutating func note(_ time: Timestamp) {
    createdAt = min(createdAt ?? time, time)
    updatedAt = max(updatedAt ?? time, time)
  }

  /// Notes a prompt; the first one names a thread that has no name.
  mutating func notePrompt(_ prompt: String) {
    if promptTitle == nil { promptTitle = ConversationTitle.fromPrompt(prompt) }
  }

  /// Notes the name of the thread.
  mutating func noteName(_ name: String?) {
    if let name, !name.isEmpty { self.name = name }
  }

  /// Everything but the messages.
  func header(id: ConversationID, indexName: String?) -> ConversationHeader {
    ConversationHeader(
      id: id, title: name ?? indexName ?? promptTitle, createdAt: createdAt,
      updatedAt: updatedAt, project: cwd, lineage: lineage, metadata: metadata)
  }

  /// The thread that this one goes on from or works for.
  private static func lineage(of session: JSONValue) -> Lineage? {
    let source = session["source"]
    let subagent = source?["subagent"]
    let isSubagent =
      subagent != nil || source?.string?.utf8.starts(with: "subagent".utf8) == true
    let spawn = subagent?["thread_spawn"]?["parent_thread_id"]?.text
    let parent = session["parent_thread_id"]?.text ?? spawn
    let fork = session["forked_from_id"]?.text
    if isSubagent || parent != nil {
      return (parent ?? fork).map { Lineage(kind: .subagent, parent: $0) }
    }
    return fork.map { Lineage(kind: .fork, parent: $0) }
  }

  private static func metadata(of session: JSONValue) -> String? {
    var writer = JSONWriter()
    var isEmpty = true
    writer.beginObject()
    func write(_ key: String, _ value: JSONValue?) {
      guard let value else { return }
      isEmpty = false
      writer.key(key)
      writer.value(value)
    }
    write("version", session["cli_version"])
    write("originator", session["originator"])
    write("source", session["source"])
    write("model_provider", session["model_provider"])
    write("agent_nickname", session["agent_nickname"])
    write("agent_role", session["agent_role"])
    write("git_branch", session["git"]?["branch"])
    write("git_commit", session["git"]?["commit_hash"])
    write("git_repository", session["git"]?["repository_url"])
    writer.endObject()
    return isEmpty ? nil : writer.text
  }
}
