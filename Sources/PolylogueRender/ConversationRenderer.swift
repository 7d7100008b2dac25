import PolylogueModel

/// Makes one document of a conversation.
public protocol ConversationRenderer: Sendable {
  /// The extension of its files, such as `md`; a folder tells by it whose a file is.
  var fileExtension: String { get }

  /// All that decides on the bytes besides the conversation: the form's version, the templates. When
  /// it changes, every file is made anew.
  var stamp: String { get }

  /// The document's bytes, always the same for the same conversation.
  ///
  /// - Parameter relatives: The conversations that it leads to.
  /// - Complexity: O(bytes of the conversation).
  func bytes(of conversation: Conversation, relatives: Relatives) -> [UInt8]

  /// A page that lists conversations.
  func bytes(of page: IndexPage) -> [UInt8]
}

extension ConversationRenderer {
  /// The bytes of a document that leads to no other.
  public func bytes(of conversation: Conversation) -> [UInt8] {
    bytes(of: conversation, relatives: .none)
  }
}
