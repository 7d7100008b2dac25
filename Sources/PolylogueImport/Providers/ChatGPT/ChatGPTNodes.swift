import PolylogueModel
import PolylogueParsing

/// The nodes of one conversation, in file order.
struct ChatGPTNodes {
  /// The ids: the keys of `mapping`.
  private(set) var ids: [String] = []
  /// The messages; nil where a node has none.
  private(set) var messages: [JSONValue?] = []
  /// Whether a node lists its children, which the slim form (2026-07) never does.
  private(set) var hasChildLists = false
  /// Nodes left out because their id was given before.
  private(set) var duplicateCount = 0
  private var values: [JSONValue] = []
  private var parents: [String?] = []
  private var index: [ExactID: Int] = [:]

  /// Gathers the nodes of a `mapping`: an object, or a list of nodes with ids.
  init(mapping: JSONValue) {
    reserve(mapping.count)
    mapping.forEachMember { key, node in add(id: key.string, node) }
    for node in mapping.elements {
      if let id = (node["id"] ?? node["message"]?["id"])?.text { add(id: id, node) }
    }
  }

  /// Gathers a plain list of messages, each following the one before.
  init(list: JSONValue, conversation: String) {
    reserve(list.count)
    var previous: String?
    for message in list.elements where message.kind == .object {
      let id = message["id"]?.text ?? "\(conversation)#\(ids.count)"
      guard index[ExactID(id)] == nil else {
        duplicateCount += 1
        continue
      }
      append(id: id, value: message, message: message, parent: previous)
      previous = id
    }
  }

  var count: Int { ids.count }

  /// How much of the original the export carries: the slim form has no lists of children, and its
  /// messages no status, weight or recipient.
  var fidelity: ConversationHeader.Fidelity {
    if hasChildLists || count == 0 { return .full }
    let isFull = messages.contains { message in
      guard let message else { return false }
      return message["status"] != nil || message["weight"] != nil || message["recipient"] != nil
    }
    return isFull ? .full : .slim
  }

  /// The node with an id.
  func node(_ id: String) -> Int? { index[ExactID(id)] }

  /// When a node's message was written.
  func time(_ node: Int) -> Timestamp? {
    guard let message = messages[node] else { return nil }
    return (message["create_time"] ?? message["created_at"])?.timestamp
  }

  /// The nodes as a tree. Edges come from `parent` alone; `children` only orders siblings.
  func tree() -> MessageTree {
    var edges = [Int](repeating: -1, count: count)
    for node in edges.indices {
      guard let parent = parents[node] else { continue }
      // The parent mostly stands just before its child.
      if node > 0, ids[node - 1].hasSameBytes(as: parent) {
        edges[node] = node - 1
      } else if let found = index[ExactID(parent)], found != node {
        edges[node] = found
      }
    }
    return MessageTree(parents: edges) { parent, siblings in
      var ranks: [Int: Int] = [:]
      if hasChildLists, parent >= 0, let list = values[parent]["children"] {
        for (rank, child) in list.elements.enumerated() {
          if let id = child.text, let node = index[ExactID(id)], ranks[node] == nil {
            ranks[node] = rank
          }
        }
      }
      var times: [Int: Timestamp] = [:]
      for node in siblings { times[node] = time(node) }
      siblings.sortSiblings(ranks: ranks, times: times)
    }
  }

  private mutating func reserve(_ count: Int) {
    ids.reserveCapacity(count)
    messages.reserveCapacity(count)
    values.reserveCapacity(count)
    parents.reserveCapacity(count)
    index.reserveCapacity(count)
  }

  private mutating func add(id: String, _ node: JSONValue) {
    var message: JSONValue?
    var parent: String?
    node.forEachMember { key, value in
      if key == "message" {
        if value.kind == .object { message = value }
      } else if key == "parent" {
        parent = value.text
      } else if key == "children", value.kind == .array {
        hasChildLists = true
      }
    }
    guard let known = index[ExactID(id)] else {
      return append(id: id, value: node, message: message, parent: parent)
    }
    duplicateCount += 1
    if messages[known] == nil, let message {
      messages[known] = message
      parents[known] = parents[known] ?? parent
    }
  }

  private mutating func append(
    id: String, value: JSONValue, message: JSONValue?, parent: String?
  ) {
    index[ExactID(id)] = ids.count
    ids.append(id)
    values.append(value)
    messages.append(message)
    parents.append(parent)
  }
}
