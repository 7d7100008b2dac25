/// One part of a message's content.
public enum Block: Hashable, Sendable {
  /// Prose in Markdown, citation marks removed.
  case text(String)
  /// The model's visible reasoning.
  case thinking(String)
  /// Source code that stands as a part of its own; `language` as the provider names it.
  case code(language: String?, text: String)
  /// The model asks for a tool.
  case toolCall(ToolCall)
  /// What a tool gave back.
  case toolResult(ToolResult)
  /// A document made beside the conversation: a canvas, an artifact.
  case document(Document)
  /// A source that the text cites.
  case citation(Citation)
  /// A place of an attachment in the flow; the attachment stands in ``Message/attachments`` under
  /// this id.
  case attachment(id: String)
  /// Content this version does not understand, as JSON; `type` as the provider names it.
  case unknown(type: String, json: String)
}

/// A request to run a tool.
public struct ToolCall: Hashable, Sendable {
  /// The provider's id, pairing the call with its result; empty when there is none.
  public var id: String
  /// The tool's name.
  public var name: String
  /// The arguments, as JSON or plain text, as the provider gives them.
  public var input: String

  /// Describes one call.
  public init(id: String, name: String, input: String) {
    self.id = id
    self.name = name
    self.input = input
  }
}

/// The answer of a tool.
public struct ToolResult: Hashable, Sendable {
  /// The ``ToolCall/id`` this answers; empty when there is none.
  public var callID: String
  /// The tool's name, when the result states it.
  public var name: String?
  /// The output as text.
  public var output: String
  /// Whether the tool reported a failure.
  public var isError: Bool

  /// Describes one result.
  public init(callID: String, name: String? = nil, output: String, isError: Bool = false) {
    self.callID = callID
    self.name = name
    self.output = output
    self.isError = isError
  }
}

/// A version of a document written in the course of a conversation.
public struct Document: Hashable, Sendable {
  /// The id shared by all versions.
  public var id: String
  /// Its title, when it has one.
  public var title: String?
  /// A language or media type, as the provider names it.
  public var language: String?
  /// The whole text of this version, or the edit when it could not be applied.
  public var content: String
  /// False when `content` is an edit that could not be applied to the version before it.
  public var isComplete: Bool

  /// Describes one version.
  public init(
    id: String, title: String? = nil, language: String? = nil, content: String,
    isComplete: Bool = true
  ) {
    self.id = id
    self.title = title
    self.language = language
    self.content = content
    self.isComplete = isComplete
  }
}

/// A source that a message cites.
public struct Citation: Hashable, Sendable {
  /// The source's title.
  public var title: String?
  /// The source's address, or the provider's own reference.
  public var url: String?
  /// The quoted words, when given.
  public var quote: String?

  /// Describes one source.
  public init(title: String? = nil, url: String? = nil, quote: String? = nil) {
    self.title = title
    self.url = url
    self.quote = quote
  }
}
