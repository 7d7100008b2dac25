import PolylogueModel
import PolylogueParsing

/// Reads one chunk: what one side said, in whole or in part.
struct AIStudioChunk {
  private(set) var role: Role
  private(set) var kind = MessageKind.message
  let time: Timestamp?
  private(set) var blocks: [Block] = []
  private(set) var attachments: [Attachment] = []
  private(set) var usage: TokenUsage?
  var metadata = MetadataObject()

  private let value: JSONValue
  private let files: AIStudioFiles
  private let prompt: String
  private var calls = 0
  /// The call whose result comes next.
  private var openCall = ""
  /// The ids of the files, each with the number that tells the next one of that id apart.
  private var fileIDs: [ExactID: Int] = [:]

  init(_ value: JSONValue, files: AIStudioFiles, prompt: String) {
    self.value = value
    self.files = files
    self.prompt = prompt
    role =
      switch value["role"]?.string {
      case "user": .user
      case "system": .system
      case "function", "tool": .tool
      case "model", "assistant": .assistant
      // A draft without a role is the person's.
      default: .user
      }
    time = value["createTime"]?.timestamp
  }

  /// Whether it says nothing.
  var isEmpty: Bool { blocks.isEmpty && attachments.isEmpty }

  /// The text of a value with `parts` or `text`, never both: one repeats the other.
  static func text(of value: JSONValue) -> String {
    let parts = value["parts"].list.compactMap { $0["text"]?.text }.joined()
    return parts.isEmpty ? value["text"]?.text ?? "" : parts
  }

  // MARK: Content

  /// Reads everything.
  mutating func read(_ receipt: inout Receipt, offset: Int64) {
    let isThought = value["isThought"]?.bool == true
    let parts = value["parts"].list
    readFiles()
    readParts(parts, areThoughts: isThought, &receipt, offset)
    if !isThought {
      takeFlatText(parts)
    } else if let text = value["text"]?.text, !text.isEmpty, !parts.contains(where: \.hasText) {
      blocks.append(.thinking(text))
    }
    if !parts.contains(where: { $0["executableCode"] != nil || $0["codeExecutionResult"] != nil }) {
      readCode(value)
    }
    readGrounding()
    readTokens(isThought: isThought)
    readState()
    noteUnknown(&receipt, offset)
  }

  /// Reads the parts: slices of a stream, which join without anything between them.
  private mutating func readParts(
    _ parts: [JSONValue], areThoughts: Bool, _ receipt: inout Receipt, _ offset: Int64
  ) {
    var slices: [String] = []
    var isThought = areThoughts
    func endSlices() {
      guard !slices.isEmpty else { return }
      let text = slices.joined()
      blocks.append(isThought ? .thinking(text) : .text(text))
      slices = []
    }
    for part in parts {
      if part.hasText {
        let isNextThought = areThoughts || part["thought"]?.bool == true
        if isNextThought != isThought { endSlices() }
        isThought = isNextThought
        slices.append(part["text"]?.text ?? "")
      } else if part.hasContent {
        endSlices()
        readPart(part, &receipt, offset)
      }
    }
    endSlices()
  }

  /// Reads a part that is no text.
  private mutating func readPart(_ part: JSONValue, _ receipt: inout Receipt, _ offset: Int64) {
    if let data = part["inlineData"] ?? part["inline_data"] {
      add(inline: data)
    } else if let file = part["fileData"] {
      add(
        Attachment(
          id: file["fileUri"]?.text ?? "file-\(attachments.count + 1)",
          name: file["displayName"]?.text, mediaType: file["mimeType"]?.text))
    } else if let call = part["functionCall"] {
      add(callOf: call["name"]?.text ?? "function", input: call["args"]?.json ?? "{}", call["id"])
    } else if let answer = part["functionResponse"] {
      blocks.append(
        .toolResult(
          ToolResult(
            callID: answer["id"]?.text ?? openCall, name: answer["name"]?.text,
            output: answer["response"].map { $0.text ?? $0.json } ?? "")))
    } else if part["executableCode"] != nil || part["codeExecutionResult"] != nil {
      readCode(part)
    } else {
      receipt.unknownDetail("part of a chunk", because: "of a kind not known", at: offset)
      blocks.append(.unknown(type: "part", json: part.json))
    }
  }

