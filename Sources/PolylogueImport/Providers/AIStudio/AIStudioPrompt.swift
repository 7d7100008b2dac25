import PolylogueModel
import PolylogueParsing

/// Reads one prompt: its chunks as a conversation.
struct AIStudioPrompt {
  private let value: JSONValue
  private let offset: Int64
  private let label: String
  private let files: AIStudioFiles
  private let model: String?
  private var messages: [Message] = []
  /// How often a text has been said in the same role: chunks have no ids of their own.
  private var repeats: [ExactID: Int] = [:]
  private var ids: Set<ExactID> = []
  /// The messages that chunks with ids of their own became part of.
  private var chunkIDs: [ExactID: String] = [:]
  /// Reasoning that waits for the chunk it led to.
  private var thoughts: AIStudioChunk?
  private var lineage: Lineage?
  private var branches = MetadataObject()

  init(_ record: Record, label: String, files: AIStudioFiles) {
    value = record.value
    offset = record.offset
    self.label = label
    self.files = files
    model = value["runSettings"]?["model"]?.text.map(AIStudioPrompt.modelName)
  }

  /// Whether a document is a prompt, of today's kind or an older one.
  static func isPrompt(_ value: JSONValue) -> Bool {
    if value["chunkedPrompt"]?.kind == .object { return true }
    return value["runSettings"] != nil && AIStudioLegacy.kind(of: value) != nil
  }

  /// Reads everything.
  mutating func read(into receipt: inout Receipt) -> Conversation {
    readInstruction(&receipt)
    if let prompt = value["chunkedPrompt"] {
      for chunk in prompt["chunks"].list { read(chunk, &receipt) }
      flushThoughts(&receipt)
      for input in prompt["pendingInputs"].list {
        readDraft(input, &receipt)
      }
    } else {
      for turn in AIStudioLegacy.turns(of: value) {
        add(
          Message(
            id: "", parentID: messages.last?.id, role: turn.role, kind: turn.kind,
            model: turn.role == .assistant ? model : nil, blocks: [.text(turn.text)]))
        receipt.understood("turn of an older prompt")
      }
    }
    markActivePath()
    return Conversation(header: header, messages: messages)
  }

  // MARK: Chunks

  private mutating func readInstruction(_ receipt: inout Receipt) {
    guard let stated = value["systemInstruction"] else { return }
    // Often {}: the field was never filled in.
    let text = stated.text ?? AIStudioChunk.text(of: stated)
    guard !text.isEmpty else { return }
    receipt.understood("system instruction")
    messages.append(
      Message(
        id: "system-instruction", role: .system, kind: .injected, blocks: [.text(text)]))
    ids.insert(ExactID("system-instruction"))
  }

  private mutating func read(_ value: JSONValue, _ receipt: inout Receipt) {
    guard value.kind == .object else {
      return receipt.unknown("chunk", because: "no object but \(value.kind)", at: offset)
    }
    var chunk = AIStudioChunk(value, files: files, prompt: label)
    chunk.read(&receipt, offset: offset)
    if value["isThought"]?.bool == true {
      receipt.understood("chunk")
      guard thoughts != nil else { return thoughts = chunk }
      thoughts?.append(chunk)
      return
    }
    guard !chunk.isEmpty else {
      return receipt.skipped("chunk", because: "it is empty", at: offset)
    }
    if let waiting = thoughts {
      if chunk.role == .assistant {
        chunk.prepend(thoughts: waiting)
        thoughts = nil
      } else {
        flushThoughts(&receipt)
      }
    }
    note(branchesOf: value)
    receipt.understood("chunk")
    add(message(of: chunk, parent: parent(of: value)), chunk: value["id"]?.text)
  }

  /// Reasoning that led to nothing is a message of its own.
  private mutating func flushThoughts(_ receipt: inout Receipt) {
    guard let chunk = thoughts else { return }
    thoughts = nil
    guard !chunk.blocks.isEmpty else {
      return receipt.skipped("thought", because: "it is empty", at: offset)
    }
    add(message(of: chunk, parent: messages.last?.id))
  }

  /// Keeps what was typed and not yet sent, marked as a draft.
  private mutating func readDraft(_ value: JSONValue, _ receipt: inout Receipt) {
    var chunk = AIStudioChunk(value, files: files, prompt: label)
    chunk.read(&receipt, offset: offset)
    guard !chunk.isEmpty else {
      return receipt.skipped("draft", because: "nothing was typed", at: offset)
    }
    receipt.understood("draft")
    chunk.metadata.add("draft", json: "true")
    add(message(of: chunk, parent: messages.last?.id), chunk: value["id"]?.text)
  }

  private func message(of chunk: AIStudioChunk, parent: String?) -> Message {
    Message(
      id: "", parentID: parent, role: chunk.role, kind: chunk.kind,
      model: chunk.role == .assistant ? model : nil, timestamp: chunk.time, blocks: chunk.blocks,
      attachments: chunk.attachments, usage: chunk.usage, metadata: chunk.metadata.json)
  }

