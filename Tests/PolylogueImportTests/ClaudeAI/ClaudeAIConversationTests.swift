import PolylogueImport
import PolylogueModel
import PolylogueParsing
import Testing

struct ClaudeAIConversationTests {
  private static let nilParent = "00000000-0000-4000-8000-000000000000"

  private func message(
    _ id: String, parent: String? = nil, sender: String = "human", text: String = "t",
    at second: Int = 0
  ) -> String {
    let parent = parent.map { #","parent_message_uuid":"\#($0)""# } ?? ""
    let digits = second < 10 ? "0\(second)" : "\(second)"
    return #"{"uuid":"\#(id)","sender":"\#(sender)","text":"\#(text)","content":["#
      + #"{"type":"text","text":"\#(text)"}],"created_at":"2026-01-02T03:04:\#(digits).250000Z","#
      + #""attachments":[],"files":[]\#(parent)}"#
  }

  private func conversation(
    _ messages: [String], uuid: String = "c", name: String = "Name", updated: Int = 5,
    more: String = ""
  ) -> String {
    #"{"uuid":"\#(uuid)","name":"\#(name)","created_at":"2026-01-02T03:04:05.000001+00:00","#
      + #""updated_at":"2026-01-02T03:05:0\#(updated)Z","account":{"uuid":"acc"}\#(more),"#
      + #""chat_messages":[\#(messages.joined(separator: ","))]}"#
  }

  private func read(_ json: String) throws -> Conversation {
    try WebExport.conversation(ClaudeAIImporter(), json)
  }

  @Test
  func `without parents the messages are one line, all of it active`() throws {
    let conversation = try read(
      conversation(
        [message("a"), message("b", sender: "assistant"), message("c")],
        more: #","current_leaf_message_uuid":"a""#))
    #expect(conversation.messages.map(\.parentID) == [nil, "a", "b"])
    #expect(conversation.messages.map(\.role) == [.user, .assistant, .user])
    #expect(conversation.messages.allSatisfy { $0.isActive })
    #expect(conversation.header.id.description == "claude:c")
    #expect(conversation.header.createdAt?.iso == "2026-01-02T03:04:05.000001Z")
    #expect(conversation.messages.first?.timestamp?.iso == "2026-01-02T03:04:00.250Z")
  }

  @Test
  func `with parents, interleaved branches are taken apart`() throws {
    let list = [
      message("q", parent: Self.nilParent, at: 1),
      message("a1", parent: "q", sender: "assistant", at: 2),
      message("edit", parent: Self.nilParent, at: 3),
      message("q2", parent: "a1", at: 4),
      message("a2", parent: "edit", sender: "assistant", at: 5),
    ]
    let latest = try read(conversation(list))
    #expect(latest.messages.map(\.id) == ["q", "a1", "q2", "edit", "a2"])
    #expect(latest.messages.map(\.parentID) == [nil, "q", "a1", nil, "edit"])
    #expect(latest.activeIDs == ["edit", "a2"])
    let stated = try read(conversation(list, more: #","current_leaf_message_uuid":"q2""#))
    #expect(stated.activeIDs == ["q", "a1", "q2"])
  }

  @Test
  func `cycles, unknown parents and double ids lose nothing but the double`() throws {
    let json = conversation([
      message("x", parent: "y"), message("y", parent: "x"), message("z", parent: "nowhere"),
      message("z", parent: "x"),
    ])
    let export = try WebExport([("conversations.json", json)]).run(ClaudeAIImporter())
    #expect(export.conversations.first?.messages.map(\.id) == ["x", "y", "z"])
    #expect(
      export.tally("message")?.skipped == 1 && export.tally("message")?.understood == 3)
  }

  @Test
  func `an empty conversation without a name is one`() throws {
    let conversation = try read(conversation([], name: ""))
    #expect(conversation.header.title == nil)
    #expect(conversation.messages.isEmpty)
  }

  @Test
  func `what captures add is kept`() throws {
    let conversation = try read(
      conversation(
        [
          #"{"uuid":"a","sender":"assistant","model":"claude-x","stop_reason":"end_turn","content":[]}"#
        ],
        more: #","summary":"S","model":"claude-y","is_starred":true,"project_uuid":"p","#
          + #""project":{"uuid":"p","name":"Garden"}"#))
    #expect(conversation.header.project == "Garden")
    #expect(
      conversation.header.metadata
        == #"{"summary":"S","model":"claude-y","is_starred":true,"account_uuid":"acc","project_uuid":"p"}"#
    )
    #expect(conversation.messages.first?.model == "claude-x")
    #expect(conversation.messages.first?.metadata == #"{"stop_reason":"end_turn"}"#)
  }

  @Test
  func `exports of 2023 have a text and nothing else`() throws {
    let conversation = try read(
      #"{"uuid":"old","name":"n","chat_messages":[{"sender":"human","text":"q","#
        + #""created_at":"2023-07-01T00:00:00Z"},{"sender":"assistant","text":"a"}]}"#)
    #expect(conversation.messages.map(\.text) == ["q", "a"])
    #expect(conversation.messages.map(\.id) == ["old#0", "old#1"])
    #expect(conversation.messages.last?.timestamp == nil)
  }

  @Test
  func `a conversation without uuid gets a stable one`() throws {
    func id(_ text: String, name: String) throws -> String {
      try read(
        #"{"name":"\#(name)","created_at":"2026-01-01T00:00:00Z","chat_messages":["#
          + #"{"sender":"human","text":"\#(text)"}]}"#
      ).header.id.native
    }
    let derived = try id("a", name: "x")
    #expect(try id("a", name: "y") == derived)
    #expect(try id("b", name: "x") != derived)
  }

  @Test
  func `an element that is no conversation is named, the others are imported`() throws {
    let json = "[\(conversation([])),{\"uuid\":\"broken\",\"name\":\"n\"},null]"
    let export = try WebExport([("conversations.json", json)]).run(ClaudeAIImporter())
    #expect(export.conversations.count == 1)
    #expect(export.tally("conversation")?.unknown == 1)
    #expect(export.tally("record")?.unknown == 1)
  }

  @Test(arguments: [
    (#"[{"uuid":"a","chat_messages":[]}]"#, "x.json", true),
    (#"{"uuid":"a","name":"n","chat_messages":[]}"#, "x.json", true),
    (#"[{"uuid":"p","name":"n","prompt_template":"t","docs":[]}]"#, "x.json", true),
    (#"[{"account_uuid":"a","conversations_memory":"m"}]"#, "x.json", true),
    (#"[{"uuid":"p","name":"n","description":"d"}]"#, "a/projects.json", true),
    (#"{"uuid":"p","name":"n","description":"d"}"#, "projects/p.json", true),
    (#"[{"uuid":"p","name":"n","description":"d"}]"#, "planets.json", false),
    (#"[{"id":"c","mapping":{"m":{"message":{"author":{}}}}}]"#, "conversations.json", false),
    (#"[{"uuid":"u","full_name":"N","email_address":"e"}]"#, "users.json", false),
  ])
  func `files are recognised by their content`(json: String, label: String, expected: Bool) throws {
    let records = try WebExport.records(of: Array(json.utf8))
    let probe = Probe(label: label, records: records, framing: .array)
    #expect(ClaudeAIImporter().recognizes(probe) == expected)
  }

  @Test
  func `the list of accounts is a companion`() {
    #expect(ClaudeAIImporter().companion("a/users.json") == "account")
    #expect(ClaudeAIImporter().companion("conversations.json") == nil)
    #expect(ClaudeAIImporter().companion("projects.json") == nil)
  }
}

struct ClaudeAIProjectTests {
  private func read(_ label: String, _ json: String) throws -> [Conversation] {
    try WebExport([(label, json)]).run(ClaudeAIImporter()).conversations
  }

  private let project =
    #"{"uuid":"p","name":"Garden","description":"About","is_private":true,"#
    + #""prompt_template":"Be brief","created_at":"2026-01-01T00:00:00Z","docs":["#
    + #"{"uuid":"d1","filename":"soil.md","content":"clay","created_at":"2026-01-02T00:00:00Z"},"#
    + #"{"uuid":"d2","filename":"sun.md","content":"south"}]}"#

  @Test(arguments: [false, true])
  func `a project's instructions and documents can be found, in both layouts`(
    isAlone: Bool
  ) throws {
    let list =
      isAlone
      ? try read("projects/p.json", project) : try read("projects.json", "[\(project)]")
    let conversation = try #require(list.first)
    #expect(conversation.header.id.description == "claude:project-p")
    #expect(conversation.header.project == "Garden")
    #expect(conversation.messages.map(\.text) == ["About", "Be brief", "clay", "south"])
    #expect(conversation.messages.allSatisfy { $0.kind == .injected && $0.role == .system })
    #expect(
      conversation.messages[2].documents == [
        Document(id: "d1", title: "soil.md", content: "clay")
      ])
    #expect(conversation.messages[2].timestamp?.iso == "2026-01-02T00:00:00Z")
    #expect(conversation.messages[3].parentID == "d1")
  }

  @Test
  func `memories are a conversation of the account`() throws {
    let conversation = try #require(
      try read(
        "memories.json",
        #"[{"account_uuid":"acc","conversations_memory":"likes tea","#
          + #""project_memories":{"p":"clay soil"}}]"#
      ).first)
    #expect(conversation.header.id.description == "claude:memories-acc")
    #expect(conversation.messages.map(\.text) == ["likes tea", "clay soil"])
    #expect(conversation.messages.map(\.id) == ["conversations_memory", "project-p"])
  }

  @Test
  func `a design chat is a conversation`() throws {
    let json =
      #"{"uuid":"dc","title":"Logo","project":{"uuid":"p","name":"Brand"},"messages":["#
      + #"{"uuid":"m1","role":"user","created_at":"2026-01-01T00:00:00Z","content":{"#
      + #""content":"draw","authorName":"Ada","attachments":[{"id":"f","name":"a.txt","#
      + #""type":"file","content":"inside"}]}},"#
      + #"{"uuid":"m2","role":"assistant","content":{"contentBlocks":["#
      + #"{"type":"thinking","text":"hm"},{"type":"text","text":"done"},"#
      + #"{"type":"tool_call","toolCall":{"id":"t","name":"write","input":{"p":1},"output":"ok"}},"#
      + #"{"type":"odd","x":1}]}}]}"#
    let export = try WebExport([("design_chats/dc.json", json)]).run(ClaudeAIImporter())
    let conversation = try #require(export.conversations.first)
    #expect(conversation.header.id.description == "claude:dc")
    #expect(conversation.header.title == "Logo")
    #expect(conversation.header.project == "Brand")
    #expect(conversation.messages[0].text == "draw")
    #expect(conversation.messages[0].author == "Ada")
    #expect(conversation.messages[0].attachments.first?.extractedText == "inside")
    #expect(conversation.messages[1].thinking == ["hm"])
    #expect(
      conversation.messages[1].calls == [ToolCall(id: "t", name: "write", input: #"{"p":1}"#)])
    #expect(conversation.messages[1].results.first?.callID == "t")
    #expect(export.tally("content block: odd")?.unknown == 1)
  }
}
