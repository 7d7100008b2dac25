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
  case message(row: Int64, conversation: Int64, position: Int, message: PreparedMessage)
  /// Only what is known at a glance changed.
  case flags(row: Int64, conversation: Int64, flags: MessageFlags)
  /// A conversation's title.
  case header(conversation: Int64, title: String?)
  /// A message that search must no longer find.
  case removed(row: Int64)
  /// A message to be read from the database.
  case reload(row: Int64)
}
