import Foundation
import PolylogueKit
import PolylogueModel
import PolylogueSQL
import Testing

/// Files of messages that come with one export and not with another.
@Suite struct RevisionFileTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private func conversation(
    _ id: String, _ text: String, file: String?, updated: Double = 1_700_000_100
  ) -> String {
    let list =
      file.map { "{\"id\":\"\($0)\",\"name\":\"x.txt\",\"mime_type\":\"text/plain\"}" } ?? ""
    return chatGPT(id, [text], updated: updated).replacingOccurrences(
      of: "\"metadata\":{},\"recipient\"",
      with: "\"metadata\":{\"attachments\":[\(list)]},\"recipient\"")
  }

  private func file(of native: String, in archive: Archive) throws -> PolylogueModel.Attachment {
    let id = ConversationID(provider: .chatgpt, native: native)
    return try #require(try archive.conversation(id)?.messages.first?.attachments.first)
  }

  @Test func `a file that did not change is found by messages that name it for the first time`()
    throws
  {
    let archive = try workspace.archive()
    let (one, two) = (
      conversation("a", "look", file: "file-AAAAAAAAAA01"),
      conversation("b", "look again", file: "file-AAAAAAAAAA01")
    )
    _ = try workspace.write("e/conversations.json", "[" + one + "]")
    _ = try workspace.write("e/file-AAAAAAAAAA01-x.txt", "hello")
    _ = try archive.importPaths([workspace.path + "/e"])
    // The same export, grown; and another one that has the same bytes under another name.
    _ = try workspace.write("e/conversations.json", "[" + one + "," + two + "]")
    _ = try archive.importPaths([workspace.path + "/e"])
    #expect(try file(of: "b", in: archive).state == .stored)
    _ = try workspace.write(
      "f/conversations.json", "[" + conversation("c", "other", file: "file-CCCCCCCCCC03") + "]")
    _ = try workspace.write("f/file-CCCCCCCCCC03-x.txt", "hello")
    let report = try archive.importPaths([workspace.path + "/f"])
    #expect(report.attachments.new == 1 && report.attachments.missing == 0)
    #expect(try file(of: "c", in: archive).state == .stored)
    #expect(try archive.verify(isDeep: true).problems == [])
  }

  @Test(arguments: [[0, 1], [1, 0], [0, 1, 0, 1], [1, 0, 1]])
  func `a file that a newer and edited message does not name stays with it`(order: [Int]) throws {
    let archive = try workspace.archive()
    _ = try workspace.write("0/file-AAAAAAAAAA01-x.txt", "hello")
    for (index, one) in [
      conversation("a", "look", file: "file-AAAAAAAAAA01"),
      conversation("a", "look here", file: nil, updated: 1_700_000_200),
    ].enumerated() {
      _ = try workspace.write("\(index)/conversations.json", "[" + one + "]")
    }
    for index in order { _ = try archive.importPaths([workspace.path + "/\(index)"]) }
    #expect(try file(of: "a", in: archive).state == .stored)
    let id = ConversationID(provider: .chatgpt, native: "a")
    #expect(try archive.conversation(id)?.messages.first?.text == "look here")
    #expect(try archive.verify(isDeep: true).problems == [])
  }

  @Test func `a rendered conversation finds its files when they come after it`() throws {
    let text = """
      ---
      polylogue: 1
      id: "chatgpt:c"
      provider: "chatgpt"
      messages: 1
      ---

      <!-- polylogue:message id=m1 role=user kind=message -->
      ## User

      question

      <!-- polylogue:attachment id=f name=x.txt file=attachments/0123456789ab-x.txt -->
      [x.txt](attachments/0123456789ab-x.txt)

      """
    let archive = try workspace.archive()
    let path = try workspace.write("tree/c.md", text)
    _ = try archive.importPaths([path])
    let before = try file(of: "c", in: archive)
    #expect(before.state == .missing)
    _ = try workspace.write("tree/attachments/0123456789ab-x.txt", "hello")
    _ = try archive.importPaths([workspace.path + "/tree"])
    #expect(try file(of: "c", in: archive).state == .stored)
    #expect(try archive.importPaths([workspace.path + "/tree"]).attachments.new == 0)
    #expect(try archive.verify(isDeep: true).problems == [])
  }

  @Test func `an extracted text goes with other bytes and stays with the same`() throws {
    let archive = try workspace.archive()
    func export(_ name: String, _ text: String, _ bytes: String?, _ updated: Double) throws
      -> String
    {
      _ = try workspace.write(
        name + "/conversations.json",
        "[" + conversation("a", text, file: "file-AAAAAAAAAA01", updated: updated) + "]")
      if let bytes { _ = try workspace.write(name + "/file-AAAAAAAAAA01-x.txt", bytes) }
      return workspace.path + "/" + name
    }
    // The newest lacks the file, the next one brings it, a third one between brings it once more.
    _ = try archive.importPaths([try export("new", "three", nil, 1_700_000_300)])
    _ = try archive.importPaths([try export("old", "one", "walrus", 1_700_000_100)])
    #expect(try archive.extractTexts().extracted == 1)
    #expect(try file(of: "a", in: archive).extractedText == "walrus")
    _ = try archive.importPaths([try export("middle", "two", "walrus", 1_700_000_200)])
    #expect(try file(of: "a", in: archive).extractedText == "walrus")
    #expect(try archive.search("walrus").hits.count == 1)
    // Other bytes of the same length.
    _ = try archive.importPaths([try export("later", "two!", "badger", 1_700_000_250)])
    #expect(try file(of: "a", in: archive).extractedText == nil)
    #expect(try archive.extractTexts().extracted == 1)
    #expect(try file(of: "a", in: archive).extractedText == "badger")
    #expect(try archive.verify(isDeep: true).problems == [])
  }

  @Test func `the text of a file takes nothing from its bytes`() throws {
    func claude(_ word: String, day: Int) -> String {
      """
      [{"uuid":"c","name":"t","created_at":"2026-01-01T00:00:00Z",\
      "updated_at":"2026-01-0\(day)T00:00:00Z","account":{"uuid":"a"},"chat_messages":[\
      {"uuid":"m","sender":"human","text":"\(word)","content":[{"type":"text","text":"\(word)"}],\
      "created_at":"2026-01-01T00:00:00Z","attachments":[{"file_name":"x.txt","file_size":5,\
      "file_type":"txt","extracted_content":"walrus"}],"files":[]}]}]
      """
    }
    let newest = try workspace.write("new.json", claude("two", day: 3))
    let first = try workspace.archive("first")
    _ = try first.importPaths([newest])
    let named = try #require(
      try first.conversation(matching: "claude:c").messages.first?.attachments.first)
    #expect(named.state == .textOnly)
    // A form of one's own has the bytes of that file.
    let line = """
      {"format":"polylogue","version":1,"id":"claude:c","provider":"claude","provider_id":"c","updated_at":"2026-01-02T00:00:00Z",\
      "messages":[{"id":"m","role":"user","blocks":[{"type":"text","text":"one"}],\
      "attachments":[{"id":"\(named.id)","name":"x.txt","member":"polylogue-attachments/x.txt"}]}]}
      """
    _ = try workspace.write("own/c.jsonl", line + "\n")
    _ = try workspace.write("own/polylogue-attachments/x.txt", "bytes")
    var said: Set<String> = []
    for (index, order) in [[newest, workspace.path + "/own"], [workspace.path + "/own", newest]]
      .enumerated()
    {
      let archive = try workspace.archive("order\(index)")
      for path in order { _ = try archive.importPaths([path]) }
      let found = try #require(
        try archive.conversation(matching: "claude:c").messages.first?.attachments.first)
      #expect(found.state == .stored && found.extractedText == "walrus")
      said.insert(try archive.canonical())
      #expect(try archive.verify(isDeep: true).problems == [])
    }
    #expect(said.count == 1)
  }
}
