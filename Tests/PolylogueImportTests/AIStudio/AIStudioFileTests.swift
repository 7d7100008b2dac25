import PolylogueImport
import PolylogueModel
import PolylogueParsing
import Testing

struct AIStudioFileTests {
  private static let folder = "Takeout/Drive/Google AI Studio/"

  private func prompt(_ chunks: String, more: String = "") -> String {
    #"{"chunkedPrompt":{"chunks":[\#(chunks)]}\#(more)}"#
  }

  private func run(
    _ files: [(label: String, text: String)]
  ) throws -> WebExport { try WebExport(files).run(AIStudioImporter(), only: files[0].label) }

  // MARK: Files

  @Test
  func `a file of Drive is found by its name beside the prompt`() throws {
    let chunk = #"{"role":"user","text":"See","driveDocument":{"id":"d1","name":"notes.pdf"}}"#
    let json = prompt(chunk)
    let label = AIStudioFileTests.folder + "My prompt.json"
    let export = try run([
      (label, json), (AIStudioFileTests.folder + "notes.pdf", "%PDF-"), ("notes.pdf", "other"),
    ])
    let file = try #require(export.conversations.first?.messages.first?.attachments.first)
    #expect(file.id == "d1" && file.member == AIStudioFileTests.folder + "notes.pdf")
    #expect(AIStudioImporter().companion(file.member ?? "") == attachmentCompanion)
  }

