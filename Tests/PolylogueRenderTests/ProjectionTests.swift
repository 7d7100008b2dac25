import PolylogueModel
import PolylogueRender
import Testing

@Suite struct ProjectionTests {
  private let conversation = Conversation(
    header: ConversationHeader(id: ConversationID(provider: .codex, native: "c")),
    messages: [
      Message(id: "1", role: .user, kind: .injected, blocks: [.text("context")]),
      Message(id: "2", role: .user, blocks: [.text("how?")]),
      Message(
        id: "3", role: .assistant,
        blocks: [
          .thinking("hm"), .text("so:\n```swift\nlet a = 1\n```\ndone"),
          .toolCall(ToolCall(id: "t", name: "Bash", input: "ls")),
        ]),
      Message(
        id: "4", role: .tool, kind: .toolResult,
        blocks: [.toolResult(ToolResult(callID: "t", output: "a"))]),
    ])

  @Test(arguments: [
    (Projection.dialogue, ["2", "3"]), (.tools, ["3", "4"]), (.thinking, ["3"]), (.code, ["3"]),
  ])
  func `a projection keeps the messages that hold its part`(
    projection: Projection, ids: [String]
  ) {
    #expect(projection.apply(to: conversation).messages.map(\.id) == ids)
  }

  @Test func `code is taken out of its fences`() {
    let kept = Projection.code.apply(to: conversation).messages
    #expect(kept.first?.blocks == [.code(language: "swift", text: "let a = 1")])
  }
}
