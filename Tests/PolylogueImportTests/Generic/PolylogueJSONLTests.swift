import Foundation
import PolylogueImport
import PolylogueModel
import PolylogueParsing
import Testing

/// Polylogue's own form.
struct PolylogueJSONLTests {
  private func run(
    _ text: String, label: String = "chats.jsonl", with files: [(label: String, text: String)] = []
  ) throws -> SessionImport {
    let result = try SessionImport.run(PolylogueJSONLImporter(), [(label, text)] + files)
    #expect(result.violations.isEmpty)
    return result
  }

  private func only(_ text: String) throws -> Conversation {
    let result = try run(text)
    #expect(result.conversations.count == 1)
    return try #require(result.conversations.first)
  }

  private func conversation(_ more: String, messages: String) -> String {
    #"{"format":"polylogue","provider":"radio"\#(more),"messages":[\#(messages)]}"#
  }

  // MARK: The page of the form

  /// The code of the page's fences of a language.
  private func examples(_ language: String) throws -> [String] {
    var package = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { package.deleteLastPathComponent() }
    let page = try String(
      contentsOf: package.appendingPathComponent("docs/formats/polylogue-jsonl.md"), encoding: .utf8
    )
    return page.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
      $0.components(separatedBy: "\n```").first
    }
  }

  @Test func `the short example of the page is a conversation`() throws {
    let text = try #require(try examples("json").first)
    let probe = try SessionImport.probe(text, label: "x")
    #expect(ImporterRegistry.recognize(probe)?.provider == .polylogueJSONL)
    let conversation = try only(text)
    #expect(conversation.header.id.description == "kitchen-radio:2026-03-01")
    #expect(conversation.header.title == "How long does dough rise?")
    #expect(conversation.messages.map(\.parentID) == [nil, conversation.messages[0].id])
    #expect(conversation.messages[1].model == "sourdough-1")
  }

  @Test func `the long example of the page carries everything`() throws {
    let result = try run(try #require(try examples("jsonl").first))
    #expect(result.receipt.lost == 0 && result.receipt.unknownDetails == 0)
    #expect(result["r-8"]?.messages.map(\.text) == ["Thanks"])
    let conversation = try #require(result["r-7"])
    let header = conversation.header
    #expect(header.project == "kitchen" && header.metadata == #"{"station":3}"#)
    #expect(header.lineage == Lineage(kind: .continuation, parent: "r-6"))
    #expect(header.updatedAt?.iso == "2026-03-01T08:09:00Z")
    #expect(
      conversation.messages.map(\.outline) == [
        ["text:What is this?", "attachment:photo"], ["thinking:It has holes.", "call:weigh"],
        ["result:730 g"], ["text:Cake."],
        ["text:Dough, well risen.", "code:730 g", "citation:Bread"],
      ])
    #expect(conversation.messages.map(\.isActive) == [true, true, true, false, true])
    #expect(conversation.messages[0].attachments.first?.inlineBytes?.count == 14)
    #expect(
      conversation.messages[1].usage
        == TokenUsage(input: 40, output: 9, cacheRead: 400, reasoning: 4))
    #expect(
      conversation.messages[1].blocks[1]
        == .toolCall(ToolCall(id: "t1", name: "weigh", input: #"{"unit":"g"}"#)))
    #expect(conversation.messages[2].kind == .toolResult)
  }

  // MARK: What may be left out

  @Test func `ids that are left out are made and stay the same`() throws {
    let lines = #"{"role":"user","text":"One"},{"role":"user","text":"One"}"#
    let first = try only(conversation("", messages: lines))
    let second = try only(conversation("", messages: lines + #",{"role":"user","text":"Two"}"#))
    #expect(first.header.id == second.header.id)
    #expect(first.header.id.native.hasPrefix("derived-"))
    #expect(first.messages.map(\.id) == second.messages.dropLast().map(\.id))
    #expect(Set(second.messages.map(\.id)).count == 3)
  }

  @Test func `a title and times are made where they are missing, not where they are null`() throws {
    let message = #"{"role":"user","text":"One","timestamp":"2026-01-01T00:00:00Z"}"#
    let made = try only(conversation("", messages: message)).header
    #expect(made.title == "One" && made.createdAt?.iso == "2026-01-01T00:00:00Z")
    let stated = try only(
      conversation(#","title":null,"created_at":null,"updated_at":null"#, messages: message)
    ).header
    #expect(stated.title == nil && stated.createdAt == nil && stated.updatedAt == nil)
  }

  @Test func `without active marks the path to the newest end is active`() throws {
    let conversation = try only(
      conversation(
        "",
        messages: """
          {"id":"c","parent":"b","role":"user","text":"C","timestamp":"2026-01-03"},
          {"id":"b","parent":"a","role":"user","text":"B","timestamp":"2026-01-02"},
          {"id":"a","parent":null,"role":"user","text":"A","timestamp":"2026-01-01"},
          {"id":"x","parent":"a","role":"user","text":"X","timestamp":"2026-01-01"},
          {"id":"y","parent":"gone","role":"user","text":"Y","timestamp":"2026-01-01"}
          """))
    #expect(conversation.messages.map(\.id) == ["a", "b", "c", "x", "y"])
    #expect(conversation.messages.filter(\.isActive).map(\.id) == ["a", "b", "c"])
    #expect(conversation.messages.last?.parentID == nil)
  }

  @Test(arguments: [("tool", MessageKind.toolResult), ("system", .injected), ("user", .message)])
  func `the kind follows from the role`(role: String, kind: MessageKind) throws {
    let made = try only(conversation("", messages: #"{"role":"\#(role)","text":"x"}"#))
    #expect(made.messages[0].kind == kind)
  }

  // MARK: Attachments

  @Test func `members are found as seen from the file`() throws {
    let text = conversation(
      "",
      messages:
        #"{"role":"user","attachments":[{"id":"1","member":"polylogue-attachments/a.png"},{"id":"2","member":"b.png"}]}"#
    )
    let result = try run(
      text, label: "in/chats.jsonl", with: [("in/polylogue-attachments/a.png", "png")])
    #expect(
      result.conversations.first?.messages[0].attachments.map(\.member)
        == ["in/polylogue-attachments/a.png", "b.png"])
  }

  // MARK: Mistakes

  @Test(arguments: [
    #"{"format":"polylogue","messages":[{"role":"user","text":"x"}]}"#,
    #"{"format":"polylogue","provider":"../x","messages":[{"role":"user","text":"x"}]}"#,
    #"{"format":"polylogue","provider":"UPPER","messages":[{"role":"user","text":"x"}]}"#,
    #"{"format":"polylogue","provider":"radio","messages":7}"#,
    #"{"format":"polylogue","provider":"radio","version":2,"messages":[{"role":"user"}]}"#,
  ])
  func `what is no conversation is refused`(text: String) throws {
    let result = try run(text)
    #expect(result.conversations.isEmpty)
    #expect(result.receipt.lost == 1)
  }

  @Test func `what is not understood is told`() throws {
    let result = try run(
      conversation(
        "",
        messages: """
          {"id":"1","role":"user","blocks":[{"type":"dance","z":1}],"kind":"waltz"},
          {"id":"1","role":"user","text":"again"},{"role":"moon","text":"x"},7
          """))
    #expect(result.conversations[0].messages.map(\.outline) == [["unknown:dance"]])
    #expect(result.receipt.lost == 3)
    #expect(result.tally("block dance")?.unknown == 1)
    #expect(result.tally("kind waltz")?.unknown == 1)
  }

  @Test func `a conversation without messages is one where it has an id`() throws {
    let nameless = try run(conversation("", messages: ""))
    #expect(nameless.conversations.isEmpty)
    #expect(nameless.tally("conversation")?.skipped == 1)
    let empty = try only(conversation(#","id":"r-9","title":"Nothing said""#, messages: ""))
    #expect(empty.header.id.native == "r-9" && empty.header.title == "Nothing said")
    let strange = try run(conversation(#","id":"r-9""#, messages: #"{"role":"moon"}"#))
    #expect(strange.conversations.isEmpty && strange.receipt.lost == 1)
  }

  @Test(arguments: [
    #"{"provider":"openai","messages":[{"role":"user","content":"x"}]}"#,
    #"{"id":"a","provider":"b","provider_id":"c","messages":[]}"#,
    #"{"format":"polylogue"}"#,
  ])
  func `leaves other files alone`(text: String) throws {
    #expect(!PolylogueJSONLImporter().recognizes(try SessionImport.probe(text, label: "x.json")))
  }
}
