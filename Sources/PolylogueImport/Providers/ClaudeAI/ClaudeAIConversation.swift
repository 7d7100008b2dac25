import PolylogueModel
import PolylogueParsing

/// Reads one conversation.
struct ClaudeAIConversation {
  private let value: JSONValue
  private let offset: Int64
  private var entries: [JSONValue] = []
  private var ids: [String] = []
  private var index: [ExactID: Int] = [:]
  private var parents: [Int] = []
  private var isTree = false
  private var duplicateCount = 0
  private var artifacts = ClaudeAIArtifacts()

  init(_ value: JSONValue, offset: Int64) {
    self.value = value
    self.offset = offset
  }

  /// Reads the messages and everything else.
  mutating func read(into receipt: inout Receipt) -> Conversation {
    let stated = value["uuid"]?.text ?? ""
    let native = stated.isEmpty ? derivedID() : stated
    gather(conversation: native)
    link()
    let tree = MessageTree(parents: parents) { _, siblings in
      // chat_messages stands in the order in which messages were made.
      siblings.sort()
    }
    let active = activePath(tree)
    var messages: [Message] = []
    messages.reserveCapacity(entries.count)
    var states = [Int](repeating: -1, count: entries.count)
    for node in tree.order {
      let parent = tree.parents[node]
      if parent >= 0 { states[node] = states[parent] }
      var message = read(node, state: &states[node], receipt: &receipt)
      message.isActive = active[node]
      if parent >= 0 { message.parentID = ids[parent] }
      messages.append(message)
    }
    for _ in 0..<min(duplicateCount, 1000) {
      receipt.skipped("message", because: "its uuid was given before", at: offset)
    }
    return Conversation(header: header(native), messages: messages)
  }

  // MARK: Order

  private mutating func gather(conversation: String) {
    guard let list = value["chat_messages"] else { return }
    entries.reserveCapacity(list.count)
    ids.reserveCapacity(list.count)
    index.reserveCapacity(list.count)
    for (position, entry) in list.elements.enumerated() where entry.kind == .object {
      let id = entry["uuid"]?.text ?? "\(conversation)#\(position)"
      guard index[ExactID(id)] == nil else {
        duplicateCount += 1
        continue
      }
      index[ExactID(id)] = ids.count
      ids.append(id)
      entries.append(entry)
    }
  }

  /// Finds each message's parent. Old exports name none: then the list is one line. A parent that
  /// is not in the list (a nil-like uuid) marks a root.
  private mutating func link() {
    parents = [Int](repeating: -1, count: entries.count)
    for node in entries.indices {
      if let parent = entries[node]["parent_message_uuid"]?.text {
        isTree = true
        if node > 0, ids[node - 1].hasSameBytes(as: parent) {
          parents[node] = node - 1
        } else if let found = index[ExactID(parent)], found != node {
          parents[node] = found
        }
      } else {
        parents[node] = node - 1
      }
    }
  }

  private func activePath(_ tree: MessageTree) -> [Bool] {
    guard isTree else { return [Bool](repeating: true, count: entries.count) }
    var leaf = value["current_leaf_message_uuid"]?.text.flatMap { index[ExactID($0)] }
    if leaf == nil {
      leaf = tree.latestLeaf(times: entries.map { $0["created_at"]?.timestamp })
    }
    return leaf.map { tree.path(to: $0) } ?? []
  }

  // MARK: One message

  private mutating func read(
    _ node: Int, state: inout Int, receipt: inout Receipt
  ) -> Message {
    let entry = entries[node]
    let id = ids[node]
    var role: Role
    switch (entry["sender"] ?? entry["role"])?.string {
    case "human", "user": role = .user
    case "assistant": role = .assistant
    case "system": role = .system
    case "tool": role = .tool
    default: role = .assistant
    }
    if entry["sender"] == nil, entry["role"] == nil { role = .user }
    var content = ClaudeAIContent(message: id)
    content.read(entry, artifacts: &artifacts, state: &state)
    content.count(in: &receipt, offset: offset)
    var message = Message(
      id: id, role: role, model: entry["model"]?.string,
      timestamp: entry["created_at"]?.timestamp, blocks: content.blocks,
      attachments: ClaudeAIAttachments(entry, inContent: content.attachments).list)
    if role == .system { message.kind = .injected }
    if role == .tool { message.kind = .toolResult }
    var object = content.metadata
    object.add("stop_reason", entry["stop_reason"])
    object.add("truncated", entry["truncated"])
    message.metadata = object.json
    return message
  }

  // MARK: Header

  private func header(_ native: String) -> ConversationHeader {
    let project = value["project"]
    var object = MetadataObject()
    object.add("summary", value["summary"])
    object.add("model", value["model"])
    object.add("is_starred", value["is_starred"])
    object.add("is_temporary", value["is_temporary"])
    object.add("account_uuid", value["account"]?["uuid"])
    object.add("project_uuid", value["project_uuid"] ?? project?["uuid"])
    return ConversationHeader(
      id: ConversationID(provider: .claude, native: native),
      title: value["name"]?.text.flatMap { $0.isEmpty ? nil : $0 },
      createdAt: value["created_at"]?.timestamp, updatedAt: value["updated_at"]?.timestamp,
      project: (project?["name"] ?? project?["uuid"] ?? value["project_uuid"])?.text,
      metadata: object.json)
  }

  /// An id for a conversation without one, from what does not change between exports.
  private func derivedID() -> String {
    var id = StableHash()
    id.add("claude")
    let first = value["chat_messages"]?.elements.first { $0["sender"]?.string == "human" }
    let time = value["created_at"]?.timestamp ?? first?["created_at"]?.timestamp
    id.add(time.map { String($0.microseconds) } ?? "")
    id.add(first?["text"]?.text ?? first?["content"]?.json ?? "")
    return "derived-" + id.hex
  }
}
