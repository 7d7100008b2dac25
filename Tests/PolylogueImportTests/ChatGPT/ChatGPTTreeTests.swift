import PolylogueImport
import PolylogueModel
import Testing

struct ChatGPTTreeTests {
  private typealias Fixture = ChatGPTFixture

  private func read(_ json: String) throws -> Conversation {
    try WebExport.conversation(ChatGPTImporter(), json)
  }

  @Test
  func `an edited question keeps both branches, the shown one active`() throws {
    let conversation = try read(
      Fixture.conversation(
        current: "a2",
        [
          Fixture.bare("client-created-root", parent: nil, children: ["q2", "q1"]),
          Fixture.node("a1", parent: "q1", role: "assistant", text: "one", time: 12),
          Fixture.node("q1", parent: "client-created-root", text: "first", time: 11),
          Fixture.node("q2", parent: "client-created-root", text: "edited", time: 10),
          Fixture.node("a2", parent: "q2", role: "assistant", text: "two", time: 14),
        ]))
    #expect(conversation.messages.map(\.id) == ["q2", "a2", "q1", "a1"])
    #expect(conversation.messages.map(\.parentID) == [nil, "q2", nil, "q1"])
    #expect(conversation.activeIDs == ["q2", "a2"])
    #expect(conversation.header.fidelity == .full)
  }

  @Test
  func `the slim form has branches too, in the order of their times`() throws {
    let conversation = try read(
      Fixture.conversation(
        current: "late",
        [
          Fixture.slim("late", parent: "q", role: "assistant", text: "later", time: 30),
          Fixture.slim("early", parent: "q", role: "assistant", text: "earlier", time: 20),
          Fixture.slim("q", parent: "r", role: "user", text: "question", time: 10),
          Fixture.bare("r", parent: nil),
        ]))
    #expect(conversation.messages.map(\.id) == ["q", "early", "late"])
    #expect(conversation.activeIDs == ["q", "late"])
    #expect(conversation.header.fidelity == .slim)
  }

  @Test
  func `a rich export of the same conversation is richer than its slim one`() throws {
    let rich = try read(
      Fixture.conversation(current: "q", [Fixture.node("q", parent: nil, text: "hello")]))
    let slim = try read(
      Fixture.conversation(
        current: "q", [Fixture.slim("q", parent: nil, role: "user", text: "hello", time: 1)]))
    #expect(rich.header.id == slim.header.id)
    #expect(rich.header.fidelity > slim.header.fidelity)
    #expect(rich.messages.map(\.text) == slim.messages.map(\.text))
  }

  @Test
  func `children only order siblings, parents make the edges`() throws {
    let conversation = try read(
      Fixture.conversation(
        current: "b",
        [
          Fixture.node("q", parent: nil, text: "q", children: ["ghost", "b", "stray"]),
          Fixture.node("a", parent: "q", role: "assistant", text: "a", time: 1),
          Fixture.node("b", parent: "q", role: "assistant", text: "b", time: 9),
          Fixture.node("stray", parent: "b", text: "of b"),
        ]))
    #expect(conversation.messages.map(\.id) == ["q", "b", "stray", "a"])
    #expect(conversation.message("stray")?.parentID == "b")
  }

  @Test
  func `a dangling parent, a cycle and several roots lose nothing`() throws {
    let conversation = try read(
      Fixture.conversation(
        current: "x",
        [
          Fixture.node("root", parent: nil, text: "root", time: 1),
          Fixture.node("orphan", parent: "nowhere", text: "orphan", time: 2),
          Fixture.node("x", parent: "y", text: "x", time: 3),
          Fixture.node("y", parent: "x", text: "y", time: 4),
          Fixture.node("self", parent: "self", text: "self", time: 5),
        ]))
    #expect(conversation.messages.map(\.id) == ["root", "orphan", "x", "y", "self"])
    #expect(conversation.message("y")?.parentID == "x")
    #expect(conversation.message("x")?.parentID == nil)
  }

