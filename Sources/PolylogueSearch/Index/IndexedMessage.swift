public import PolylogueModel

/// What the index keeps of a message beside its words.
public struct DocumentHeader: Sendable {
  /// The conversation's row in the archive.
  public var conversation: Int64
  /// The message's row in the archive, above 0; nil for the conversation's title.
  public var message: Int64?
  /// The place of the message in its conversation, from 0.
  public var position: Int
  /// When it was written, in seconds since 1970.
  public var timestamp: Int64?
  /// Where the conversation was held.
  public var provider: Provider
  /// Who speaks.
  public var role: Role
  /// Where the text comes from.
  public var kind: MessageKind
  /// The model that answered.
  public var model: String?
  /// What the message has.
  public var flags: DocumentFlags

  /// Describes a message.
  public init(
    conversation: Int64, message: Int64?, position: Int, timestamp: Int64?, provider: Provider,
    role: Role, kind: MessageKind = .message, model: String? = nil, flags: DocumentFlags = []
  ) {
    self.conversation = conversation
    self.message = message
    self.position = position
    self.timestamp = timestamp
    self.provider = provider
    self.role = role
    self.kind = kind
    self.model = model
    self.flags = flags
  }
}

/// A message with its texts.
public struct IndexedMessage: Sendable {
  /// What is kept beside the words.
  public var header: DocumentHeader
  /// The texts; a field may come several times.
  public var fields: [(field: TextField, text: String)]

  /// Joins a header with texts.
  public init(header: DocumentHeader, fields: [(field: TextField, text: String)]) {
    self.header = header
    self.fields = fields
  }
}
