import PolylogueModel
import PolylogueParsing

/// Reads one session file, line by line.
///
/// What it keeps of a line that was handed over is its place in the chain, so a file may be longer
/// than memory.
final class ClaudeCodeParser: RecordParser {
  /// The most bytes held back while answers wait for more lines.
  static let heldByteLimit = 8 << 20

  let export: ClaudeCodeExport
  let label: String
  /// The agent whose transcript the whole file is.
  private let fileAgent: String?
  /// The session by the name of the file or, for a transcript of an agent, of its folder.
  private let fileSession: String?
  private var recordSession: String?
  private var derivedSession: String?

  var chain = RecordChain()
  private(set) var threads: [ClaudeCodeThread] = []
  private var mainThread: ClaudeCodeThread?
  private var agentThreads: [String: ClaudeCodeThread] = [:]
  private var heldByteCount = 0
  private var recentAnswers = RecentHashes()
  private var history: PromptHistory?
  /// Titles for a record of this or another file: its id and the title.
  var summaries: [(leaf: String, title: String)] = []
  /// Prompts of the queue, in case nothing else of the session is left.
  var queued: [(text: String, timestamp: Timestamp?, ordinal: Int)] = []

  init(label: String, export: ClaudeCodeExport) {
    self.export = export
    self.label = label
    let parts = label.split(separator: "/", omittingEmptySubsequences: true)
    let name = parts.last.map { $0.hasSuffix(".jsonl") ? $0.dropLast(6) : $0 } ?? ""
    if name.hasPrefix("agent-"), name.utf8.count > 6 {
      fileAgent = String(name.dropFirst(6))
      let folder = parts.firstIndex(of: "subagents").flatMap { $0 > 0 ? parts[$0 - 1] : nil }
      fileSession = folder.flatMap { RecordKey(String($0)).isUUID ? String($0) : nil }
    } else {
      fileAgent = nil
      let isUUID = RecordKey(name.lowercased()).isUUID
      fileSession = isUUID ? String(name) : nil
    }
  }

  /// The id of what was split off before a message.
  static func splitID(_ id: String) -> String { id + "#2" }

  func consume(_ record: Record, into sink: any ConversationSink) throws {
    guard record.value.kind == .object else { throw RecordError("not an object") }
    // The API of web sessions gives the same lines as one document.
    if record.index == 0, let lines = record.value["loglines"], lines.kind == .array {
      var ordinal = 0
      for line in lines.elements {
        let inner = Record(value: line, index: ordinal, offset: record.offset)
        do {
          try consumeLine(inner, into: sink)
        } catch let error as RecordError {
          sink.receipt.unknown("line", because: error.reason, at: record.offset)
        }
        ordinal += 1
      }
      return
    }
    try consumeLine(record, into: sink)
  }

  private func consumeLine(_ record: Record, into sink: any ConversationSink) throws {
    let line = ClaudeCodeRecord(record.value)
    if recordSession == nil, let session = line.sessionID?.text, !session.isEmpty {
      recordSession = session
    }
    switch line.type {
    case "user": try consumeUser(line, record, into: sink)
    case "assistant": try consumeAssistant(line, record, into: sink)
    case "system": try consumeSystem(line, record, into: sink)
    case "attachment": try consumeAttachment(line, record, into: sink)
    case "" where ClaudeCodeImporter.isHistory(record.value):
      consumeHistory(record, into: sink)
    default: try consumeBookkeeping(line, record, into: sink)
    }
    if heldByteCount > ClaudeCodeParser.heldByteLimit { try flushAll(into: sink) }
  }

  private func consumeHistory(_ record: Record, into sink: any ConversationSink) {
    let history = history ?? PromptHistory(provider: .claudeCode)
    self.history = history
    let value = record.value
    let session = value["sessionId"]?.text
    if let session, export.hasSessionFile(session) {
      sink.receipt.skipped("history", because: "the session's own file is there")
      return
    }
    var text = value["display"]?.string ?? ""
    value["pastedContents"]?.forEachMember { _, paste in
      if let content = paste["content"]?.string, paste["type"]?.string != "image" {
        text += "\n\n" + content
      }
    }
    history.add(
      text, session: session, project: value["project"]?.text,
      timestamp: value["timestamp"]?.timestamp, record, into: sink)
  }

  func finish(into sink: any ConversationSink) throws {
    try addQueuedPrompts(into: sink)
    try flushAll(into: sink)
    for summary in summaries {
      guard let entry = chain.find(RecordKey(summary.leaf), summary.leaf) else { continue }
      threads[chain.thread(of: entry)].titles[.summary] = summary.title
    }
    for thread in threads {
      guard let agent = thread.agent, thread.lineage?.origin == nil, let session else { continue }
      thread.lineage?.origin = export.call(session: session, agent: agent, prompt: nil)?.toolID
    }
    let inactive = chain.inactiveIDs(leaves: threads.compactMap(\.leaf))
    for thread in threads where thread.messageCount > 0 {
      try sink.finish(thread.header(), inactive: inactive)
    }
    try history?.finish(into: sink)
    if !threads.contains(where: { $0.messageCount > 0 }), history == nil {
      sink.receipt.warn("a session file without messages")
    }
  }

