/// What a projection leaves of a conversation's messages, in their order.
///
/// It is made when it is first looked at and then kept, together with what is projected from it.
/// Changing the conversation does not change it. ``Projectable`` has the parts that can be taken of it
/// in turn.
public struct ProjectedMessages: RandomAccessCollection, Projectable {
  /// The conversation's header.
  public let header: ConversationHeader
  let node: ProjectionNode

  /// The messages as an array.
  public var messages: [Message] { node.messages }

  /// The conversation with these messages only.
  public var conversation: Conversation { Conversation(header: header, messages: messages) }

  /// The first place: 0.
  public var startIndex: Int { 0 }

  /// The number of messages.
  public var endIndex: Int { node.messages.count }

  /// The message at a place.
  public subscript(place: Int) -> Message { node.messages[place] }

  /// Visits the messages in order.
  public func makeIterator() -> Array<Message>.Iterator { node.messages.makeIterator() }

  /// One part of each message; messages that hold none of it are left out.
  public func projected(to part: Projection) -> ProjectedMessages {
    ProjectedMessages(header: header, node: node.part(part))
  }

  /// The messages for which `condition` holds, whole.
  public func `where`(
    _ condition: @escaping @Sendable (Message) -> Bool
  ) -> ProjectedMessages {
    ProjectedMessages(header: header, node: node.filtered(condition))
  }
}
