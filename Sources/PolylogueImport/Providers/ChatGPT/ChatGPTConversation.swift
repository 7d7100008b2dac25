import PolylogueModel
import PolylogueParsing

/// Reads one conversation and hands its messages over in order.
struct ChatGPTConversation {
  let id: ConversationID
  let folder: ChatGPTFolder
  let offset: Int64
  /// Files that a browser extension kept beside the conversation, by message id.
  var captured: [ExactID: [ChatGPTCapture.File]] = [:]

  private let nodes: ChatGPTNodes
  private let tree: MessageTree
  private let active: [Bool]

  // What each node passes on to its children, by node.
  /// The nearest message at or above the node; -1 where there is none.
  private var carriers: [Int]
  /// The nearest call of a tool in the same turn.
  private var calls: [Int]
  /// The message of the person that began the turn.
  private var turns: [Int]
  /// The state of the documents; empty while there are none.
  private var documentStates: [Int] = []
  private var canvas = ChatGPTCanvas()
  private var callNames: [Int: String] = [:]
  private var timedTurns: Set<Int> = []
  private var textdocs: [ExactID: (message: Int, isComplete: Bool)] = [:]
  /// Messages that a document's final text may still have to be added to.
  private var held: [Message] = []

  init(
    id: ConversationID, nodes: ChatGPTNodes, currentNode: String?, folder: ChatGPTFolder,
    offset: Int64
  ) {
    self.id = id
    self.folder = folder
    self.offset = offset
    self.nodes = nodes
    let tree = nodes.tree()
    var leaf = currentNode.flatMap { nodes.node($0) }
    if leaf == nil { leaf = tree.latestLeaf(times: (0..<nodes.count).map { nodes.time($0) }) }
    active = leaf.map { tree.path(to: $0) } ?? []
    self.tree = tree
    carriers = [Int](repeating: -1, count: nodes.count)
    calls = carriers
    turns = carriers
  }

  /// Reads all messages and hands each over as soon as it is complete.
  mutating func read(into sink: any ConversationSink) throws {
    for node in tree.order {
      let parent = tree.parents[node]
      if parent >= 0 {
        carriers[node] = carriers[parent]
        calls[node] = calls[parent]
        turns[node] = turns[parent]
        if !documentStates.isEmpty { documentStates[node] = documentStates[parent] }
      }
      guard let value = nodes.messages[node] else { continue }
      let message = read(value, node: node, receipt: &sink.receipt)
      carriers[node] = node
      if documentStates.isEmpty {
        try sink.add(message, to: id)
      } else {
        held.append(message)
      }
    }
    completeDocuments()
    for message in held { try sink.add(message, to: id) }
    for _ in 0..<min(nodes.duplicateCount, 1000) {
      sink.receipt.skipped("node", because: "its id was given before", at: offset)
    }
  }

  // MARK: One message

  private mutating func read(
    _ value: JSONValue, node: Int, receipt: inout Receipt
  ) -> Message {
    let fields = ChatGPTFields(value)
    let about = ChatGPTMessageMetadata(fields.metadata)
    let type = fields.content?["content_type"]?.string
    var content = ChatGPTContent(
      mode: mode(of: fields, node: node), stripsMarks: fields.role != .user,
      attachments: ChatGPTAttachments(assets: folder.assets, conversation: id.native))
    if let body = fields.content { content.read(body) }
    content.read(about)
    addCaptured(fields, node: node, to: &content)
    var blocks = content.finish()
    readDocuments(fields, about, node: node, blocks: &blocks)

    let isHidden = about.isHidden || fields.weight == 0 || fields.role == .system
    var message = Message(
      id: nodes.ids[node], role: fields.role, author: fields.authorName,
      model: about.model ?? about.resolvedModel, timestamp: fields.time,
      isActive: active[node], isHidden: isHidden || content.isContext, blocks: blocks,
      attachments: content.attachments.list)
    if carriers[node] >= 0 { message.parentID = nodes.ids[carriers[node]] }
    if fields.role == .tool {
      message.kind = .toolResult
    } else if fields.role == .system || content.isContext || about.isSystemMessage {
      message.kind = .injected
    } else if content.isError {
      message.kind = .notice
    }
    if fields.role == .user, !isHidden, !content.isContext {
      turns[node] = node
      calls[node] = -1
    }
    message.metadata = metadata(fields, about, content, type: type, node: node)
    count(content, type: type, in: &receipt)
    return message
  }

  private mutating func mode(of fields: ChatGPTFields, node: Int) -> ChatGPTContent.Mode {
    if fields.isCall, let tool = fields.recipient {
      calls[node] = node
      callNames[node] = tool
      return .call(id: nodes.ids[node], tool: tool)
    }
    guard fields.role == .tool else { return .prose }
    let call = self.call(answeredBy: fields.authorName, at: node)
    return .result(callID: call.map { nodes.ids[$0] } ?? "", tool: fields.authorName)
  }

  /// The call that a tool's answer belongs to: there is no call id, only the parent edge. The
  /// nearest call of that tool in the turn, else the nearest call at all.
  private func call(answeredBy tool: String?, at node: Int) -> Int? {
    let nearest = calls[node]
    guard nearest >= 0 else { return nil }
    guard let tool else { return nearest }
    var candidate = nearest
    // Parallel calls stand in a short row; a long walk would be quadratic.
    for _ in 0..<32 {
      if callNames[candidate] == tool { return candidate }
      let above = tree.parents[candidate]
      guard above >= 0, calls[above] >= 0 else { break }
      candidate = calls[above]
    }
    return nearest
  }

