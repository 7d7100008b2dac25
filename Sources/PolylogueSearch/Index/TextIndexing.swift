/// A text index being written. Another engine can take the place of ours behind it.
public protocol TextIndexing: AnyObject {
  /// The last sequence number of the change feed that the index holds.
  var watermark: Int64 { get }
  /// Whether a commit is due.
  var wantsCommit: Bool { get }
  /// Adds a message, replacing what the index holds of it.
  func add(_ message: IndexedMessage) throws
  /// Takes a message out.
  func remove(message: Int64)
  /// Takes a conversation's title out.
  func remove(titleOf conversation: Int64)
  /// Takes a conversation out, title and messages.
  func remove(conversation: Int64)
  /// Makes everything so far durable and visible.
  func commit(through sequence: Int64) throws
}

/// A text index being searched.
public protocol TextSearching: AnyObject {
  /// Finds messages.
  func search(_ request: SearchRequest) throws -> SearchResults
}
