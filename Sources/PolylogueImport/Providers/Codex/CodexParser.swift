import PolylogueModel
import PolylogueParsing

/// Reads one rollout, record by record.
///
/// Prompts and answers stand in it twice, as response items and as events. Response items count;
/// events fill in what is missing. A message's id is the place of its record in the file, which
/// stays as the file grows; items seldom have ids of their own.
final class CodexParser: RecordParser {
  let label: String
  let export: CodexExport
  var header: CodexHeader
  /// The model of the answers that follow.
  var model: String?
  var usage = CodexUsage()
  var events = CodexEventQueue()
  var outbox = CodexOutbox()
  /// Tool calls that came as items, and those that came as events.
  var itemCalls = RecentHashes()
  var eventCalls = RecentHashes()
  /// Whether the model has said anything in this turn.
  var turnHasAnswer = false
  private var history: PromptHistory?
  /// The record being read.
  private(set) var ordinal = 0

  init(label: String, export: CodexExport) {
    self.label = label
    self.export = export
    header = CodexHeader(fileThread: CodexExport.threadID(of: label))
  }

  func consume(_ record: Record, into sink: any ConversationSink) throws {
    let value = record.value
    guard value.kind == .object else { throw RecordError("not an object") }
    ordinal = record.index
    if let payload = value["payload"], payload.kind == .object {
      let time = value["timestamp"]?.timestamp
      try consumeEnveloped(value["type"]?.string ?? "", payload, time, record, into: sink)
    } else if record.index == 0, let items = value["items"], let session = value["session"] {
      // Early 2025: the whole session is one document.
      header.takeSession(session, isFirst: true)
      sink.receipt.understood("session")
      for (place, item) in items.elements.enumerated() {
        ordinal = place
        try consumeItem(item, item["timestamp"]?.timestamp, record, into: sink)
      }
    } else if value["type"] != nil {
      try consumeItem(value, value["timestamp"]?.timestamp, record, into: sink)
    } else if CodexImporter.isBareHeader(value) {
      header.takeSession(value, isFirst: true)
      sink.receipt.understood("session")
    } else if value["record_type"] != nil {
      sink.receipt.skipped("state", because: "bookkeeping of the client", at: record.offset)
    } else if CodexImporter.isHistory(value) {
      consumeHistory(record, into: sink)
    } else {
      sink.receipt.unknown("(no type)", because: "unknown kind of record", at: record.offset)
    }
  }

  private func consumeEnveloped(
    _ type: String, _ payload: JSONValue, _ time: Timestamp?, _ record: Record,
    into sink: any ConversationSink
  ) throws {
    if let time { header.note(time) }
    switch type {
    case "response_item": try consumeItem(payload, time, record, into: sink)
    case "event_msg": try consumeEvent(payload, time, record, into: sink)
    case "session_meta":
      if header.takeSession(payload, isFirst: false) {
        sink.receipt.understood(type)
      } else {
        sink.receipt.skipped(
          type, because: "copied from the thread it goes on from", at: record.offset)
      }
    case "turn_context":
      model = payload["model"]?.string ?? model
      header.takeContext(payload)
      sink.receipt.understood(type)
    case "compacted":
      // Its replacement history repeats what stands above.
      try flushEvents(into: sink)
      guard let text = payload["message"]?.string, !text.isEmpty else {
        sink.receipt.skipped(type, because: "a summary without text", at: record.offset)
        return
      }
      try emit(
        Message(id: "", role: .system, kind: .summary, timestamp: time, blocks: [.text(text)]),
        into: sink)
      sink.receipt.understood(type)
    case "world_state", "inter_agent_communication", "inter_agent_communication_metadata":
      sink.receipt.skipped(type, because: "bookkeeping of the client", at: record.offset)
    default:
      sink.receipt.unknown(
        type.isEmpty ? "(no type)" : type, because: "unknown kind of record", at: record.offset)
    }
  }

  private func consumeHistory(_ record: Record, into sink: any ConversationSink) {
    let history = history ?? PromptHistory(provider: .codex)
    self.history = history
    let session = record.value["session_id"]?.text
    if let session, export.hasRollout(session) {
      sink.receipt.skipped("history", because: "the thread's own rollout is there")
      return
    }
    history.add(
      record.value["text"]?.string ?? "", session: session, project: nil,
      timestamp: record.value["ts"]?.timestamp, record, into: sink)
  }

  func finish(into sink: any ConversationSink) throws {
    try flushEvents(into: sink)
    let id = conversationID(firstMessage: nil)
    try outbox.flush(to: id, into: sink)
    try history?.finish(into: sink)
    guard outbox.count > 0 else {
      if history == nil { sink.receipt.warn("a rollout without messages") }
      return
    }
    try sink.finish(
      header.header(id: id, indexName: export.threadName(id.native)), inactive: outbox.inactiveIDs)
  }

  // MARK: Messages

  /// Hands a message over, under the id of the record being read or of another one.
  ///
  /// - Parameters:
  ///   - place: The record it is named for, where that is not the one being read.
  ///   - part: 2 for the second message of a record.
  func emit(
    _ message: Message, place: Int? = nil, part: Int = 1, into sink: any ConversationSink
  ) throws {
    var message = message
    let place = place ?? ordinal
    if message.role == .assistant, message.kind == .message { message.model = model }
    if let time = message.timestamp { header.note(time) }
    let isTurn = message.role == .user && message.kind == .message
    if isTurn, case .text(let prompt)? = message.blocks.first { header.notePrompt(prompt) }
    let id = conversationID(firstMessage: message)
    try outbox.add(&message, place: place, part: part, isTurn: isTurn, to: id, into: sink)
  }

  /// The id, made from the first message where neither a record nor the file's name gives one.
  private func conversationID(firstMessage: Message?) -> ConversationID {
    if header.thread == nil, let firstMessage {
      header.thread = StableHash.identifier([
        firstMessage.timestamp?.iso ?? header.createdAt?.iso ?? "", firstMessage.text,
      ])
    }
    return ConversationID(provider: .codex, native: header.thread ?? "")
  }

  /// Emits the events that no response item has repeated.
  func flushEvents(before kind: CodexEventQueue.Kind? = nil, into sink: any ConversationSink) throws
  {
    for event in events.take(before: kind) {
      try emit(event.message, place: event.place, into: sink)
    }
  }
}
