import PolylogueModel
import PolylogueParsing

/// Reads one file of Gemini CLI, record by record.
final class GeminiCLIParser: RecordParser {
  private let label: String
  private let export: GeminiCLIExport
  private var session: GeminiCLISession?
  private var history: PromptHistory?
  private var checkpoint: GeminiCLICheckpoint?
  private var lastOffset: Int64 = 0

  init(label: String, export: GeminiCLIExport) {
    self.label = label
    self.export = export
  }

  func consume(_ record: Record, into sink: any ConversationSink) throws {
    let value = record.value
    guard value.kind == .object else { throw RecordError("not an object") }
    // The record before this one has about this many bytes.
    let byteCount = record.offset - lastOffset
    lastOffset = record.offset
    if GeminiCLIImporter.isMetadata(value) {
      try begin(value, record, into: sink)
    } else if let change = value["$set"] {
      let session = current(change)
      session.header.take(change)
      if let list = change["messages"], list.kind == .array {
        session.apply(list, at: record.offset, byteCount: byteCount, receipt: &sink.receipt)
      }
      sink.receipt.understood("$set")
    } else if let target = value["$rewindTo"] {
      if current(value).rewind(to: target.text ?? "") {
        sink.receipt.understood("$rewindTo")
      } else {
        sink.receipt.unknownDetail(
          "$rewindTo", because: "it names no message of the session", at: record.offset)
      }
    } else if GeminiCLIImporter.isLogEntry(value) {
      takePrompt(record, into: sink)
    } else if let contents = GeminiCLICheckpoint.history(of: value) {
      for content in contents { takeContent(content, record, into: sink) }
    } else if GeminiCLICheckpoint.isContent(value) {
      takeContent(value, record, into: sink)
    } else if value["type"]?.string != nil,
      (value["id"] ?? value["content"] ?? value["parts"]) != nil
    {
      current(value).add(
        value, at: record.offset, byteCount: byteCount, receipt: &sink.receipt)
    } else {
      sink.receipt.unknown("(no type)", because: "unknown kind of record", at: record.offset)
    }
    try session?.spill(into: sink)
  }

  func finish(into sink: any ConversationSink) throws {
    try session?.finish(label: label, export: export, into: sink)
    session = nil
    try history?.finish(into: sink)
    try checkpoint?.finish(into: sink)
  }

  // MARK: Sessions

  private func begin(_ value: JSONValue, _ record: Record, into sink: any ConversationSink) throws {
    let id = value["sessionId"]?.text ?? ""
    if let session, !session.id.hasSameBytes(as: id) {
      try session.finish(label: label, export: export, into: sink)
      self.session = nil
    }
    let session = session ?? GeminiCLISession(id: id, header: GeminiCLIHeader(label: label))
    self.session = session
    session.header.take(value)
    if let list = value["messages"], list.kind == .array {
      session.apply(list, at: record.offset, byteCount: 0, receipt: &sink.receipt)
    }
    sink.receipt.understood("session")
  }

  /// The session that a record belongs to. Where the line with its id is lost, the id is made from
  /// the first record that is there.
  private func current(_ value: JSONValue) -> GeminiCLISession {
    if let session { return session }
    let id =
      value["sessionId"]?.text
      ?? "derived-"
      + StableHash.identifier([
        value["id"]?.text ?? "", value["timestamp"]?.text ?? "", value["content"]?.json ?? "",
      ])
    let made = GeminiCLISession(id: id, header: GeminiCLIHeader(label: label))
    session = made
    return made
  }

  // MARK: Poorer sources

  private func takePrompt(_ record: Record, into sink: any ConversationSink) {
    let value = record.value
    guard let id = value["sessionId"]?.text, value["type"]?.string == "user" else {
      sink.receipt.skipped("log entry", because: "no prompt", at: record.offset)
      return
    }
    guard !export.hasSession(id) else {
      sink.receipt.skipped("log entry", because: "the session's own file is there")
      return
    }
    let history = history ?? PromptHistory(provider: .geminiCLI)
    self.history = history
    history.add(
      value["message"]?.string ?? "", session: id,
      project: export.project(hash: nil, label: label, directories: []),
      timestamp: value["timestamp"]?.timestamp, record, into: sink)
  }

  private func takeContent(
    _ content: JSONValue, _ record: Record, into sink: any ConversationSink
  ) {
    let checkpoint =
      checkpoint
      ?? GeminiCLICheckpoint(
        label: label, project: export.project(hash: nil, label: label, directories: []))
    self.checkpoint = checkpoint
    checkpoint.add(content, at: record.offset, receipt: &sink.receipt)
  }
}