  /// Takes `text` where the parts do not say it: one repeats the other, but a person may edit the
  /// text, and a part may have been lost.
  private mutating func takeFlatText(_ parts: [JSONValue]) {
    guard let text = value["text"]?.text, !text.isEmpty else { return }
    let places = blocks.indices.filter { if case .text = blocks[$0] { true } else { false } }
    let sliced = places.map { if case .text(let text) = blocks[$0] { text } else { "" } }.joined()
    guard !sliced.hasSameBytes(as: text) else { return }
    // Where thoughts are not marked in the text, the text may hold them too.
    let all = parts.compactMap { $0["text"]?.text }.joined()
    guard !all.hasSameBytes(as: text) else { return }
    guard
      sliced.isEmpty || value["isEdited"]?.bool == true || text.utf8.count > sliced.utf8.count
    else { return }
    blocks.removeAll { if case .text = $0 { true } else { false } }
    let place = blocks.firstIndex { if case .thinking = $0 { false } else { true } }
    blocks.insert(.text(text), at: min(place ?? blocks.count, blocks.count))
  }

  private mutating func readCode(_ value: JSONValue) {
    if let code = value["executableCode"] {
      let text = code["code"]?.text ?? ""
      var input = JSONWriter()
      input.beginObject()
      input.key("language")
      input.value(code["language"]?.text)
      input.key("code")
      input.value(text)
      input.endObject()
      add(callOf: "code_execution", input: input.text, code["id"])
    }
    if let result = value["codeExecutionResult"] {
      let outcome = result["outcome"]?.text ?? "OUTCOME_OK"
      blocks.append(
        .toolResult(
          ToolResult(
            callID: openCall, name: "code_execution", output: result["output"]?.text ?? "",
            isError: outcome != "OUTCOME_OK" && outcome != "OUTCOME_UNSPECIFIED")))
      // A result in a chunk of its own is what the tool said.
      if blocks.count == 1 { (role, kind) = (.tool, .toolResult) }
    }
  }

  private mutating func add(callOf name: String, input: String, _ id: JSONValue?) {
    calls += 1
    // "#" says that the message's id is to be put before it.
    openCall = id?.text ?? "#\(calls)"
    blocks.append(.toolCall(ToolCall(id: openCall, name: name, input: input)))
  }

  // MARK: Files and sources

  private mutating func readFiles() {
    for key: StaticString in ["driveDocument", "driveImage", "driveAudio", "driveVideo"] {
      guard let file = value[key], let id = file["id"]?.text else { continue }
      let name = (file["name"] ?? file["displayName"])?.text
      add(
        Attachment(
          id: id, name: name, mediaType: file["mimeType"]?.text,
          byteCount: (file["sizeBytes"] ?? file["size"])?.integer,
          member: files.member(id: id, name: name, besides: prompt)))
    }
    for key: StaticString in ["inlineFile", "inlineImage", "inlineData", "inlineAudio"] {
      if let data = value[key] { add(inline: data) }
    }
    if let video = value["youtubeVideo"], let id = video["id"]?.text {
      blocks.append(
        .citation(
          Citation(
            title: video["title"]?.text ?? "YouTube video",
            url: id.utf8.contains(UInt8(ascii: ":")) ? id : "https://www.youtube.com/watch?v=" + id)
        ))
      metadata.add("video", value["videoMetadata"])
    }
  }

  private mutating func add(inline data: JSONValue) {
    let file = InlineMedia.attachment(
      id: "inline-\(attachments.count + 1)",
      name: (data["displayName"] ?? data["name"])?.text,
      mediaType: (data["mimeType"] ?? data["mime_type"])?.text, base64: data["data"]?.text ?? "")
    add(file)
  }

  private mutating func add(_ file: Attachment) {
    var file = file
    file.id = freeID(file.id)
    attachments.append(file)
    blocks.append(.attachment(id: file.id))
  }

  /// An id that no other file of the message has.
  private mutating func freeID(_ id: String) -> String {
    var free = id
    var number = fileIDs[ExactID(id)] ?? attachments.count + 1
    while fileIDs[ExactID(free)] != nil {
      free = "\(id)-\(number)"
      number += 1
    }
    fileIDs[ExactID(free)] = 2
    if !free.hasSameBytes(as: id) { fileIDs[ExactID(id)] = number }
    return free
  }

  private mutating func readGrounding() {
    guard let grounding = value["grounding"] else { return readCitations(value["citations"].list) }
    var quotes: [ExactID: String] = [:]
    var urls: [(url: String, title: String?)] = []
    func note(_ source: JSONValue) {
      guard let url = (source["uri"] ?? source["url"])?.text, quotes[ExactID(url)] == nil else {
        return
      }
      quotes[ExactID(url)] = ""
      urls.append((url, source["title"]?.text))
    }
    for source in grounding["groundingSources"].list { note(source) }
    for source in grounding["groundingChunks"].list {
      (source["web"] ?? source["retrievedContext"]).map(note)
    }
    for segment in grounding["corroborationSegments"].list {
      note(segment)
      guard let url = segment["uri"]?.text, quotes[ExactID(url)] == "" else { continue }
      quotes[ExactID(url)] = segment["text"]?.text ?? ""
    }
    for (url, title) in urls {
      let quote = quotes[ExactID(url)] ?? ""
      blocks.append(.citation(Citation(title: title, url: url, quote: quote.isEmpty ? nil : quote)))
    }
    metadata.add("web_search_queries", grounding["webSearchQueries"])
    readCitations(value["citations"].list)
  }

