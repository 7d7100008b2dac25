/// Messages of which a part can be looked at alone.
///
/// ```swift
/// let asked = conversation.dialogue.where { $0.role == .user && $0.isActive }
/// print(asked.count, "questions,", conversation.substantive.count, "messages that say something")
/// for message in conversation.substantive.code { print(message.text) }
/// ```
///
/// A projection is made when it is first looked at, and kept: asking for the same one again costs
/// less than a microsecond, from any thread. It covers all branches, as ``Conversation/messages``
/// does; `where { $0.isActive }` keeps the path last shown. What it leaves of a tree may lack inner
/// messages: a message's parent need not be among it.
public protocol Projectable: Sendable {
  /// One part of each message; messages that hold none of it are left out.
  func projected(to part: Projection) -> ProjectedMessages

  /// The messages for which `condition` holds, whole.
  ///
  /// - Parameter condition: Asked about each message when the result is first looked at; again only
  ///   if several threads are the first at the same instant.
  func `where`(_ condition: @escaping @Sendable (Message) -> Bool) -> ProjectedMessages
}

extension Projectable {
  /// What the person and the model said to each other; see ``Projection/dialogue``.
  public var dialogue: ProjectedMessages { projected(to: .dialogue) }
  /// The dialogue without messages that say nothing; see ``Message/isSubstantive``.
  public var substantive: ProjectedMessages { projected(to: .substantive) }
  /// Tool calls and their results.
  public var tools: ProjectedMessages { projected(to: .tools) }
  /// The model's reasoning.
  public var thinking: ProjectedMessages { projected(to: .thinking) }
  /// Source code: code blocks, fenced code in the text, documents.
  public var code: ProjectedMessages { projected(to: .code) }
}

extension Conversation: Projectable {
  /// One part of each message; messages that hold none of it are left out.
  public func projected(to part: Projection) -> ProjectedMessages {
    ProjectedMessages(header: header, node: projections.node(of: messages).part(part))
  }

  /// The messages for which `condition` holds, whole.
  public func `where`(
    _ condition: @escaping @Sendable (Message) -> Bool
  ) -> ProjectedMessages {
    ProjectedMessages(header: header, node: projections.node(of: messages).filtered(condition))
  }
}