  private func flushAll(into sink: any ConversationSink) throws {
    for thread in threads { try thread.flush(into: sink) }
    heldByteCount = 0
  }

  // MARK: Threads

  /// The session's native id, as far as it is known.
  var session: String? { fileSession ?? recordSession ?? derivedSession }

  /// The conversation a line belongs to.
  func thread(for line: ClaudeCodeRecord, ordinal: Int) throws -> ClaudeCodeThread {
    if let fileAgent { return try agentThread(fileAgent, line, ordinal: ordinal) }
    guard line.isSidechain else { return try main(line, ordinal: ordinal) }
    if let agent = line.agentID?.text { return try agentThread(agent, line, ordinal: ordinal) }
    if let parent = line.parentUUID, let entry = chain.find(RecordKey(parent), parent) {
      let thread = threads[chain.thread(of: entry)]
      if thread !== mainThread { return thread }
    }
    // Until 2025 the lines of subagents stood among the session's, without a name.
    return try agentThread(line.uuid ?? "line-\(ordinal)", line, ordinal: ordinal)
  }

  /// The thread for what is said about the session as a whole.
  func threadOfFile(_ line: ClaudeCodeRecord, ordinal: Int) throws -> ClaudeCodeThread {
    if let fileAgent { return try agentThread(fileAgent, line, ordinal: ordinal) }
    return try main(line, ordinal: ordinal)
  }

  private func main(_ line: ClaudeCodeRecord, ordinal: Int) throws -> ClaudeCodeThread {
    if let mainThread { return mainThread }
    let native = sessionID(from: line)
    let thread = try addThread(ConversationID(provider: .claudeCode, native: native), nil)
    if let fork = line.forkedFrom, let parent = fork["sessionId"]?.text {
      thread.lineage = Lineage(kind: .fork, parent: parent, origin: fork["messageUuid"]?.text)
    }
    mainThread = thread
    return thread
  }

  private func agentThread(
    _ agent: String, _ line: ClaudeCodeRecord, ordinal: Int
  ) throws -> ClaudeCodeThread {
    if let known = agentThreads[agent] { return known }
    let session = sessionID(from: line)
    let thread = try addThread(
      ConversationID(provider: .claudeCode, native: "\(session):agent-\(agent)"),
      Lineage(kind: .subagent, parent: session))
    thread.agent = agent
    if fileAgent != nil, let metadata = export.metadata(besides: label) {
      thread.lineage?.origin = metadata["toolUseId"]?.text
      metadata["description"]?.string.map { thread.titles[.custom] = $0 }
      for (key, value) in [
        ("agent_type", metadata["agentType"]), ("worktree", metadata["worktreePath"]),
      ] {
        if let value { thread.extras.append((key, value.json)) }
      }
    }
    agentThreads[agent] = thread
    return thread
  }

  private func addThread(_ id: ConversationID, _ lineage: Lineage?) throws -> ClaudeCodeThread {
    guard threads.count < Int(UInt16.max) else { throw RecordError("too many subagents") }
    let thread = ClaudeCodeThread(index: threads.count, id: id, lineage: lineage)
    threads.append(thread)
    return thread
  }

  /// The session's native id; made from the first line where no name and no field gives it.
  private func sessionID(from line: ClaudeCodeRecord) -> String {
    if let session { return session }
    let derived = StableHash.identifier([
      line.uuid ?? "", line.timestamp?.iso ?? "", line.message?.json ?? "",
    ])
    derivedSession = derived
    return derived
  }

  // MARK: Messages

  /// What a line becomes.
  struct Draft {
    var role: Role
    var kind: MessageKind = .message
    var model: String?
    var blocks: [Block]
    var attachments: [Attachment] = []
    var usage: TokenUsage?
    var byteCount = 0
    var flags: RecordChain.Flags = []
    /// What stands before the message and was put there by a program.
    var split: (kind: MessageKind, text: String)?
  }

  /// Where a line goes: its id, its parent and whether that is a guess. Nil for a repeated line.
  struct Place {
    var id: String
    var key: RecordKey
    var parent: RecordChain.Index?
    var isOrphan: Bool
    var check: UInt64
  }

  /// Finds a line's place in the chain.
  func place(
    of line: ClaudeCodeRecord, _ record: Record, in thread: ClaudeCodeThread, size: Int,
    into sink: any ConversationSink
  ) -> Place? {
    let check =
      UInt64(truncatingIfNeeded: size) &* 0x9e37_79b9_7f4a_7c15
      ^ UInt64(bitPattern: line.timestamp?.microseconds ?? 0) &* 0xff51_afd7_ed55_8ccd
    var id = line.uuid ?? "line-\(record.index)"
    var key = RecordKey(id)
    if let known = chain.find(key, id) {
      if chain.matches(known, check: check) {
        sink.receipt.skipped(line.type, because: "repeated line", at: record.offset)
        return nil
      }
      id += "~\(record.index)"
      key = RecordKey(id)
    }
    let (parent, isOrphan) = parent(of: line, in: thread)
    return Place(id: id, key: key, parent: parent, isOrphan: isOrphan, check: check)
  }

