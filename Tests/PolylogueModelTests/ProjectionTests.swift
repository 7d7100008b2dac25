import PolylogueModel
import Synchronization
import Testing

/// How often something has happened.
private final class Counter: Sendable {
  let value = Atomic<Int>(0)
}

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
      Message(id: "5", role: .user, blocks: [.text("OK, thanks!")]),
      Message(id: "6", role: .assistant, isActive: false, blocks: [.text("A whole answer.")]),
    ])

  @Test(arguments: [
    (Projection.dialogue, ["2", "3", "5", "6"]), (.substantive, ["2", "6"]), (.tools, ["3", "4"]),
    (.thinking, ["3"]), (.code, ["3"]),
  ])
  func `a projection keeps the messages that hold its part`(
    projection: Projection, ids: [String]
  ) {
    #expect(conversation.projected(to: projection).map(\.id) == ids)
  }

  @Test(
    arguments: [
      (
        "<command-message>review</command-message>\n<command-name>/review</command-name>\n"
          + "<command-args>src in depth</command-args>", "/review src in depth"
      ),
      ("/review src", "/review src"),
      ("<command-name>/clear</command-name>\n<command-args></command-args>", nil), ("/clear", nil),
      ("<local-command-stdout>done</local-command-stdout>", nil), ("<command-name>/x", nil),
      ("<bash-input>ls src</bash-input>", nil),
    ] as [(String, String?)])
  func `a command with arguments is what the person typed`(text: String, typed: String?) {
    let command = Message(id: "1", role: .user, kind: .command, blocks: [.text(text)])
    let conversation = Conversation(header: conversation.header, messages: [command])
    let expected = typed.map { [[Block.text($0)]] } ?? []
    #expect(conversation.dialogue.map(\.blocks) == expected)
    #expect(conversation.substantive.map(\.blocks) == expected)
    #expect(conversation.dialogue.substantive.map(\.blocks) == expected)
    #expect(command.isSubstantive == (typed != nil))
  }

  @Test func `code is taken out of its fences`() {
    #expect(conversation.code.first?.blocks == [.code(language: "swift", text: "let a = 1")])
  }

  @Test func `projections follow one another and conditions`() {
    #expect(conversation.dialogue.code.map(\.id) == ["3"])
    #expect(conversation.dialogue.thinking.isEmpty)
    #expect(conversation.substantive.where { $0.isActive }.map(\.id) == ["2"])
    #expect(conversation.where { $0.role == .user }.substantive.map(\.id) == ["2"])
    #expect(conversation.dialogue[1].blocks.count == 1)
    #expect(conversation.tools.conversation.header == conversation.header)
    #expect(conversation.tools.conversation.messages.map(\.id) == ["3", "4"])
  }

  @Test func `a projection is made once, when it is looked at, and kept`() {
    let asked = Counter()
    let counted = conversation.where { _ in
      asked.value.add(1, ordering: .relaxed)
      return true
    }
    #expect(asked.value.load(ordering: .relaxed) == 0)
    #expect(counted.count == 6)
    #expect(counted.substantive.count == 2)
    #expect(counted.map(\.id).count == 6)
    #expect(asked.value.load(ordering: .relaxed) == 6)
  }

  @Test func `a changed conversation is projected anew, its copy is not`() {
    let before = conversation
    var changed = conversation
    #expect(before.substantive.count == 2)
    changed.messages.append(Message(id: "7", role: .user, blocks: [.text("Another question")]))
    #expect(changed.substantive.map(\.id) == ["2", "6", "7"])
    changed.messages[1].blocks = [.text("yes")]
    #expect(changed.substantive.map(\.id) == ["6", "7"])
    #expect(before.substantive.count == 2)
    #expect(before == conversation)
    #expect(before.hashValue == conversation.hashValue)
  }

  @Test func `tasks may share a projection`() async {
    let shared = conversation.dialogue
    let counts = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<20 { group.addTask { shared.count + shared.code.count } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(counts == Array(repeating: 5, count: 20))
  }

  private static func user(_ text: String) -> Message {
    Message(id: "m", role: .user, blocks: [.text(text)])
  }

  private static let call = Block.toolCall(ToolCall(id: "t", name: "Bash", input: "ls"))

  @Test(arguments: [
    "Why is the sky blue?", "no", "42", "thanks, but the second test still fails", "どうして？",
    "ok ok ok ok ok ok", "go to the next file", "e\u{301}",
  ])
  func `a message that says something is substantive`(text: String) {
    #expect(ProjectionTests.user(text).isSubstantive)
  }

  @Test(arguments: [
    "", " \n", "…", "👍", "ok", "OK!", "Yes, please.", "thank you so much", "Go on", "LGTM 🎉",
    "Danke, weiter", "Sí, perfecto",
  ])
  func `an empty message and a bare acknowledgement are not`(text: String) {
    #expect(!ProjectionTests.user(text).isSubstantive)
  }

  @Test func `what stands beside the text counts`() {
    var message = ProjectionTests.user("ok")
    message.attachments = [Attachment(id: "a", name: "plan.pdf")]
    #expect(message.isSubstantive)
    message = ProjectionTests.user("")
    message.blocks = [.code(language: nil, text: "let a = 1")]
    #expect(message.isSubstantive)
    message.blocks = [.thinking("long reasoning about something"), .citation(Citation(title: "t"))]
    #expect(!message.isSubstantive)
  }

  @Test func `noise and tool chatter are not substantive`() {
    var message = ProjectionTests.user("You are in /tmp, the date is today")
    #expect(message.isSubstantive)
    message.kind = .injected
    #expect(!message.isSubstantive)
    message.kind = .message
    message.isHidden = true
    #expect(!message.isSubstantive)
    message.isHidden = false
    message.role = .system
    #expect(!message.isSubstantive)
    message.role = .assistant
    message.blocks = [.text("Let me look at the file."), ProjectionTests.call]
    #expect(!message.isSubstantive)
    message.blocks = [
      .text("The test fails since the folder is made only after the first write has begun."),
      ProjectionTests.call,
    ]
    #expect(message.isSubstantive)
  }
}
