/// A part of a conversation that can be looked at alone.
///
/// Each is also a property of a ``Conversation`` and of what another projection has left, such as
/// ``Projectable/dialogue``.
public enum Projection: String, CaseIterable, Sendable {
  /// What the person and the model said to each other: prose, code, documents, citations and files,
  /// without reasoning, tool calls, and what programs put in the person's place. A command with
  /// arguments, such as `/review src`, is there as it was typed.
  case dialogue
  /// What is left of the dialogue without messages that say nothing; see
  /// ``Message/isSubstantive``.
  case substantive
  /// Tool calls and their results.
  case tools
  /// The model's reasoning.
  case thinking
  /// Source code: code blocks, fenced code in the text, documents.
  case code

  /// This part of a message; nil when the message holds none of it.
  func part(of message: Message) -> Message? {
    if self == .dialogue || self == .substantive,
      let command = SlashCommand(of: message), !command.arguments.isEmpty
    {
      if self == .substantive, !message.isSubstantive { return nil }
      var kept = message
      kept.blocks = [.text(command.typed)]
      return kept
    }
    switch self {
    case .dialogue:
      guard message.kind == .message, message.role == .user || message.role == .assistant else {
        return nil
      }
    case .substantive:
      guard message.isSubstantive else { return nil }
    case .tools, .thinking, .code: break
    }
    var kept = message
    kept.blocks = message.blocks.flatMap(part(of:))
    if self != .dialogue, self != .substantive { kept.attachments = [] }
    return kept.blocks.isEmpty && kept.attachments.isEmpty ? nil : kept
  }

  private func part(of block: Block) -> [Block] {
    switch (self, block) {
    case (.dialogue, .text), (.dialogue, .code), (.dialogue, .document), (.dialogue, .citation),
      (.dialogue, .attachment):
      [block]
    case (.substantive, _):
      Projection.dialogue.part(of: block)
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