  private func parent(
    of line: ClaudeCodeRecord, in thread: ClaudeCodeThread
  ) -> (RecordChain.Index?, isOrphan: Bool) {
    guard let name = line.parentUUID ?? line.logicalParentUUID else {
      return (line.uuid == nil ? thread.newest : nil, false)
    }
    guard let entry = chain.find(RecordKey(name), name) else { return (thread.newest, true) }
    guard let message = chain.message(of: entry), chain.thread(of: message) == thread.index else {
      return (nil, false)
    }
    return (message, false)
  }

  /// Makes a message of a draft and hands it over or holds it back.
  func add(
    _ draft: Draft, at place: Place, _ line: ClaudeCodeRecord, to thread: ClaudeCodeThread,
    into sink: any ConversationSink
  ) throws {
    var flags = draft.flags.union(.message)
    if place.isOrphan { flags.insert(.orphan) }
    if draft.split != nil { flags.insert(.split) }
    let entry = chain.add(
      place.key, place.id, link: place.parent, thread: thread.index, flags: flags,
      check: place.check)
    thread.leaf = entry
    thread.newest = entry
    thread.note(line)
    let before = thread.heldByteCount
    var parent = parentID(place.parent, line)
    if let split = draft.split {
      let message = Message(
        id: ClaudeCodeParser.splitID(place.id), parentID: parent, role: .user, kind: split.kind,
        timestamp: line.timestamp, blocks: [.text(split.text)])
      parent = message.id
      try thread.add(message, byteCount: split.text.utf8.count, into: sink)
    }
    let message = message(draft, id: place.id, parent: parent, line)
    try thread.add(message, byteCount: draft.byteCount, into: sink)
    heldByteCount += thread.heldByteCount - before
  }

  /// Begins an answer, or a message that needs no waiting when the line names no answer.
  func begin(
    _ draft: Draft, answer: (messageID: String, requestID: String?), output: Int64,
    at place: Place, _ line: ClaudeCodeRecord, in thread: ClaudeCodeThread,
    into sink: any ConversationSink
  ) throws {
    var flags = draft.flags.union(.message)
    if place.isOrphan { flags.insert(.orphan) }
    let entry = chain.add(
      place.key, place.id, link: place.parent, thread: thread.index, flags: flags,
      check: place.check)
    thread.leaf = entry
    thread.newest = entry
    thread.note(line)
    let before = thread.heldByteCount
    let message = message(
      draft, id: place.id, parent: parentID(place.parent, line), line)
    try thread.begin(
      ClaudeCodeThread.OpenAnswer(
        message: message, messageID: answer.messageID, requestID: answer.requestID, entry: entry,
        outputTokens: output),
      byteCount: draft.byteCount, into: sink)
    heldByteCount += thread.heldByteCount - before
  }

  /// Adds a line to the answer that is open in its thread.
  func extend(
    _ open: ClaudeCodeThread.OpenAnswer, with content: ClaudeCodeContent,
    usage: (tokens: TokenUsage, output: Int64)?, at place: Place, _ line: ClaudeCodeRecord,
    in thread: ClaudeCodeThread
  ) {
    _ = chain.add(
      place.key, place.id, link: open.entry, thread: thread.index, flags: [], check: place.check)
    thread.leaf = open.entry
    thread.note(line)
    thread.extendAnswer(content, usage: usage)
    heldByteCount += content.byteCount
  }

  /// Gives a line without a message its place in the chain.
  func pass(_ line: ClaudeCodeRecord, _ record: Record) throws {
    guard let uuid = line.uuid else { return }
    let key = RecordKey(uuid)
    guard chain.find(key, uuid) == nil else { return }
    let thread = try thread(for: line, ordinal: record.index)
    let (parent, _) = parent(of: line, in: thread)
    _ = chain.add(key, uuid, link: parent, thread: thread.index, flags: [], check: 0)
    if let parent { thread.leaf = parent }
    thread.note(line)
  }

  /// Whether an answer was handed over before; remembers it.
  func wasAnswered(_ messageID: String, _ requestID: String?) -> Bool {
    var hash = StableHash()
    hash.add(messageID)
    hash.add(requestID ?? "")
    return !recentAnswers.insert(hash.value)
  }

  private func message(
    _ draft: Draft, id: String, parent: String?, _ line: ClaudeCodeRecord
  ) -> Message {
    Message(
      id: id, parentID: parent, role: draft.role, kind: draft.kind, model: draft.model,
      timestamp: line.timestamp, blocks: draft.blocks, attachments: draft.attachments,
      usage: draft.usage)
  }

  private func parentID(_ parent: RecordChain.Index?, _ line: ClaudeCodeRecord) -> String? {
    parent.map { chain.id(of: $0) }
  }
}