  private mutating func readCitations(_ list: [JSONValue]) {
    for item in list {
      guard let url = (item["uri"] ?? item["url"])?.text else { continue }
      blocks.append(.citation(Citation(title: item["title"]?.text, url: url)))
    }
  }

  // MARK: State

  /// The most tokens that a message is believed to have.
  private static let tokenLimit: Int64 = 1 << 50

  private mutating func readTokens(isThought: Bool) {
    guard let stated = value["tokenCount"]?.integer, stated > 0 else { return }
    let count = min(stated, AIStudioChunk.tokenLimit)
    if role == .assistant {
      usage = TokenUsage(output: count, reasoning: isThought ? count : 0)
    } else {
      metadata.add("token_count", json: "\(count)")
    }
  }

  private mutating func readState() {
    if let finish = value["finishReason"]?.text, finish != "STOP" {
      metadata.add("finish_reason", finish)
    }
    metadata.add("edited", value["isEdited"])
    metadata.add("with_api_key", value["isGeneratedUsingApiKey"])
    metadata.add("safety_ratings", value["safetyRatings"])
    metadata.add("branch_parent", value["branchParent"])
    metadata.add("branch_children", value["branchChildren"])
    guard let error = value["errorMessage"]?.text, !error.isEmpty else { return }
    metadata.add("error", error)
    // Nothing but a failure was said.
    if isEmpty {
      kind = .notice
      blocks.append(.text(error))
    }
  }

  private static let known: Set<String> = [
    "role", "text", "parts", "isThought", "thinkingBudget", "tokenCount", "createTime",
    "finishReason", "safetyRatings", "isEdited", "isGeneratedUsingApiKey", "errorMessage",
    "driveDocument", "driveImage", "driveAudio", "driveVideo", "inlineFile", "inlineImage",
    "inlineData", "inlineAudio", "youtubeVideo", "videoMetadata", "executableCode",
    "codeExecutionResult", "grounding", "citations", "branchParent", "branchChildren", "id",
    "thoughtSignature", "thoughtSignatures", "updateTime", "name",
  ]

  private func noteUnknown(_ receipt: inout Receipt, _ offset: Int64) {
    value.forEachMember { key, value in
      let name = key.string
      guard !AIStudioChunk.known.contains(name), !value.isNull else { return }
      receipt.unknownDetail(
        "field of a chunk: \(name.prefix(40))", because: "not known to this version", at: offset)
    }
  }

  // MARK: Joining

  /// Adds what another chunk thought before this one.
  mutating func prepend(thoughts: AIStudioChunk) {
    let said = blocks
    let files = attachments
    (blocks, attachments, fileIDs) = (thoughts.blocks, thoughts.attachments, thoughts.fileIDs)
    append(said, files)
    add(thoughts.usage)
  }

  /// Adds a chunk that follows this one.
  mutating func append(_ other: AIStudioChunk) {
    append(other.blocks, other.attachments)
    add(other.usage)
  }

  /// Adds blocks and their files, whose ids may be those of files that are there.
  private mutating func append(_ more: [Block], _ files: [Attachment]) {
    var names: [ExactID: String] = [:]
    for var file in files {
      let id = file.id
      file.id = freeID(id)
      names[ExactID(id)] = file.id
      attachments.append(file)
    }
    for block in more {
      if case .attachment(let id) = block, let name = names[ExactID(id)] {
        blocks.append(.attachment(id: name))
      } else {
        blocks.append(block)
      }
    }
  }

  private mutating func add(_ more: TokenUsage?) {
    guard let more else { return }
    var sum = usage ?? TokenUsage()
    sum.output = min(sum.output + more.output, AIStudioChunk.tokenLimit)
    sum.reasoning = min(sum.reasoning + more.reasoning, AIStudioChunk.tokenLimit)
    usage = sum
  }
}

extension JSONValue {
  /// Whether a part says something.
  fileprivate var hasText: Bool { self["text"]?.text.map { !$0.isEmpty } ?? false }

  /// Whether a part without a text holds something else: what is known, or what is not.
  fileprivate var hasContent: Bool {
    let kinds = [
      "inlineData", "inline_data", "fileData", "functionCall", "functionResponse",
      "executableCode", "codeExecutionResult",
    ]
    if kinds.contains(where: { self[dynamic: $0] != nil }) { return true }
    return self["text"] == nil && self["thoughtSignature"] == nil && count > 0
  }
}
