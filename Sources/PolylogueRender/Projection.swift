public import PolylogueModel

/// A part of a conversation that can be looked at alone.
public enum Projection: String, CaseIterable, Sendable {
  /// What the person and the model said to each other.
  case dialogue
  /// Tool calls and their results.
  case tools
  /// The model's reasoning.
  case thinking
  /// Source code: code blocks, fenced code in the text, documents.
  case code

  /// The conversation with this part only; messages that hold none of it are left out.
  ///
  /// The tree may lose inner messages: a message's parent need not be among the result.
  public func apply(to conversation: Conversation) -> Conversation {
    var result = conversation
    result.messages = conversation.messages.compactMap { message in
      if self == .dialogue, message.kind != .message || !Self.isSpeaker(message.role) { return nil }
      var kept = message
      kept.blocks = message.blocks.flatMap(part(of:))
      if self != .dialogue { kept.attachments = [] }
      return kept.blocks.isEmpty && kept.attachments.isEmpty ? nil : kept
    }
    return result
  }

  private static func isSpeaker(_ role: Role) -> Bool { role == .user || role == .assistant }

  private func part(of block: Block) -> [Block] {
    switch (self, block) {
    case (.dialogue, .text), (.dialogue, .code), (.dialogue, .document), (.dialogue, .citation),
      (.dialogue, .attachment):
      [block]
    case (.tools, .toolCall), (.tools, .toolResult):
      [block]
    case (.thinking, .thinking):
      [block]
    case (.code, .code), (.code, .document):
      [block]
    case (.code, .text(let text)):
      FencedCode.blocks(in: text).map { .code(language: $0.language, text: $0.text) }
    default:
      []
    }
  }
}
