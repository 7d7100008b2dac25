import PolylogueModel
import PolylogueParsing

/// One conversation of a session file: the session itself or one of its subagents.
final class ClaudeCodeThread {
  /// Its place among the threads of the file.
  let index: Int
  /// The public identifier.
  let id: ConversationID
  /// Where it comes from.
  var lineage: Lineage?
  /// The agent, where it is a subagent.
  var agent: String?
  /// Titles by rank; see ``ClaudeCodeThread/title``.
  var titles: [TitleRank: String] = [:]
  /// The last message on the path last written.
  var leaf: RecordChain.Index?
  /// The newest message, which records without a known parent follow.
  var newest: RecordChain.Index?
  /// How many messages there are.
  private(set) var messageCount = 0

  /// The answer whose lines are still arriving.
  private(set) var answer: OpenAnswer?
  /// Messages that arrived between the lines of the answer.
  private var held: [Message] = []
  /// About how many bytes the answer and the held messages take.
  private(set) var heldByteCount = 0
  /// The most messages held back behind one answer.
  static let heldLimit = 500

  private var createdAt: Timestamp?
  private var updatedAt: Timestamp?
  private var cwd: String?
  private var gitBranch: String?
  private var slug: String?
  private var version: String?
  /// Further members of the metadata: key and JSON.
  var extras: [(key: String, json: String)] = []
  private(set) var tags: [String] = []
  private(set) var pullRequests: [String] = []
  /// The most tags and the most pull requests kept.
  private static let labelLimit = 100

  /// How good a title is; the best one is used.
  enum TitleRank: Int {
    case command, prompt, summary, agentName, generated, custom
  }

  /// An answer of which more lines may come.
  struct OpenAnswer {
    var message: Message
    /// The provider's ids of the answer, joined.
    var messageID: String
    var requestID: String?
    var entry: RecordChain.Index
    var outputTokens: Int64
  }

  init(index: Int, id: ConversationID, lineage: Lineage? = nil) {
    self.index = index
    self.id = id
    self.lineage = lineage
  }

  // MARK: Messages

  /// Adds a complete message.
  ///
  /// - Returns: How many bytes are held more or less than before.
  func add(_ message: Message, byteCount: Int, into sink: any ConversationSink) throws {
    messageCount += 1
    guard answer != nil else {
      try sink.add(message, to: id)
      return
    }
    held.append(message)
    heldByteCount += byteCount
    if held.count >= ClaudeCodeThread.heldLimit { try flush(into: sink) }
  }

  /// Begins an answer of which more lines may come.
  func begin(_ answer: OpenAnswer, byteCount: Int, into sink: any ConversationSink) throws {
    try flush(into: sink)
    messageCount += 1
    self.answer = answer
    heldByteCount = byteCount
  }

  /// Adds a line to the open answer.
  func extendAnswer(
    _ content: ClaudeCodeContent, usage: (tokens: TokenUsage, output: Int64)?
  ) {
    guard var open = answer else { return }
    answer = nil
    open.message.blocks += content.blocks
    open.message.attachments += content.attachments
    if let usage, usage.output >= open.outputTokens || open.message.usage == nil {
      open.message.usage = usage.tokens
      open.outputTokens = usage.output
    }
    heldByteCount += content.byteCount
    answer = open
  }

  /// Hands over the open answer and what is held behind it.
  func flush(into sink: any ConversationSink) throws {
    guard let open = answer else { return }
    answer = nil
    heldByteCount = 0
    let waiting = held
    held = []
    try sink.add(open.message, to: id)
    for message in waiting { try sink.add(message, to: id) }
  }

  // MARK: Header

  /// Notes what a record says about the conversation.
  func note(_ record: ClaudeCodeRecord) {
    if let time = record.timestamp { note(time: time) }
    if cwd == nil { cwd = record.cwd?.string }
    if gitBranch == nil { gitBranch = record.gitBranch?.string }
    if slug == nil { slug = record.slug?.string }
    if let newer = record.version?.text { version = newer }
  }

  /// Notes a time at which something happened.
  func note(time: Timestamp) {
    createdAt = min(createdAt ?? time, time)
    updatedAt = max(updatedAt ?? time, time)
  }

  /// Sets a title; the last one of each rank wins, blank ones are none.
  func setTitle(_ rank: TitleRank, _ title: String?) {
    if let title, !title.utf8.allSatisfy(TaggedText.isSpace) { titles[rank] = title }
  }

  /// Adds one of the labels that the person gave the session.
  func addTag(_ tag: String) {
    if tags.count < ClaudeCodeThread.labelLimit { tags.append(tag) }
  }

  /// Adds a pull request that came of the session.
  func addPullRequest(_ link: String) {
    if pullRequests.count < ClaudeCodeThread.labelLimit { pullRequests.append(link) }
  }

  private var title: String? {
    titles.max { $0.key.rawValue < $1.key.rawValue }?.value
  }

  /// Everything but the messages.
  func header(fidelity: ConversationHeader.Fidelity = .full) -> ConversationHeader {
    ConversationHeader(
      id: id, title: title, createdAt: createdAt, updatedAt: updatedAt, project: cwd,
      lineage: lineage, fidelity: fidelity, metadata: metadata)
  }

  private var metadata: String? {
    var writer = JSONWriter()
    var isEmpty = true
    func write(_ key: String, _ value: String?) {
      guard let value, !value.isEmpty else { return }
      isEmpty = false
      writer.key(key)
      writer.value(value)
    }
    writer.beginObject()
    write("version", version)
    write("git_branch", gitBranch)
    write("slug", slug)
    for extra in extras {
      isEmpty = false
      writer.key(extra.key)
      writer.raw(extra.json)
    }
    for (key, values) in [("tags", tags), ("pull_requests", pullRequests)] where !values.isEmpty {
      isEmpty = false
      writer.key(key)
      writer.beginArray()
      for value in values { writer.value(value) }
      writer.endArray()
    }
    writer.endObject()
    return isEmpty ? nil : writer.text
  }
}
