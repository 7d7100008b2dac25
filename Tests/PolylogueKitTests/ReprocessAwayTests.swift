import Foundation
import PolylogueKit
import Testing

/// Reprocessing while a file of cold storage is not there, and what the user has added.
@Suite struct ReprocessAwayTests {
  private func marking() -> ImportOptions {
    NewerImporter.options(.chatgpt) {
      var message = $0
      message.metadata = "{\"seen\":\"anew\"}"
      return message
    }
  }

  @Test func `without its file of cold storage an import is named, and nothing is harmed`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let (cold, away) = (workspace.path + "/cold.db", workspace.path + "/away.db")
    let old = try workspace.write("old.json", "[" + chatGPT("old", ["one", "two"]) + "]")
    _ = try archive.importPaths([old])
    _ = try archive.tidy(.move(before: .distantFuture, file: cold))
    let new = try workspace.write("new.json", "[" + chatGPT("new", ["three", "four"]) + "]")
    _ = try archive.importPaths([new])
    try archive.note("mine", on: ConversationID(provider: .chatgpt, native: "old"))
    try FileManager.default.moveItem(atPath: cold, toPath: away)

    let report = try archive.reprocess(options: marking())
    #expect(report.files == 1 && report.messages.updated == 2)
    #expect(report.failed.count == 1)
    let failure = try #require(report.failed.first)
    #expect(failure.path == old && failure.reason.contains("not read again"))
    #expect(failure.reason.contains(cold))
    #expect(try archive.list().items.count == 2)
    #expect(try archive.verify(isDeep: false).problems == [])

    // What was left out is read once the file is there.
    try FileManager.default.moveItem(atPath: away, toPath: cold)
    let again = try archive.reprocess(options: marking())
    #expect(again.files == 1 && again.messages.updated == 2 && again.failed.isEmpty)
    let read = try archive.conversation(matching: "chatgpt:old")
    #expect(read.messages.map(\.text) == ["one", "two"])
    #expect(read.messages.allSatisfy { $0.metadata != nil } && read.userData.note == "mine")
    #expect(try archive.verify(isDeep: true).problems == [])
  }

  @Test func `tags, stars and notes stay through reprocessing and importing again`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let id = ConversationID(provider: .chatgpt, native: "a")
    func path(_ texts: [String], _ updated: Double) throws -> String {
      try workspace.write("a.json", "[" + chatGPT("a", texts, updated: updated) + "]")
    }
    _ = try archive.importPaths([try path(["one", "two", "three"], 1_700_000_100)])
    try archive.tag([id], add: ["kept"])
    try archive.star([id])
    try archive.note("on all of it", on: id)
    try archive.note("on the second", on: id, message: "n1")
    try archive.note("on the third", on: id, message: "n2")
    let mine = try archive.conversation(matching: "chatgpt:a").userData
    #expect(mine.messageNotes.count == 2 && mine.isStarred && mine.tags == ["kept"])

    // A newer parser that also leaves a message out.
    let options = NewerImporter.options(.chatgpt) { $0.text == "three" ? nil : $0 }
    _ = try archive.reprocess(options: options)
    #expect(try archive.conversation(matching: "chatgpt:a").messages.count == 2)
    #expect(try archive.conversation(matching: "chatgpt:a").userData == mine)
    // An export that changed one of the messages, and one that lacks it.
    _ = try archive.importPaths([try path(["one", "zwei"], 1_700_000_200)])
    _ = try archive.importPaths([try path(["one"], 1_700_000_300)])
    #expect(try archive.conversation(matching: "chatgpt:a").userData == mine)
    #expect(try archive.verify(isDeep: true).problems == [])
  }
}
