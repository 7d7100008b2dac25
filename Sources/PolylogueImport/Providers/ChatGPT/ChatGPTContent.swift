import PolylogueModel
import PolylogueParsing

/// Turns the content of one message into blocks.
struct ChatGPTContent {
  /// What the text of a message is.
  enum Mode {
    case prose
    case call(id: String, tool: String)
    case result(callID: String, tool: String?)
  }

  private(set) var blocks: [Block] = []
  /// The citation marks taken out of the text.
  private(set) var marks: [ChatGPTMarks.Mark] = []
  /// Content types that this version does not understand.
  private(set) var unknownTypes: [String] = []
  private(set) var references = ChatGPTReferences()
  private(set) var images = [String]()
  /// Whether the content is an error message of the service.
  private(set) var isError = false
  /// Whether it is context that a program put there.
  private(set) var isContext = false
  var attachments: ChatGPTAttachments

  private let mode: Mode
  private let stripsMarks: Bool
  private var lines: [String] = []

  /// Prepares for one message.
  ///
  /// - Parameter stripsMarks: Whether the text was written by the model or a tool; what a person
  ///   wrote stays as it is.
  init(mode: Mode, stripsMarks: Bool, attachments: ChatGPTAttachments) {
    self.mode = mode
    self.stripsMarks = stripsMarks
    self.attachments = attachments
  }

  /// Reads content of any type.
  mutating func read(_ content: JSONValue) {
    guard content.kind == .object else {
      if let text = content.text { say(text) }
      return readParts(content)
    }
    guard let type = content["content_type"]?.string else {
      // Small exporters leave the type out.
      return readFallback(content)
    }
    switch type {
    case "text", "multimodal_text":
      if let parts = content["parts"] {
        readParts(parts)
      } else if let text = content["text"]?.text {
        say(text)
      }
    case "code": readCode(content)
    case "execution_output": say(content["text"]?.text)
    case "thoughts": readThoughts(content)
    case "reasoning_recap": readRecap(content)
    case "user_editable_context", "model_editable_context": readContext(content)
    default: readRare(type, content)
    }
  }

  /// Adds what the message's metadata says about sources, files and the run of code.
  mutating func read(_ metadata: ChatGPTMessageMetadata) {
    if let list = metadata.attachments { attachments.add(listed: list) }
    if let list = metadata.citations { references.addCitations(list) }
    if let list = metadata.references { references.addReferences(list) }
    if let list = metadata.citeMetadata { references.addCitations(list) }
    if let list = metadata.searchResults { references.addSearchResults(list) }
    guard let run = metadata.aggregateResult else { return }
    if run["in_kernel_exception"] != nil || run["system_exception"] != nil { isError = true }
    guard let messages = run["messages"] else { return }
    for message in messages.elements {
      guard let image = message["image_url"] else { continue }
      if let id = attachments.add(pointer: image) { blocks.append(.attachment(id: id)) }
    }
  }

  /// The blocks in their final form.
  mutating func finish() -> [Block] {
    if !marks.isEmpty { references.addUnexplained(marks) }
    switch mode {
    case .prose: break
    case .call(let id, let tool):
      let call = ToolCall(id: id, name: tool, input: lines.joined(separator: "\n"))
      blocks.insert(.toolCall(call), at: 0)
    case .result(let callID, let tool):
      let result = ToolResult(
        callID: callID, name: tool, output: lines.joined(separator: "\n\n"), isError: isError)
      blocks.insert(.toolResult(result), at: 0)
    }
    if !references.citations.isEmpty { blocks += references.blocks }
    return blocks
  }

  // MARK: Text

  private mutating func say(_ text: String?) {
    guard var text, !text.isEmpty else { return }
    if stripsMarks, ChatGPTMarks.mayOccur(in: text) {
      let cut = ChatGPTMarks.cut(text)
      text = cut.text
      marks += cut.marks
    }
    switch mode {
    case .prose:
      blocks.append(.text(text))
      if stripsMarks, text.containsBytes("sandbox:/mnt/data/") { addSandboxFiles(text) }
    case .call, .result: lines.append(text)
    }
  }

  private static let linkEnds = Array(")]}>\"'`".utf8)

  private mutating func addSandboxFiles(_ text: String) {
    let marker = Array("sandbox:/mnt/data/".utf8)
    let bytes = Array(text.utf8)
    var from = 0
    while let start = bytes.firstRange(of: marker, from: from) {
      var end = start + marker.count
      while end < bytes.count, bytes[end] > 32, !ChatGPTContent.linkEnds.contains(bytes[end]) {
        end += 1
      }
      if end > start + marker.count {
        attachments.add(sandbox: String(decoding: bytes[start..<end], as: UTF8.self))
      }
      from = end
    }
  }

  private mutating func readParts(_ parts: JSONValue) {
    if parts.kind == .string { return say(parts.string) }
    for part in parts.elements {
      if part.kind == .object { readPart(part) } else { say(part.text) }
    }
  }

  private mutating func readCode(_ content: JSONValue) {
    guard let text = content["text"]?.text, !text.isEmpty else { return }
    if case .prose = mode {
      let language = content["language"]?.string
      blocks.append(.code(language: language == "unknown" ? nil : language, text: text))
    } else {
      lines.append(text)
    }
  }

