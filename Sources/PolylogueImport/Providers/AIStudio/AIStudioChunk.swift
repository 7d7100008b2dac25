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
    if isThought {
      let text = AIStudioChunk.text(of: value)
      if !text.isEmpty { blocks.append(.thinking(text)) }
    } else {
      readParts(parts, &receipt, offset)
      takeFlatText(parts)
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
    _ parts: [JSONValue], _ receipt: inout Receipt, _ offset: Int64
  ) {
    for part in parts {
      if let text = part["text"]?.text, !text.isEmpty {
        let isThought = part["thought"]?.bool == true
        switch (blocks.last, isThought) {
        case (.text(let before)?, false): blocks[blocks.count - 1] = .text(before + text)
        case (.thinking(let before)?, true): blocks[blocks.count - 1] = .thinking(before + text)
        default: blocks.append(isThought ? .thinking(text) : .text(text))
        }
      } else if let data = part["inlineData"] ?? part["inline_data"] {
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
      } else if part["text"] == nil, part["thoughtSignature"] == nil, part.count > 0 {
        receipt.unknownDetail("part of a chunk", because: "of a kind not known", at: offset)
        blocks.append(.unknown(type: "part", json: part.json))
      }
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
    for place in places.reversed() { blocks.remove(at: place) }
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
    blocks.append(.toolCall(ToolCall(id: id?.text ?? "#\(calls)", name: name, input: input)))
  }

  /// The call whose result comes next.
  private var openCall: String {
    for block in blocks.reversed() { if case .toolCall(let call) = block { return call.id } }
    return ""
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
    if attachments.contains(where: { $0.id.hasSameBytes(as: file.id) }) {
      file.id += "-\(attachments.count + 1)"
    }
    attachments.append(file)
    blocks.append(.attachment(id: file.id))
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

  private mutating func readTokens(isThought: Bool) {
    guard let count = value["tokenCount"]?.integer, count > 0 else { return }
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
    blocks.insert(contentsOf: thoughts.blocks, at: 0)
    attachments = thoughts.attachments + attachments
    add(tokensOf: thoughts)
  }

  /// Adds a chunk that follows this one.
  mutating func append(_ other: AIStudioChunk) {
    blocks += other.blocks
    attachments += other.attachments
    add(tokensOf: other)
  }

  private mutating func add(tokensOf other: AIStudioChunk) {
    guard let more = other.usage else { return }
    var sum = usage ?? TokenUsage()
    sum.output = sum.output.addingReportingOverflow(more.output).partialValue
    sum.reasoning = sum.reasoning.addingReportingOverflow(more.reasoning).partialValue
    usage = sum
  }
}
