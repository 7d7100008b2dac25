import Synchronization

/// Messages that are made when they are first asked for and then kept, and the parts made of them.
///
/// No lock is taken: of two threads that are the first at the same instant, both make the messages,
/// and all use those of one.
final class ProjectionNode: Sendable {
  /// The messages alone: what is made of them holds on to these, and not to the node that keeps it.
  private final class Source: Sendable {
    private final class Made: Sendable {
      let messages: [Message]
      init(_ messages: [Message]) { self.messages = messages }
    }

    private let make: @Sendable () -> [Message]
    private let made = AtomicLazyReference<Made>()

    init(_ make: @escaping @Sendable () -> [Message]) { self.make = make }

    var messages: [Message] { (made.load() ?? made.storeIfNil(Made(make()))).messages }
  }

  private let source: Source
  private let dialogue = AtomicLazyReference<ProjectionNode>()
  private let substantive = AtomicLazyReference<ProjectionNode>()
  private let tools = AtomicLazyReference<ProjectionNode>()
  private let thinking = AtomicLazyReference<ProjectionNode>()
  private let code = AtomicLazyReference<ProjectionNode>()

  init(_ make: @escaping @Sendable () -> [Message]) { source = Source(make) }

  /// The messages.
  var messages: [Message] { source.messages }

  /// One part of these messages, always the same object.
  func part(_ part: Projection) -> ProjectionNode {
    switch part {
    case .dialogue: node(part, in: dialogue)
    case .substantive: node(part, in: substantive)
    case .tools: node(part, in: tools)
    case .thinking: node(part, in: thinking)
    case .code: node(part, in: code)
    }
  }

  /// The messages for which a condition holds.
  func filtered(_ condition: @escaping @Sendable (Message) -> Bool) -> ProjectionNode {
    ProjectionNode { [source] in source.messages.filter(condition) }
  }

  private func node(
    _ part: Projection, in slot: borrowing AtomicLazyReference<ProjectionNode>
  ) -> ProjectionNode {
    slot.load()
      ?? slot.storeIfNil(
        ProjectionNode { [source] in source.messages.compactMap(part.part(of:)) })
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
    slot.node.load() ?? slot.node.storeIfNil(ProjectionNode { messages })
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