  @Test
  func `a node without a message hands its children to the message above`() throws {
    let conversation = try read(
      Fixture.conversation(
        current: "a",
        [
          Fixture.node("q", parent: nil, text: "q"),
          Fixture.bare("gap", parent: "q", children: ["a"]),
          Fixture.node("a", parent: "gap", role: "assistant", text: "a"),
        ]))
    #expect(conversation.messages.map(\.parentID) == [nil, "q"])
    #expect(conversation.activeIDs == ["q", "a"])
  }

  @Test(arguments: [nil, "gone"])
  func `without a current node the latest leaf ends the active path`(current: String?) throws {
    let conversation = try read(
      Fixture.conversation(
        current: current,
        [
          Fixture.node("q", parent: nil, text: "q", time: 10, children: ["new", "old"]),
          Fixture.node("new", parent: "q", role: "assistant", text: "new", time: 30),
          Fixture.node("old", parent: "q", role: "assistant", text: "old", time: 20),
        ]))
    #expect(conversation.activeIDs == ["q", "new"])
  }

  @Test
  func `without any times the last branch is the active one`() throws {
    let conversation = try read(
      Fixture.conversation(
        current: nil,
        [
          Fixture.node("q", parent: nil, text: "q", children: ["a", "b"]),
          Fixture.node("b", parent: "q", role: "assistant", text: "b"),
          Fixture.node("a", parent: "q", role: "assistant", text: "a"),
        ]))
    #expect(conversation.messages.map(\.id) == ["q", "a", "b"])
    #expect(conversation.activeIDs == ["q", "b"])
    #expect(conversation.messages.allSatisfy { $0.timestamp == nil })
  }

  @Test
  func `ids that differ only in Unicode normalisation are different nodes`() throws {
    let conversation = try read(
      Fixture.conversation(
        current: "e\u{301}",
        [
          Fixture.node("\u{E9}", parent: nil, text: "composed"),
          Fixture.node("e\u{301}", parent: "\u{E9}", text: "decomposed"),
        ]))
    #expect(conversation.messages.map(\.text) == ["composed", "decomposed"])
    #expect(conversation.messages[1].parentID?.utf8.count == 2)
  }

  @Test
  func `an id given twice keeps the node that has a message`() throws {
    let json = Fixture.conversation(
      current: "q",
      [Fixture.bare("q", parent: nil), Fixture.node("q", parent: nil, text: "said")])
    let export = try WebExport([("c.json", json)]).run(ChatGPTImporter())
    #expect(export.conversations.first?.messages.map(\.text) == ["said"])
    #expect(export.tally("node")?.skipped == 1)
  }

  @Test
  func `a chain of fifty thousand messages is read without recursion`() throws {
    var nodes = [Fixture.node("n0", parent: nil, text: "start")]
    for index in 1..<50_000 {
      nodes.append(Fixture.node("n\(index)", parent: "n\(index - 1)", text: "more"))
    }
    let conversation = try read(Fixture.conversation(current: "n49999", nodes.reversed()))
    #expect(conversation.messages.count == 50_000)
    #expect(conversation.messages.last?.id == "n49999")
    #expect(conversation.activeIDs.count == 50_000)
  }

  @Test
  func `times are read as numbers, strings and zero, and never made up`() throws {
    let conversation = try read(
      """
      {"id":"t","title":"","create_time":"1700000000.5","update_time":null,"mapping":{
      "a":{"id":"a","parent":null,"message":{"author":{"role":"user"},
        "create_time":"1700000001.25","content":{"content_type":"text","parts":["a"]}}},
      "b":{"id":"b","parent":"a","message":{"author":{"role":"assistant"},
        "create_time":0,"content":{"content_type":"text","parts":["b"]}}},
      "c":{"id":"c","parent":"b","message":{"author":{"role":"user"},
        "create_time":"None","content":{"content_type":"text","parts":["c"]}}}}}
      """)
    #expect(conversation.header.title == nil)
    #expect(conversation.header.createdAt?.microseconds == 1_700_000_000_500_000)
    #expect(conversation.header.updatedAt == nil)
    #expect(
      conversation.messages.map { $0.timestamp?.microseconds }
        == [1_700_000_001_250_000, nil, nil])
  }
}
