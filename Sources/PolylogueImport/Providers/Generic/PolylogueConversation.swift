import PolylogueModel
import PolylogueParsing

/// Reads one conversation of Polylogue's own form.
///
/// What an export always states (a title that is null, a parent that is null) is taken as stated;
/// what a hand-written file leaves out is filled in from its messages.
struct PolylogueConversation {
  private let value: JSONValue
  private let provider: Provider
  private let offset: Int64
  private let member: (String) -> String
  private var messages: [Message] = []
  private var places: [ExactID: Int] = [:]
  private var occurrences: [ExactID: Int] = [:]
  private var parents: [String?] = []
  private var statesParents = false
  private var statesActive = false

  init(
    _ value: JSONValue, provider: Provider, offset: Int64, member: @escaping (String) -> String
  ) {
    self.value = value
    self.provider = provider
    self.offset = offset
    self.member = member
  }

  /// Reads all of it.
  mutating func read(into receipt: inout Receipt) -> Conversation {
    if let list = value["messages"] {
      for entry in list.elements { add(entry, receipt: &receipt) }
    }
    return Conversation(header: header(), messages: ordered())
  }

  // MARK: Messages

  private mutating func add(_ entry: JSONValue, receipt: inout Receipt) {
    guard let role = Role(name: entry["role"]?.string ?? "") else {
      receipt.unknown(
        "message", because: "its role is not user, assistant, system or tool", at: offset)
      return
    }
    var content = PolylogueContent(member: member)
    content.read(entry, receipt: &receipt, at: offset)
    var message = Message(
      id: "", role: role, kind: kind(entry, role, &receipt), author: entry["author"]?.text,
      model: entry["model"]?.text, timestamp: entry["timestamp"]?.timestamp,
      isActive: entry["active"]?.bool ?? true, isHidden: entry["hidden"]?.bool ?? false,
      blocks: content.blocks, attachments: content.attachments,
      usage: PolylogueContent.usage(entry["usage"]), metadata: Self.object(entry["metadata"]))
    message.id = id(entry, of: message)
    entry.forEachMember { key, _ in
      if key == "parent" { statesParents = true }
      if key == "active" { statesActive = true }
    }
    guard places[ExactID(message.id)] == nil else {
      receipt.unknown("message", because: "its id was given before", at: offset)
      return
    }
    places[ExactID(message.id)] = messages.count
    messages.append(message)
    parents.append(entry["parent"]?.text)
    receipt.understood("message")
  }

  private func kind(
    _ entry: JSONValue, _ role: Role, _ receipt: inout Receipt
  ) -> MessageKind {
    let usual: MessageKind = role == .tool ? .toolResult : role == .system ? .injected : .message
    guard let name = entry["kind"]?.string else { return usual }
    if let kind = MessageKind.allCases.first(where: { $0.name == name }) { return kind }
    receipt.unknownDetail("kind \(name)", because: "unknown kind of message", at: offset)
    return usual
  }

  /// The stated id, or one made from what the message says and how often that was said before.
  private mutating func id(_ entry: JSONValue, of message: Message) -> String {
    if let id = entry["id"]?.text, !id.isEmpty { return id }
    let id = StableHash.identifier([
      message.role.name, message.timestamp?.iso ?? "", entry["text"]?.string ?? "",
      entry["blocks"]?.json ?? "",
    ])
    let count = occurrences[ExactID(id), default: 0]
    occurrences[ExactID(id)] = count + 1
    return count == 0 ? "m-\(id)" : "m-\(id)-\(count)"
  }

  /// The messages with parents before their children. Where no message states a parent, each
  /// follows the one before.
  private mutating func ordered() -> [Message] {
    guard statesParents else {
      for index in messages.indices.dropFirst() {
        messages[index].parentID = messages[index - 1].id
      }
      return messages
    }
    let indices = parents.enumerated().map { index, parent in
      parent.flatMap { places[ExactID($0)] }.flatMap { $0 == index ? nil : $0 } ?? -1
    }
    let tree = MessageTree(parents: indices) { _, siblings in siblings.sort() }
    var active: [Bool]?
    if !statesActive {
      active = tree.latestLeaf(times: messages.map(\.timestamp)).map { tree.path(to: $0) }
    }
    return tree.order.map { node in
      var message = messages[node]
      message.parentID = tree.parents[node] < 0 ? nil : messages[tree.parents[node]].id
      if let active { message.isActive = active[node] }
      return message
    }
  }

  // MARK: Header

  private func header() -> ConversationHeader {
    var stated: Set<String> = []
    value.forEachMember { key, _ in stated.insert(key.string) }
    let times = messages.compactMap(\.timestamp)
    let prompt = messages.first { $0.role == .user && $0.kind == .message }
    return ConversationHeader(
      id: ConversationID(provider: provider, native: native()),
      title: stated.contains("title")
        ? value["title"]?.text : prompt.flatMap { ConversationTitle.fromPrompt($0.text) },
      createdAt: stated.contains("created_at") ? value["created_at"]?.timestamp : times.min(),
      updatedAt: stated.contains("updated_at") ? value["updated_at"]?.timestamp : times.max(),
      project: value["project"]?.text, lineage: lineage(),
      fidelity: value["fidelity"]?.string.flatMap(ConversationHeader.Fidelity.init(name:)) ?? .full,
      metadata: Self.object(value["metadata"]))
  }

  private func native() -> String {
    if let id = value["provider_id"]?.text ?? value["id"]?.text, !id.isEmpty { return own(id) }
    let prompt = messages.first { $0.role == .user }
    return "derived-"
      + StableHash.identifier([
        messages.first?.timestamp?.iso ?? "", prompt?.text ?? messages.first?.text ?? "",
      ])
  }

  /// An id without the provider in front.
  private func own(_ id: String) -> String {
    guard let public_ = ConversationID(id), public_.provider == provider else { return id }
    return public_.native
  }

  private func lineage() -> Lineage? {
    guard let lineage = value["lineage"], let parent = lineage["parent"]?.text else { return nil }
    let kinds: [Lineage.Kind] = [.fork, .subagent, .continuation]
    guard let kind = kinds.first(where: { $0.name == lineage["kind"]?.string }) else { return nil }
    return Lineage(kind: kind, parent: own(parent), origin: lineage["origin"]?.text)
  }

  private static func object(_ value: JSONValue?) -> String? {
    guard let value, value.kind == .object, value.count > 0 else { return nil }
    return value.json
  }
}
