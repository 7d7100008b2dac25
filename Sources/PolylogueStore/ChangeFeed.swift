import PolylogueModel

/// The kind of a line of the change feed.
public enum ChangeKind: UInt8, Sendable {
  /// A new conversation.
  case conversation = 0
  /// Messages, by row, that are new or changed.
  case messages = 1
  /// A conversation's title or other header changed.
  case header = 2
  /// Messages that search must no longer find.
  case removed = 3
}

/// A change as it happens, with what an index needs, so that it need not be read again.
public enum FeedItem: Sendable {
  /// A message that is new or changed.
  case message(
    row: Int64, conversation: Int64, provider: Provider, position: Int, message: PreparedMessage)
  /// A conversation's title.
  case title(FeedTitle)
  /// A message that search must no longer find.
  case removed(row: Int64)
  /// A message to be read from the database.
  case reload(row: Int64)
}

/// The title of a conversation, for an index.
public struct FeedTitle: Sendable {
  /// The conversation's row.
  public var conversation: Int64
  /// Whose conversation it is.
  public var provider: Provider
  /// The title; nil when it has none.
  public var title: String?
  /// When the conversation last changed.
  public var timestamp: Timestamp?
}