  private mutating func readThoughts(_ content: JSONValue) {
    let list = content["thoughts"] ?? content["parts"] ?? content["content"]
    if let text = list?.string { think(text) }
    guard let list else { return }
    for thought in list.elements {
      if let text = thought.string {
        think(text)
        continue
      }
      var text = thought["content"]?.text ?? ""
      if text.isEmpty, let chunks = thought["chunks"] {
        text = chunks.elements.compactMap { $0.text }.joined()
      }
      let summary = thought["summary"]?.text ?? ""
      think(summary.isEmpty || text.isEmpty ? summary + text : summary + "\n\n" + text)
    }
  }

  private mutating func readRecap(_ content: JSONValue) {
    if let text = content["content"]?.text { think(text) }
    if let parts = content["parts"] {
      for part in parts.elements { think(part.text ?? "") }
    }
  }

  private mutating func think(_ text: String) {
    guard !text.isEmpty else { return }
    let text = ChatGPTMarks.mayOccur(in: text) ? ChatGPTMarks.cut(text).text : text
    blocks.append(.thinking(text))
  }

  private mutating func readContext(_ content: JSONValue) {
    isContext = true
    for key: StaticString in [
      "user_profile", "user_instructions", "model_set_context", "repo_summary",
    ] {
      if let text = content[key]?.text, !text.isEmpty { blocks.append(.text(text)) }
    }
    for key: StaticString in ["repository", "structured_context"] {
      if let value = content[key], value.count > 0 {
        blocks.append(.unknown(type: "\(key)", json: value.json))
      }
    }
  }

  // MARK: Rare types

  private mutating func readRare(_ type: String, _ content: JSONValue) {
    switch type {
    case "tether_quote", "sonic_webpage":
      references.add(title: content["title"]?.text, url: content["url"]?.text)
      say((content["text"] ?? content["snippet"])?.text)
    case "tether_browsing_display":
      say(content["result"]?.text)
      say(content["summary"]?.text)
    case "system_error":
      isError = true
      let name = content["name"]?.text ?? ""
      let text = content["text"]?.text ?? ""
      say(name.isEmpty || text.isEmpty ? name + text : name + ": " + text)
    case "citable_code_output":
      let about = content["metadata"]
      references.add(title: about?["display_title"]?.text, url: about?["display_url"]?.text)
      say(content["output_str"]?.text)
    case "computer_output": readComputer(content)
    default:
      unknownTypes.append(type)
      readFallback(content)
      blocks.append(.unknown(type: type, json: content.json))
    }
  }

  private mutating func readComputer(_ content: JSONValue) {
    if let state = content["state"] {
      references.add(title: state["title"]?.text, url: state["url"]?.text)
      say(state["title"]?.text)
      say(state["dom_snapshot"]?.string)
    }
    if let shot = content["screenshot"], let id = attachments.add(pointer: shot) {
      blocks.append(.attachment(id: id))
    }
  }

  /// What can be read of content of an unknown type: its text, its parts, its result, and else
  /// the longer strings in it, so that they can be found.
  private mutating func readFallback(_ content: JSONValue) {
    if let text = content["text"]?.text {
      say(text)
    } else if let parts = content["parts"] {
      readParts(parts)
    } else if let result = content["result"]?.text {
      say(result)
    } else {
      var pending = content.members.reversed().map { $0.value }
      while let value = pending.popLast() {
        if let text = value.string, text.utf8.count > 20, text.utf8.contains(32) { say(text) }
        pending += value.elements.reversed()
        pending += value.members.reversed().map { $0.value }
      }
    }
  }

  // MARK: Parts

  private mutating func readPart(_ part: JSONValue) {
    let type = part["content_type"]?.string ?? ""
    switch type {
    case "image_asset_pointer", "audio_asset_pointer", "video_container_asset_pointer":
      place(part)
      addImageFacts(part)
    case "real_time_user_audio_video_asset_pointer":
      if let audio = part["audio_asset_pointer"] { place(audio) }
      if let video = part["video_container_asset_pointer"] { place(video) }
      if let frames = part["frames_asset_pointers"] {
        for frame in frames.elements { place(frame) }
      }
    case "audio_transcription", "text": say(part["text"]?.text)
    default:
      if part["asset_pointer"] != nil { place(part) }
      if let text = part["text"]?.text { say(text) }
      unknownTypes.append(type.isEmpty ? "part without type" : type)
      blocks.append(.unknown(type: type, json: part.json))
    }
  }

  private mutating func place(_ pointer: JSONValue) {
    if let id = attachments.add(pointer: pointer) { blocks.append(.attachment(id: id)) }
  }

  /// Keeps how a picture was asked for: newer image tools have no call that would say it.
  private mutating func addImageFacts(_ part: JSONValue) {
    guard let about = part["metadata"] else { return }
    var object = MetadataObject()
    object.add("prompt", about["dalle"]?["prompt"])
    object.add("gen_id", about["dalle"]?["gen_id"] ?? about["generation"]?["gen_id"])
    if let json = object.json { images.append(json) }
  }
}
