public import PolylogueModel

/// The ways through a conversation's tree.
///
/// A conversation may name a parent that is not among its messages; such a message counts as a
/// root. Nothing here recurses, so depth costs nothing but time.
public struct BranchMap: Sendable {
  private let messages: [Message]
  private let places: [MessageKey: Int]
  private let parents: [Int?]
  private let children: [[Int]]

  /// Reads the tree.
  ///
  /// - Complexity: O(messages).
  public init(_ messages: [Message]) {
    var places: [MessageKey: Int] = [:]
    places.reserveCapacity(messages.count)
    for (place, message) in messages.enumerated() { places[MessageKey(message.id)] = place }
    var parents = [Int?](repeating: nil, count: messages.count)
    var children = [[Int]](repeating: [], count: messages.count)
    for (place, message) in messages.enumerated() {
      // A parent stands before its children; what claims otherwise would make a circle.
      guard let id = message.parentID, let parent = places[MessageKey(id)], parent < place else {
        continue
      }
      parents[place] = parent
      children[parent].append(place)
    }
    self.messages = messages
    self.places = places
    self.parents = parents
    self.children = children
  }

  /// The messages on the path last shown, in order.
  public var active: [Message] { messages.filter(\.isActive) }

  /// How many ways end somewhere: one for each message that nothing follows.
  public var leafCount: Int { leaves.count }

  /// The path to a leaf: the first is the one last shown, the others in the order of their leaves.
  ///
  /// - Parameter number: From 1.
  /// - Returns: nil when there is no such branch.
  public func path(toBranch number: Int) -> [Message]? {
    let leaves = leaves
    guard number >= 1, number <= leaves.count else { return nil }
    return path(to: leaves[number - 1])
  }

  /// The path through a message to the last leaf below it.
  ///
  /// - Returns: nil when there is no such message.
  public func path(through id: String) -> [Message]? {
    guard var place = places[MessageKey(id)] else { return nil }
    while let last = children[place].last { place = last }
    return path(to: place)
  }

  /// Whether the conversation has a message with this id.
  public func contains(_ id: String) -> Bool { places[MessageKey(id)] != nil }

  /// The position of a message among its siblings, from 1, and how many there are; nil for an only
  /// child, a root and an unknown message.
  public func position(of id: String) -> (number: Int, count: Int)? {
    guard let place = places[MessageKey(id)], let parent = parents[place],
      children[parent].count > 1, let number = children[parent].firstIndex(of: place)
    else { return nil }
    return (number + 1, children[parent].count)
  }

  /// The place of a message; nil of an unknown one.
  func place(of id: String) -> Int? { places[MessageKey(id)] }

  /// The place of the message that one follows; nil at a root.
  func parent(of place: Int) -> Int? { parents[place] }

  /// The places of the messages that follow one.
  func children(of place: Int) -> [Int] { children[place] }

  /// The places of the messages that follow none.
  var roots: [Int] { parents.indices.filter { parents[$0] == nil } }

  /// What lies off the active path, cut into chains: each starts below a message that another chain
  /// or the active path goes on from, and follows first children to its end.
  ///
  /// - Returns: Every inactive message in exactly one chain.
  public var inactiveChains: [[Message]] {
    var chains: [[Message]] = []
    var isTaken = messages.map(\.isActive)
    for start in messages.indices where !isTaken[start] {
      var chain: [Message] = []
      var place: Int? = start
      while let current = place {
        isTaken[current] = true
        chain.append(messages[current])
        place = children[current].first { !isTaken[$0] }
      }
      chains.append(chain)
    }
    return chains
  }

  private var leaves: [Int] {
    let all = messages.indices.filter { children[$0].isEmpty }
    guard let shown = all.last(where: { messages[$0].isActive }) else { return all }
    return [shown] + all.filter { $0 != shown }
  }

  private func path(to leaf: Int) -> [Message] {
    var path: [Message] = []
    var place: Int? = leaf
    while let current = place {
      path.append(messages[current])
      place = parents[current]
    }
    return path.reversed()
  }
}

/// A message's id compared as bytes.
struct MessageKey: Hashable {
  let id: String

  init(_ id: String) { self.id = id }

  static func == (left: MessageKey, right: MessageKey) -> Bool {
    left.id.utf8.elementsEqual(right.id.utf8)
  }

  func hash(into hasher: inout Hasher) {
    var copy = id
    copy.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

/// The user's notes on messages, by message.
struct MessageNotes {
  private var texts: [MessageKey: String] = [:]

  init(_ user: UserData) {
    for note in user.messageNotes { texts[MessageKey(note.message)] = note.text }
  }

  subscript(message: Message) -> String? {
    texts.isEmpty ? nil : texts[MessageKey(message.id)]
  }
}