  private func addCaptured(
    _ fields: ChatGPTFields, node: Int, to content: inout ChatGPTContent
  ) {
    guard !captured.isEmpty else { return }
    let names = [nodes.ids[node], fields.id?.text ?? ""]
    for name in names {
      guard let files = captured[ExactID(name)] else { continue }
      for file in files {
        content.attachments.add(
          id: file.id, name: file.name, mediaType: file.mediaType, bytes: file.bytes)
      }
      return
    }
  }

  private func count(_ content: ChatGPTContent, type: String?, in receipt: inout Receipt) {
    if content.unknownTypes.isEmpty {
      receipt.understood(ChatGPTConversation.tallyNames[type ?? ""] ?? "message")
    }
    for type in content.unknownTypes {
      receipt.unknownDetail("message: " + type, because: "an unknown type of content", at: offset)
    }
    guard folder.assets.hasMembers, !content.attachments.list.isEmpty else { return }
    for file in content.attachments.list {
      if file.member != nil || file.inlineBytes != nil {
        receipt.understood("attachment")
      } else {
        receipt.skipped("attachment", because: "the export does not hold the file", at: offset)
      }
    }
  }

  /// Made once: joining strings for each message would cost more than counting it.
  private static let tallyNames: [String: String] = {
    var names: [String: String] = [:]
    for type in [
      "text", "multimodal_text", "code", "execution_output", "computer_output", "thoughts",
      "reasoning_recap", "tether_quote", "tether_browsing_display", "sonic_webpage",
      "system_error", "citable_code_output", "user_editable_context", "model_editable_context",
    ] {
      names[type] = "message: " + type
    }
    return names
  }()

  // MARK: Documents

  private mutating func readDocuments(
    _ fields: ChatGPTFields, _ about: ChatGPTMessageMetadata, node: Int, blocks: inout [Block]
  ) {
    let isCanvasCall = fields.isCall && fields.recipient?.hasPrefix("canmore.") ?? false
    if isCanvasCall, case .toolCall(let call)? = blocks.first {
      if documentStates.isEmpty {
        documentStates = [Int](repeating: -1, count: nodes.count)
      }
      let document = canvas.read(
        recipient: call.name, input: call.input, textdoc: textdoc(answering: node, about),
        fallback: nodes.ids[node], state: &documentStates[node])
      if let document {
        blocks.append(.document(document))
        if active[node] {
          textdocs[ExactID(document.id)] = (held.count, document.isComplete)
        }
      }
    } else if !documentStates.isEmpty, let shown = about.canvas,
      shown["has_user_edit"]?.bool == true, let id = shown["textdoc_id"]?.text
    {
      canvas.edited(textdoc: id, state: &documentStates[node])
    }
  }

  /// The id of the document that a call made or changed, which its answer states.
  private func textdoc(answering node: Int, _ about: ChatGPTMessageMetadata) -> String? {
    if let id = about.canvas?["textdoc_id"]?.text { return id }
    for child in tree.children(of: node) {
      let shown = nodes.messages[child]?["metadata"]?["canvas"]
      if let id = shown?["textdoc_id"]?.text { return id }
    }
    return nil
  }

  /// Adds the text that the export keeps in `textdocs/` to documents whose last change could not
  /// be followed.
  private mutating func completeDocuments() {
    for (id, last) in textdocs where !last.isComplete {
      guard !id.string.utf8.contains(UInt8(ascii: "/")),
        let file = folder.companion("textdocs/\(id.string).json"),
        let content = file["content"]?.text
      else { continue }
      held[last.message].blocks.append(
        .document(
          Document(
            id: id.string, title: file["title"]?.text, language: file["type"]?.text,
            content: content)))
    }
  }

  // MARK: Metadata

  private mutating func metadata(
    _ fields: ChatGPTFields, _ about: ChatGPTMessageMetadata, _ content: ChatGPTContent,
    type: String?, node: Int
  ) -> String? {
    var object = about.kept
    if let status = fields.status?.string, status != "finished_successfully" {
      object.add("status", status)
    }
    if let channel = fields.channel { object.add("channel", channel) }
    if let reason = about.finish?["type"]?.string, reason != "stop" {
      object.add("finish_type", reason)
    }
    // The duration is copied on many messages of a turn: it is kept on the first of them.
    if let duration = about.duration, timedTurns.insert(turns[node]).inserted {
      object.add("finished_duration_sec", duration)
    }
    if let author = fields.author?["metadata"], author.count > 0 {
      object.add("real_author", author["real_author"])
    }
    if !content.images.isEmpty {
      object.add("images", json: "[" + content.images.joined(separator: ",") + "]")
    }
    if !content.marks.isEmpty {
      object.add("marks", json: ChatGPTConversation.json(of: content.marks))
    }
    if !folder.feedback.isEmpty {
      let said =
        folder.feedback[ExactID(nodes.ids[node])]
        ?? fields.id?.string.flatMap { folder.feedback[ExactID($0)] }
      if let said { object.add("feedback", json: said) }
    }
    return object.json
  }

  private static func json(of marks: [ChatGPTMarks.Mark]) -> String {
    let parts = marks.map { mark in
      let arguments = mark.arguments.map { JSONWriter.quoted($0) }.joined(separator: ",")
      return "{\"at\":\(mark.position),\"kind\":\(JSONWriter.quoted(mark.kind))"
        + ",\"args\":[\(arguments)]}"
    }
    return "[" + parts.joined(separator: ",") + "]"
  }
}
