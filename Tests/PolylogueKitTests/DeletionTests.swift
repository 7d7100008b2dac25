import Foundation
import PolylogueKit
import Testing

@Suite struct ArchiveDeletionTests {
  private func id(_ native: String) -> ConversationID {
    ConversationID(provider: .chatgpt, native: native)
  }

  private func export(_ names: [String], extra: [String] = []) -> String {
    let all = names.map { chatGPT($0, ["a question of \($0)", "an answer"] + extra) }
    return "[" + all.joined(separator: ",\n") + "]"
  }

  @Test func `search forgets a deleted conversation, and its bytes stay`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let file = try workspace.write("a.json", export(["walrus", "narwhal"]))
    _ = try archive.importPaths([file])
    #expect(try archive.search("walrus").total == 2)
    #expect(try archive.delete([id("walrus")]).messages == 2)
    #expect(try archive.search("walrus").total == 0)
    #expect(try archive.search("narwhal").total == 2)
    #expect(try archive.conversation(id("walrus")) == nil)
    let record = try #require(try archive.imports().first)
    #expect(try archive.rawBytes(record.id) == FileManager.default.contents(atPath: file))
    #expect(try archive.verify(isDeep: true).problems == [])
    _ = try archive.reindex()
    #expect(try archive.search("walrus").total == 0)
  }

  @Test func `importing again counts what was deleted as deleted`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let text = export(["a", "b", "c"])
    let file = try workspace.write("a.json", text)
    _ = try archive.importPaths([file])
    _ = try archive.delete([id("b")])

    // The same file; a copy of it; one with other bytes around the same conversations; a newer
    // export of them all.
    let inputs = [
      file, try workspace.write("copy.json", text),
      try workspace.write("other.json", text.replacingOccurrences(of: ",\n", with: ",\n\n")),
      try workspace.write("newer.json", export(["a", "b", "c"], extra: ["more", "still more"])),
    ]
    for input in inputs {
      // Twice: the second time it is known.
      for round in 1...2 {
        let report = try archive.importPaths([input])
        #expect(report.conversations.new == 0, "\(input)")
        #expect(report.deletedConversations == 1, "\(input) \(round)")
        #expect(report.conversations.updated + report.conversations.unchanged == 2, "\(input)")
        #expect(report.messages.unchanged == (round == 2 && input == inputs[3] ? 8 : 4))
        #expect(report.failed.isEmpty)
        #expect(try archive.conversation(id("b")) == nil)
      }
    }
    let rehearsal = try Archive.rehearseImport(inputs, at: archive.path)
    #expect(rehearsal.deletedConversations == 4)
    #expect(rehearsal.conversations.new == 0)
    #expect(try archive.statistics().conversations == 2)
    #expect(try archive.verify(isDeep: true).problems == [])
  }

  @Test func `an export in which all was deleted is no failure`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let file = try workspace.write("a.json", export(["a"]))
    _ = try archive.importPaths([file])
    _ = try archive.delete([id("a")])
    let report = try archive.importPaths([try workspace.write("b.json", export(["a"]) + "\n")])
    #expect(report.deletedConversations == 1)
    #expect(report.conversations == ChangeCounts())
    #expect(report.failed.isEmpty)
    #expect(report.files == 1)
  }

  @Test func `rows that are used again are found as what they are now`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    _ = try archive.importPaths([try workspace.write("a.json", export(["walrus"]))])
    _ = try archive.delete([id("walrus")])
    _ = try archive.importPaths([try workspace.write("b.json", export(["narwhal"]))])
    #expect(try archive.search("walrus").total == 0)
    #expect(
      try archive.search("narwhal").hits.map(\.conversation) == [id("narwhal"), id("narwhal")])
  }

  @Test func `deleting needs an archive that is open for writing`() throws {
    let workspace = try Workspace()
    _ = try workspace.archive().importPaths([try workspace.write("a.json", export(["a"]))])
    let reader = try workspace.archive("archive", .read)
    #expect(throws: ArchiveError.self) { try reader.delete([id("a")]) }
  }
}
