import PolylogueModel
import Testing

@testable import PolylogueCommands

@Suite struct ConversationTextTests {
  private func text(_ blocks: [Block], width: Int? = nil) throws -> String {
    let view = ConversationView(
      Conversation(
        header: ConversationHeader(id: ConversationID(provider: .claude, native: "x")),
        messages: [Message(id: "m", role: .assistant, blocks: blocks)]))
    var out: [String] = []
    try ConversationText(style: Style(isOn: false), width: width).forEachLine(of: view) {
      out.append($0)
    }
    return out.joined(separator: "\n")
  }

  @Test func `a call's arguments are laid out, and a document is said once`() throws {
    let call = ToolCall(
      id: "1", name: "make", input: #"{"n": 2, "script": "a\nb", "content": "whole\ntext"}"#)
    #expect(
      try text([.toolCall(call), .document(Document(id: "d", content: "whole\ntext"))]) == """

        Assistant
          call make
          │ n: 2
          │ script:
          │ a
          │ b
          │ content: (the document below)
          document d
          │ whole
          │ text
        """)
    let odd = ToolCall(id: "1", name: "make", input: "{not json")
    #expect(try text([.toolCall(odd)]).hasSuffix("│ {not json"))
  }

  @Test func `on a terminal a long line goes on behind its bar`() throws {
    #expect(
      try text([.thinking("one two three four five")], width: 16).hasSuffix(
        "  │ one two\n  │ three four\n  │ five"))
  }
}