  @Test
  func `a synchronised file is found by its id, and the prompt's id is Drive's`() throws {
    let json = prompt(#"{"role":"user","driveImage":{"id":"i1"}}"#)
    let export = try run([
      ("drive:p1/My prompt", json), ("drive:i1/shot.png", ""), ("drive:i2/other.png", ""),
    ])
    let read = try #require(export.conversations.first)
    #expect(read.header.id.description == "gemini:p1")
    #expect(read.header.title == "My prompt")
    #expect(read.messages.first?.attachments.first?.member == "drive:i1/shot.png")
    #expect(read.messages.first?.blocks == [.attachment(id: "i1")])
  }

  @Test
  func `inline data is decoded, and what is not there is named`() throws {
    let read = try WebExport.conversation(
      AIStudioImporter(),
      prompt(
        #"{"role":"user","inlineFile":{"mimeType":"image/png","data":"iVBORw0KGgo="},"#
          + #""driveVideo":{"id":"v1"},"#
          + #""parts":[{"inlineData":{"mimeType":"text/plain","data":"aGk="}}]}"#))
    let files = try #require(read.messages.first?.attachments)
    #expect(files.map(\.id) == ["v1", "inline-2", "inline-3"])
    #expect(files.map { $0.inlineBytes?.count } == [nil, 8, 2])
  }

  @Test
  func `a video of YouTube is a source`() throws {
    let read = try WebExport.conversation(
      AIStudioImporter(), prompt(#"{"role":"user","youtubeVideo":{"id":"abc"}}"#))
    #expect(read.messages.first?.citations.map(\.url) == ["https://www.youtube.com/watch?v=abc"])
  }

  // MARK: Identity

  private static let talk = [
    #"{"role":"user","text":"Hello"}"#, #"{"role":"model","text":"Hi"}"#,
    #"{"role":"user","text":"Hello"}"#, #"{"role":"model","text":"Hi again"}"#,
  ]

  private func messages(_ chunks: [String], label: String = "Talk") throws -> Conversation {
    let json = prompt(chunks.joined(separator: ","))
    return try #require(try run([(label, json)]).conversations.first)
  }

  @Test
  func `an edit in the middle leaves the ids of all other messages`() throws {
    let before = try messages(AIStudioFileTests.talk)
    var chunks = AIStudioFileTests.talk
    chunks[1] = #"{"role":"model","text":"Hi, you","isEdited":true}"#
    chunks.insert(#"{"role":"user","text":"More"}"#, at: 2)
    let after = try messages(chunks)
    let ids = after.messages.map(\.id)
    #expect(Set(before.messages.map(\.id)).count == 4)
    #expect([ids[0], ids[3], ids[4]] == [0, 2, 3].map { before.messages[$0].id })
    #expect(ids[1] != before.messages[1].id)
    #expect(after.header.id == before.header.id)
  }

  @Test
  func `a prompt without an id is known by its name and its first prompt`() throws {
    let one = try messages(AIStudioFileTests.talk).header
    #expect(one.title == "Talk")
    #expect(try messages(AIStudioFileTests.talk, label: "a/b/Talk.json").header.id == one.id)
    #expect(try messages(AIStudioFileTests.talk, label: "Talk(1)").header.id != one.id)
    let other = [#"{"role":"user","text":"Other"}"#]
    #expect(try messages(other).header.id != one.id)
    let named = try WebExport.conversation(
      AIStudioImporter(),
      prompt(AIStudioFileTests.talk[0], more: #","id":"prompts/x1","displayName":"Name""#))
    #expect(named.header.id.native == "x1" && named.header.title == "Name")
  }

  // MARK: Branches

  @Test
  func `a branch into another prompt is its lineage`() throws {
    let read = try WebExport.conversation(
      AIStudioImporter(),
      prompt(
        AIStudioFileTests.talk[0]
          + #",{"role":"model","text":"x","branchParent":{"promptId":"prompts/p0","#
          + #""displayName":"The first"}}"#))
    #expect(read.header.lineage == Lineage(kind: .fork, parent: "p0"))
    #expect(read.header.metadata?.contains("The first") == true)
  }

  @Test
  func `a chunk that names the one it branched from is its sibling's sibling`() throws {
    let read = try WebExport.conversation(
      AIStudioImporter(),
      prompt(
        #"{"id":"u","role":"user","text":"Q"},"#
          + #"{"id":"a","role":"model","text":"A","branchParent":{"id":"u"}},"#
          + #"{"id":"b","role":"model","text":"B","branchParent":{"id":"u"}},"#
          + #"{"id":"c","role":"user","text":"C"}"#))
    #expect(read.messages.map(\.id) == ["u", "a", "b", "c"])
    #expect(read.messages.map(\.parentID) == [nil, "u", "u", "b"])
    #expect(read.activeIDs == ["u", "b", "c"])
  }

  @Test
  func `a prompt is recognised by its content alone`() throws {
    let record = try WebExport.records(of: Array(prompt(AIStudioFileTests.talk[0]).utf8))
    let probe = Probe(label: "Untitled prompt", records: record, framing: .document)
    #expect(ImporterRegistry.recognize(probe)?.provider == .gemini)
    let other = try WebExport.records(of: Array(#"{"chunkedPrompt":"no"}"#.utf8))
    #expect(
      !AIStudioImporter().recognizes(Probe(label: "x", records: other, framing: .document)))
  }

  // MARK: Many parts

  @Test
  func `files of a thought and of its answer are told apart`() throws {
    let thought =
      #"{"role":"model","isThought":true,"parts":[{"text":"hm"},"#
      + #"{"inlineData":{"mimeType":"text/plain","data":"YQ=="}}]}"#
    let answer =
      #"{"role":"model","text":"So","inlineFile":{"mimeType":"text/plain","data":"Yg=="}}"#
    let read = try WebExport.conversation(
      AIStudioImporter(),
      prompt(#"{"role":"user","text":"q"},\#(thought),\#(answer)"#))
    let message = try #require(read.messages.last)
    #expect(message.attachments.map(\.inlineBytes) == [[97], [98]])
    #expect(message.attachments.map(\.id) == ["inline-1", "inline-1-2"])
    #expect(
      message.blocks == [
        .thinking("hm"), .attachment(id: "inline-1"), .text("So"), .attachment(id: "inline-1-2"),
      ])
  }

  @Test
  func `slices, files and results of a long chunk are all taken`() throws {
    let count = 30_000
    let slices = (0..<count).map { #"{"text":"s\#($0) "}"# }
    let files = (0..<count).map { _ in #"{"fileData":{"fileUri":"u"}}"# }
    let results = (0..<count).map { _ in #"{"functionResponse":{"name":"f","response":{}}}"# }
    let parts = (slices + files + results).joined(separator: ",")
    let read = try WebExport.conversation(
      AIStudioImporter(), prompt(#"{"role":"model","parts":[\#(parts)]}"#))
    let message = try #require(read.messages.first)
    #expect(message.attachments.count == count)
    #expect(Set(message.attachments.map(\.id)).count == count)
    #expect(message.results.count == count)
    #expect(message.blocks.count == 2 * count + 1)
    #expect(message.text.hasPrefix("s0 s1 s2 "))
  }
}