  /// Adds a message under an id that an edit elsewhere in the prompt does not change: the chunk's
  /// own, else one made from what it says.
  private mutating func add(_ message: Message, chunk: String? = nil) {
    var message = message
    let stated = chunk.flatMap { $0.isEmpty ? nil : $0 }
    let name = stated ?? AIStudioPrompt.contentID(of: message)
    var number = repeats[ExactID(name), default: 0]
    repeat {
      message.id = number == 0 ? name : "\(name)-\(number + 1)"
      number += 1
    } while !ids.insert(ExactID(message.id)).inserted
    repeats[ExactID(name)] = number
    if let stated { chunkIDs[ExactID(stated)] = message.id }
    message.blocks = message.blocks.map { AIStudioPrompt.pair($0, in: message.id) }
    // The result of a call that stands in the message before it.
    if message.role == .tool, let last = messages.last {
      let call = last.blocks.last { if case .toolCall = $0 { true } else { false } }
      if case .toolCall(let call)? = call {
        message.blocks = message.blocks.map { AIStudioPrompt.answer($0, call) }
      }
    }
    messages.append(message)
  }

  // MARK: Branches

  /// What a chunk follows: the chunk it names, else the one before it.
  private func parent(of chunk: JSONValue) -> String? {
    let named = chunk["branchParent"]?["id"]?.text.flatMap { chunkIDs[ExactID($0)] }
    return named ?? messages.last?.id
  }

  /// Notes that this prompt was branched off another one, or others off it.
  private mutating func note(branchesOf chunk: JSONValue) {
    let parent = chunk["branchParent"]
    if lineage == nil, let prompt = parent?["promptId"]?.text, !prompt.isEmpty {
      lineage = Lineage(kind: .fork, parent: AIStudioPrompt.driveID(of: prompt))
      branches.add("branch_parent", parent?["displayName"])
    }
  }

  private mutating func markActivePath() {
    guard let last = messages.last else { return }
    var parents: [ExactID: String] = [:]
    for message in messages { parents[ExactID(message.id)] = message.parentID }
    var path: Set<ExactID> = []
    var next: String? = last.id
    while let id = next, path.insert(ExactID(id)).inserted { next = parents[ExactID(id)] }
    for index in messages.indices where messages[index].role != .system {
      messages[index].isActive = path.contains(ExactID(messages[index].id))
    }
  }

  // MARK: Header

  private var header: ConversationHeader {
    let stated = (value["displayName"] ?? value["title"])?.text
    let title = stated.flatMap { $0.isEmpty ? nil : $0 } ?? AIStudioFiles.title(of: label)
    let first = messages.first { $0.role == .user }
    let times = messages.compactMap(\.timestamp)
    var object = branches
    object.add("run_settings", value["runSettings"])
    object.add("citations", value["citations"])
    if AIStudioLegacy.kind(of: value) != nil {
      object.add("kind", AIStudioLegacy.kind(of: value))
    }
    return ConversationHeader(
      id: ConversationID(provider: .gemini, native: nativeID(first)),
      title: title ?? first.flatMap { ConversationTitle.fromPrompt($0.text) },
      createdAt: value["createTime"]?.timestamp ?? times.min(),
      updatedAt: (value["updateTime"] ?? value["modifiedTime"])?.timestamp ?? times.max(),
      lineage: lineage, metadata: object.json)
  }

  /// The id in Drive where the label or the file tells it, else one made from the file's name and
  /// the first prompt: neither changes while the conversation goes on.
  private func nativeID(_ first: Message?) -> String {
    if let id = AIStudioFiles.id(in: label) { return id }
    for key: StaticString in ["id", "promptId", "name"] {
      if let id = value[key]?.text, !id.isEmpty { return AIStudioPrompt.driveID(of: id) }
    }
    return "derived-"
      + StableHash.identifier([
        "gemini", AIStudioFiles.title(of: label) ?? "", first?.timestamp?.iso ?? "",
        first.map(AIStudioPrompt.contentID) ?? "",
      ])
  }

  // MARK: Names

  /// `prompts/ID` as `ID`.
  private static func driveID(of promptID: String) -> String {
    promptID.hasPrefix("prompts/") ? String(promptID.dropFirst(8)) : promptID
  }

  private static func modelName(_ name: String) -> String {
    name.hasPrefix("models/") ? String(name.dropFirst(7)) : name
  }

  /// An id made from what a message says.
  private static func contentID(of message: Message) -> String {
    var texts = [message.role.name]
    for block in message.blocks {
      switch block {
      case .text(let text): texts += ["text", text]
      case .thinking(let text): texts += ["thinking", text]
      case .toolCall(let call): texts += ["call", call.name, call.input]
      case .toolResult(let result): texts += ["result", result.output]
      case .code(_, let text): texts += ["code", text]
      // Its number only tells of its place; the file itself follows below.
      case .attachment, .citation, .document, .unknown: continue
      }
    }
    for file in message.attachments {
      texts += ["file", file.name ?? file.id, file.byteCount.map { "\($0)" } ?? ""]
    }
    return StableHash.identifier(texts)
  }

  /// Gives calls and results that have no id one of the message's, so that they find each other.
  private static func pair(_ block: Block, in message: String) -> Block {
    switch block {
    case .toolCall(var call) where call.id.isEmpty || call.id.hasPrefix("#"):
      call.id = message + call.id
      return .toolCall(call)
    case .toolResult(var result) where result.callID.hasPrefix("#"):
      result.callID = message + result.callID
      return .toolResult(result)
    default: return block
    }
  }

  private static func answer(_ block: Block, _ call: ToolCall) -> Block {
    guard case .toolResult(var result) = block, result.callID.isEmpty else { return block }
    result.callID = call.id
    result.name = result.name ?? call.name
    return .toolResult(result)
  }
}
