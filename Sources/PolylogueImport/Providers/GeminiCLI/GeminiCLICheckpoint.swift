import PolylogueModel
import PolylogueParsing

/// Reads a saved state of a chat: `checkpoint-TAG.json`, which a person made, or a file in
/// `checkpoints`, made before a tool changes a file.
///
/// Both hold what the model was given, without ids or times and without the session's id. So it is a
/// conversation of its own, poorer than a session's: named for the tag and its first prompts. The
/// states that were made before changes are beginnings of one another and become one conversation.
final class GeminiCLICheckpoint {
  /// The most bytes of a file that are read.
  static let byteLimit: Int64 = 64 << 20

  private let tag: String
  private let time: Timestamp?
  private let project: String?
  private var messages: [Message] = []
  private var occurrences: [ExactID: Int] = [:]
  private var name = StableHash()
  private var hasPrompt = false
  private var title: String?

  init(label: String, project: String?) {
    self.project = project
    let file = label.split(separator: "/").last ?? ""
    let stem = file.hasSuffix(".json") ? file.dropLast(5) : file
    tag = stem.hasPrefix("checkpoint-") ? String(stem.dropFirst("checkpoint-".utf8.count)) : ""
    time = GeminiCLICheckpoint.time(in: stem)
    name.add(tag)
  }

  /// Whether a value is an item of the model's history.
  static func isContent(_ value: JSONValue) -> Bool {
    guard value["parts"]?.kind == .array, value["id"] == nil, value["text"] == nil else {
      return false
    }
    return value["role"]?.string == "user" || value["role"]?.string == "model"
  }

  /// The items of a saved state that is an object; nil for anything else.
  static func history(of value: JSONValue) -> [JSONValue]? {
    for list in [value["clientHistory"], value["history"]] {
      guard let list, list.kind == .array, list.count > 0 else { continue }
      if list.elements.allSatisfy(isContent) { return Array(list.elements) }
      // What the terminal showed.
      let items = list.elements.filter { $0["type"]?.string != nil && $0["text"]?.string != nil }
      if value["toolCall"] != nil, !items.isEmpty { return items }
    }
    return nil
  }

  /// Adds an item of the history.
  func add(_ value: JSONValue, at offset: Int64, receipt: inout Receipt) {
    guard offset <= GeminiCLICheckpoint.byteLimit else {
      receipt.unknown("checkpoint item", because: "the file is too long", at: offset)
      return
    }
    let isAnswer = ["model", "gemini", "gemini_content"].contains(
      (value["role"] ?? value["type"])?.string)
    let isPrompt = (value["role"] ?? value["type"])?.string == "user"
    guard isAnswer || isPrompt else {
      receipt.skipped("checkpoint item", because: "an event of the client", at: offset)
      return
    }
    let text = value["text"].map { JSONWriter.quoted($0.string ?? "") }
    let parts = value["parts"]?.json ?? text ?? "[]"
    var record = JSONReader()
    let type = isAnswer ? "gemini" : "user"
    guard
      let item = try? record.parse(Array("{\"type\":\"\(type)\",\"content\":\(parts)}".utf8))
    else {
      return receipt.unknown(
        "checkpoint item", because: "it is nested too deeply", at: offset)
    }
    let id = StableHash.identifier([type, parts])
    let count = occurrences[ExactID(id), default: 0]
    occurrences[ExactID(id)] = count + 1
    let made = GeminiCLIMessages(
      item, id: count == 0 ? "c-\(id)" : "c-\(id)-\(count)", answered: [], receipt: &receipt,
      at: offset)
    for message in made.list {
      var message = message
      if message.parentID == nil { message.parentID = messages.last?.id }
      note(message)
      messages.append(message)
    }
  }

  private func note(_ message: Message) {
    guard !hasPrompt, message.role == .user else { return }
    name.add(message.text)
    guard message.kind == .message else { return }
    hasPrompt = true
    title = ConversationTitle.fromPrompt(message.text)
  }

  /// Hands over the conversation.
  func finish(into sink: any ConversationSink) throws {
    guard !messages.isEmpty else { return }
    var metadata = MetadataObject()
    metadata.add("kind", "checkpoint")
    metadata.add("tag", tag)
    try sink.add(
      Conversation(
        header: ConversationHeader(
          id: ConversationID(provider: .geminiCLI, native: "checkpoint-" + name.hex),
          title: tag.isEmpty ? title : tag, updatedAt: time, project: project, fidelity: .slim,
          metadata: metadata.json),
        messages: messages))
  }

  /// The time in the name of a state made before a change: `2026-01-31T10-20-30_000Z-FILE-TOOL`.
  private static func time(in name: Substring) -> Timestamp? {
    var bytes = Array(name.utf8.prefix(24))
    guard bytes.count == 24, bytes[10] == UInt8(ascii: "T"), bytes[19] == UInt8(ascii: "_") else {
      return nil
    }
    bytes[13] = UInt8(ascii: ":")
    bytes[16] = UInt8(ascii: ":")
    bytes[19] = UInt8(ascii: ".")
    return Timestamp(iso: String(decoding: bytes, as: UTF8.self))
  }
}
