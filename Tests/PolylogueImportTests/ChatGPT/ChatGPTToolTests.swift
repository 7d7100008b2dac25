import PolylogueImport
import PolylogueModel
import Testing

struct ChatGPTToolTests {
  private typealias Fixture = ChatGPTFixture

  private func read(current: String, _ nodes: [String]) throws -> Conversation {
    try WebExport.conversation(
      ChatGPTImporter(), Fixture.conversation(current: current, nodes))
  }

  @Test
  func `a result belongs to the call above it, also behind another result`() throws {
    let conversation = try read(
      current: "a",
      [
        Fixture.node("q", parent: nil, text: "q"),
        Fixture.node("call", parent: "q", role: "assistant", text: "look", recipient: "browser"),
        Fixture.node("r1", parent: "call", role: "tool", text: "one", name: "browser"),
        Fixture.node("r2", parent: "r1", role: "tool", text: "two", name: "browser"),
        Fixture.node("a", parent: "r2", role: "assistant", text: "done"),
      ])
    #expect(
      conversation.message("call")?.blocks
        == [.toolCall(ToolCall(id: "call", name: "browser", input: "look"))])
    #expect(conversation.message("r1")?.results.first?.callID == "call")
    #expect(conversation.message("r2")?.results.first?.callID == "call")
    #expect(conversation.message("r2")?.role == .tool)
    #expect(conversation.message("r2")?.kind == .toolResult)
    #expect(conversation.message("a")?.text == "done")
  }

  @Test
  func `calls in a row are told apart by the tool's name`() throws {
    let conversation = try read(
      current: "rb",
      [
        Fixture.node("q", parent: nil, text: "q"),
        Fixture.node("b", parent: "q", role: "assistant", text: "b", recipient: "bio"),
        Fixture.node("p", parent: "b", role: "assistant", text: "p", recipient: "python"),
        Fixture.node("rp", parent: "p", role: "tool", text: "P", name: "python"),
        Fixture.node("rb", parent: "rp", role: "tool", text: "B", name: "bio"),
      ])
    #expect(conversation.message("rp")?.results.first?.callID == "p")
    #expect(conversation.message("rb")?.results.first?.callID == "b")
  }

  @Test
  func `parallel results are siblings under one call`() throws {
    let conversation = try read(
      current: "r2",
      [
        Fixture.node("call", parent: nil, role: "assistant", text: "x", recipient: "web"),
        Fixture.node("r1", parent: "call", role: "tool", text: "1", time: 1, name: "web"),
        Fixture.node("r2", parent: "call", role: "tool", text: "2", time: 2, name: "web"),
      ])
    #expect(conversation.messages.compactMap { $0.results.first?.callID } == ["call", "call"])
  }

  @Test
  func `a new question ends the turn: a stray result has no call`() throws {
    let conversation = try read(
      current: "r",
      [
        Fixture.node("call", parent: nil, role: "assistant", text: "x", recipient: "web"),
        Fixture.node("q", parent: "call", text: "never mind"),
        Fixture.node("r", parent: "q", role: "tool", text: "late", name: "web"),
      ])
    #expect(conversation.message("r")?.results.first?.callID == "")
  }

  @Test
  func `code for a tool is a call, its text the input`() throws {
    let conversation = try read(
      current: "c",
      [
        Fixture.node(
          "c", parent: nil, role: "assistant", recipient: "python",
          content: #"{"content_type":"code","language":"python","text":"1+1"}"#)
      ])
    #expect(
      conversation.messages.first?.calls == [ToolCall(id: "c", name: "python", input: "1+1")])
  }
}

struct ChatGPTCanvasTests {
  private typealias Fixture = ChatGPTFixture

  private func call(
    _ id: String, parent: String?, tool: String = "update_textdoc", _ json: String
  ) -> String {
    let escaped = json.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    return Fixture.node(
      id, parent: parent, role: "assistant", text: escaped, recipient: "canmore." + tool)
  }

