/// One message of a conversation.
public struct Message: Hashable, Sendable {
  /// The provider's id, unique within the conversation.
  public var id: String
  /// The id of the message this one follows; nil at a root.
  public var parentID: String?
  /// Who speaks.
  public var role: Role
  /// Where the text comes from.
  public var kind: MessageKind
  /// The author's or tool's name, where the provider gives one.
  public var author: String?
  /// The model that answered.
  public var model: String?
  /// When it was written; nil when the provider does not say. Never guessed.
  public var timestamp: Timestamp?
  /// Whether it lies on the path last shown; false on an abandoned branch.
  public var isActive: Bool
  /// Whether the provider's own interface hides it.
  public var isHidden: Bool
  /// Whether the latest full export no longer has it: it was deleted, or cut off, since. Known of
  /// messages that are read from an archive.
  public var isVanished = false
  /// The content in order.
  public var blocks: [Block]
  /// The files that came with it.
  public var attachments: [Attachment]
  /// Tokens as the provider reports them, counted once per answer.
  public var usage: TokenUsage?
  /// What else the provider says about it: a JSON object, or nil.
  public var metadata: String?

  /// Describes one message.
  public init(
    id: String, parentID: String? = nil, role: Role, kind: MessageKind = .message,
    author: String? = nil, model: String? = nil, timestamp: Timestamp? = nil,
    isActive: Bool = true, isHidden: Bool = false, blocks: [Block] = [],
    attachments: [Attachment] = [], usage: TokenUsage? = nil, metadata: String? = nil
  ) {
    self.id = id
    self.parentID = parentID
    self.role = role
    self.kind = kind
    self.author = author
    self.model = model
    self.timestamp = timestamp
    self.isActive = isActive
    self.isHidden = isHidden
    self.blocks = blocks
    self.attachments = attachments
    self.usage = usage
    self.metadata = metadata
  }

  /// The prose of the message: its text, code and document blocks, separated by blank lines.
  ///
  /// Reasoning, tool calls and tool results are not part of it.
  public var text: String {
    if blocks.count == 1, case .text(let only) = blocks[0] { return only }
    var parts: [String] = []
    for block in blocks {
      switch block {
      case .text(let text): parts.append(text)
      case .code(_, let text): parts.append(text)
      case .document(let document): parts.append(document.content)
      default: break
      }
    }
    return parts.joined(separator: "\n\n")
  }
}

/// Tokens of one answer, as the provider reports them; nothing is derived.
public struct TokenUsage: Hashable, Sendable {
  /// Tokens read, cache reads and writes not included.
  public var input: Int64
  /// Tokens written, reasoning included.
  public var output: Int64
  /// Tokens read from the provider's cache.
  public var cacheRead: Int64
  /// Tokens written to the provider's cache.
  public var cacheWrite: Int64
  /// The part of `output` that was reasoning.
  public var reasoning: Int64

  /// Describes the tokens of one answer.
  public init(
    input: Int64 = 0, output: Int64 = 0, cacheRead: Int64 = 0, cacheWrite: Int64 = 0,
    reasoning: Int64 = 0
  ) {
    self.input = input
    self.output = output
    self.cacheRead = cacheRead
    self.cacheWrite = cacheWrite
    self.reasoning = reasoning
  }
}
