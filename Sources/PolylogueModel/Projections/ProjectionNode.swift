import Synchronization

/// Messages that are made once, when they are first asked for, and the parts made of them.
final class ProjectionNode: Sendable {
  private enum State: Sendable {
    case planned(@Sendable () -> [Message])
    case made([Message])
  }

  private let state: Mutex<State>
  private let parts = Mutex<[Projection: ProjectionNode]>([:])

  /// Messages that are there already.
  init(_ messages: [Message]) { state = Mutex(.made(messages)) }

  private init(planned make: @escaping @Sendable () -> [Message]) { state = Mutex(.planned(make)) }

  /// The messages.
  var messages: [Message] {
    state.withLock { state in
      switch state {
      case .made(let messages): return messages
      case .planned(let make):
        let messages = make()
        state = .made(messages)
        return messages
      }
    }
  }

  /// One part of these messages, always the same object.
  func part(_ part: Projection) -> ProjectionNode {
    parts.withLock { parts in
      if let known = parts[part] { return known }
      let node = ProjectionNode(planned: { self.messages.compactMap(part.part(of:)) })
      parts[part] = node
      return node
    }
  }

  /// The messages for which a condition holds.
  func filtered(_ condition: @escaping @Sendable (Message) -> Bool) -> ProjectionNode {
    ProjectionNode(planned: { self.messages.filter(condition) })
  }
}

/// What a conversation keeps of its projections. Copies of a conversation share it until one of them
/// is changed. It is no part of what a conversation says: all are equal.
struct ProjectionCache: Hashable, Sendable {
  private final class Slot: Sendable {
    let node = AtomicLazyReference<ProjectionNode>()
  }

  private var slot = Slot()

  /// The node of a conversation's own messages.
  func node(of messages: [Message]) -> ProjectionNode {
    slot.node.load() ?? slot.node.storeIfNil(ProjectionNode(messages))
  }

  /// Forgets what was made of messages that have changed.
  mutating func invalidate() {
    // Nothing was made yet, and nobody else can make it any more: the slot stays good.
    if isKnownUniquelyReferenced(&slot), slot.node.load() == nil { return }
    slot = Slot()
  }

  static func == (left: Self, right: Self) -> Bool { true }

  func hash(into hasher: inout Hasher) {}
}