  private func answer(_ id: String, parent: String, version: Int) -> String {
    Fixture.node(
      id, parent: parent, role: "tool", text: "ok", name: "canmore",
      metadata: #"{"canvas":{"textdoc_id":"doc","version":\#(version)}}"#)
  }

  private var beginning: [String] {
    [
      call(
        "new", parent: nil, tool: "create_textdoc",
        #"{"name":"Plan","type":"document","content":"one two two"}"#),
      answer("made", parent: "new", version: 1),
    ]
  }

  private func update(_ pattern: String, _ replacement: String, multiple: Bool = false) -> String {
    #"{"updates":[{"pattern":"\#(pattern)","multiple":\#(multiple),"replacement":"\#(replacement)"}]}"#
  }

  private func read(current: String, _ nodes: [String]) throws -> Conversation {
    try WebExport.conversation(
      ChatGPTImporter(), Fixture.conversation(current: current, nodes))
  }

  @Test
  func `updates are applied in order, each version stands in full`() throws {
    let conversation = try read(
      current: "u3",
      beginning + [
        call("u1", parent: "made", update("two", "2")),
        call("u2", parent: "u1", update("(?s).*", "new text")),
        call("u3", parent: "u2", update("e", "E", multiple: true)),
      ])
    let versions = conversation.messages.flatMap(\.documents)
    #expect(versions.map(\.content) == ["one two two", "one 2 two", "new text", "nEw tExt"])
    #expect(versions.allSatisfy { $0.id == "doc" && $0.title == "Plan" && $0.isComplete })
    #expect(versions.first?.language == "document")
  }

  @Test
  func `a pattern that is no literal is kept as an edit, and the text is not guessed`() throws {
    let conversation = try read(
      current: "u3",
      beginning + [
        call("u1", parent: "made", update("t[wx]o", "2")),
        call("u2", parent: "u1", update("one", "1")),
        call("u3", parent: "u2", update(".*", "known again")),
      ])
    let versions = conversation.messages.flatMap(\.documents)
    #expect(versions.map(\.isComplete) == [true, false, false, true])
    #expect(versions[1].content.contains("t[wx]o"))
    #expect(versions[3].content == "known again")
  }

  @Test
  func `a pattern that does not occur changes nothing`() throws {
    let conversation = try read(
      current: "u2",
      beginning + [
        call("u1", parent: "made", update("three", "3")),
        call("u2", parent: "u1", update("one", "1")),
      ])
    let versions = conversation.messages.flatMap(\.documents)
    #expect(versions.map(\.isComplete) == [true, false, true])
    #expect(versions.last?.content == "1 two two")
  }

  @Test
  func `an escaped pattern is literal, a group reference is not followed`() throws {
    let conversation = try read(
      current: "u2",
      [
        call(
          "new", parent: nil, tool: "create_textdoc",
          #"{"name":"n","type":"code/python","content":"f(x) + 1"}"#),
        call("u1", parent: "new", update(#"f\\(x\\) \\+"#, #"a\\nb"#)),
        call("u2", parent: "u1", update("1", #"\\1"#)),
      ])
    let versions = conversation.messages.flatMap(\.documents)
    #expect(versions[1].content == "a\nb 1")
    #expect(!versions[2].isComplete)
  }

  @Test
  func `an update on one branch is not seen on another`() throws {
    let conversation = try read(
      current: "right",
      beginning + [
        call("left", parent: "made", update("one", "LEFT")),
        call("right", parent: "made", update("one", "RIGHT")),
      ])
    #expect(conversation.message("left")?.documents.first?.content == "LEFT two two")
    #expect(conversation.message("right")?.documents.first?.content == "RIGHT two two")
  }

  @Test
  func `after an edit by hand the text is not guessed`() throws {
    let conversation = try read(
      current: "u",
      beginning + [
        Fixture.node(
          "hand", parent: "made", text: "edited",
          metadata: #"{"canvas":{"textdoc_id":"doc","has_user_edit":true},"#
            + #""is_visually_hidden_from_conversation":true}"#),
        call("u", parent: "hand", update("one", "1")),
      ])
    #expect(conversation.message("hand")?.isHidden == true)
    #expect(conversation.message("u")?.documents.first?.isComplete == false)
  }

  @Test
  func `a document that could not be followed is completed from textdocs`() throws {
    let json = Fixture.conversation(
      current: "u", beginning + [call("u", parent: "made", update("t.o", "2"))])
    let export = try WebExport([
      ("conversations.json", json),
      ("textdocs/doc.json", #"{"id":"doc","title":"Plan","content":"the end","type":"document"}"#),
    ]).run(ChatGPTImporter())
    let versions = export.conversations.flatMap(\.messages).flatMap(\.documents)
    #expect(versions.last?.content == "the end")
    #expect(versions.map(\.isComplete) == [true, false, true])
  }

  @Test
  func `arguments that are no JSON stay a call`() throws {
    let conversation = try read(
      current: "u",
      [
        Fixture.node(
          "u", parent: nil, role: "assistant", text: "{broken", recipient: "canmore.create_textdoc")
      ])
    #expect(conversation.messages.first?.documents.isEmpty == true)
    #expect(conversation.messages.first?.calls.first?.input == "{broken")
  }

  @Test(.timeLimit(.minutes(1)))
  func `a thousand edits of a large document stay within bounds`() throws {
    let large = String(repeating: "a", count: 1_000_000) + "b"
    var nodes = [
      call(
        "d0", parent: nil, tool: "create_textdoc",
        #"{"name":"n","type":"document","content":"\#(large)"}"#)
    ]
    for index in 1...1_000 {
      nodes.append(call("d\(index)", parent: "d\(index - 1)", update("b", "b")))
    }
    let conversation = try read(current: "d1000", nodes)
    let size = conversation.messages.flatMap(\.documents).reduce(0) { $0 + $1.content.utf8.count }
    #expect(size < 100_000_000)
    #expect(conversation.messages.last?.documents.first?.isComplete == false)
  }
}
