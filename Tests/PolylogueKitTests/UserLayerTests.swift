import Foundation
import PolylogueKit
import Testing

/// Tags, stars and notes through the doors of the library.
@Suite struct UserLayerTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private func id(_ native: String) -> ConversationID {
    ConversationID(provider: .chatgpt, native: native)
  }

  private func filled(_ names: [String] = ["walrus", "narwhal"]) throws -> Archive {
    let archive = try workspace.archive()
    let all = names.map { chatGPT($0, ["a question of \($0)", "an answer"]) }
    let file = try workspace.write("a.json", "[" + all.joined(separator: ",") + "]")
    _ = try archive.importPaths([file])
    return archive
  }

  @Test func `tags, stars and notes are shown wherever the conversation is`() throws {
    let archive = try filled()
    let walrus = id("walrus")
    try archive.tag([walrus], add: ["sea", " arctic "])
    try archive.star([walrus])
    try archive.note("look again", on: walrus)
    try archive.note("the answer", on: walrus, message: "n1")

    let conversation = try #require(try archive.conversation(walrus))
    #expect(conversation.userData.tags == ["arctic", "sea"])
    #expect(conversation.userData.note(onMessage: "n1") == "the answer")
    let summary = try #require(try archive.summary(of: walrus))
    #expect(summary.isStarred && summary.note == "look again" && summary.tags.count == 2)
    let hits = try archive.search("walrus").hits
    #expect(hits.allSatisfy { $0.tags == ["arctic", "sea"] && $0.isStarred })
    #expect(try archive.search("narwhal").hits.allSatisfy { $0.tags.isEmpty && !$0.isStarred })
    let line = try #require(
      try archive.canonical().split(separator: "\n").first { $0.contains("look again") })
    #expect(line.contains(#""message_notes":[{"message":"n1","text":"the answer"}]"#))
    #expect(line.contains(#""starred":true,"tags":["arctic","sea"]"#))

    try archive.tag([walrus], remove: ["sea", "none"])
    try archive.star([walrus], isStarred: false)
    try archive.note("", on: walrus)
    #expect(try archive.note(nil, on: walrus, message: "n1") == UserData(tags: ["arctic"]))
  }

  @Test func `filters find what has a tag or a star`() throws {
    let archive = try filled()
    try archive.tag([id("walrus")], add: ["sea"])
    try archive.star([id("narwhal")])
    var filter = Filter()
    filter.tags = ["sea"]
    #expect(try archive.list(filter: filter).items.map(\.id) == [id("walrus")])
    #expect(
      try archive.search("question", filter: filter).hits.map(\.conversation) == [id("walrus")])
    #expect(try archive.search("question tag:sea").total == 1)
    filter = Filter()
    filter.isStarred = true
    #expect(try archive.list(filter: filter).items.map(\.id) == [id("narwhal")])
    #expect(try archive.search("question is:starred").total == 1)
    #expect(try archive.tags().map(\.name) == ["sea"])
  }

  @Test func `all conversations are changed or none`() throws {
    let archive = try filled()
    let error = #expect(throws: ArchiveError.self) {
      try archive.tag([id("walrus"), id("unicorn")], add: ["sea"])
    }
    #expect(error?.code == .notFound)
    #expect(throws: ArchiveError.self) { try archive.star([id("walrus"), id("unicorn")]) }
    #expect(throws: ArchiveError.self) { try archive.tag([id("walrus")], add: ["sea", "a\nb"]) }
    #expect(throws: ArchiveError.self) { try archive.tag([id("walrus")], add: ["  "]) }
    #expect(throws: ArchiveError.self) {
      try archive.note("x", on: id("walrus"), message: "none")
    }
    #expect(throws: ArchiveError.self) {
      try archive.note(String(repeating: "x", count: UserData.noteLimit + 1), on: id("walrus"))
    }
    #expect(try archive.userData(of: id("walrus")).isEmpty)
  }

  @Test func `an import leaves the user's layer as it is`() throws {
    let archive = try filled()
    let data = UserData(
      tags: ["sea"], isStarred: true, note: "n", messageNotes: [.init(message: "n0", text: "q")])
    try archive.tag([id("walrus")], add: ["sea"])
    try archive.star([id("walrus")])
    try archive.note("n", on: id("walrus"))
    try archive.note("q", on: id("walrus"), message: "n0")
    let newer = chatGPT(
      "walrus", ["other words", "an answer", "more"], title: "new", updated: 1_800_000_000)
    let file = try workspace.write("b.json", "[\(newer)]")
    #expect(try archive.importPaths([file]).conversations.updated == 1)
    #expect(try archive.importPaths([workspace.path + "/a.json"]).failed.isEmpty)
    #expect(try archive.userData(of: id("walrus")) == data)
    #expect(try archive.verify(isDeep: true).problems == [])
  }

  @Test func `deleting a conversation takes its notes along`() throws {
    let archive = try filled()
    try archive.note("n", on: id("walrus"))
    try archive.note("q", on: id("walrus"), message: "n0")
    try archive.note("stays", on: id("narwhal"))
    _ = try archive.delete([id("walrus")])
    #expect(try archive.userData(of: id("walrus")).isEmpty)
    #expect(try archive.userData(of: id("narwhal")).note == "stays")
  }

  @Test func `forms of one tag that differ in normalisation are two tags`() throws {
    let archive = try filled()
    let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
    try archive.tag([id("walrus")], add: [composed, decomposed])
    #expect(try archive.userData(of: id("walrus")).tags.count == 2)
    try archive.tag([id("walrus")], remove: [composed])
    let left = try archive.userData(of: id("walrus")).tags
    #expect(left.map { Array($0.utf8) } == [Array(decomposed.utf8)])
  }

  @Test func `followers are told of what the user adds, and of nothing where nothing changes`()
    async throws
  {
    try filled().close()
    let archive = AsyncPolylogue(path: workspace.path + "/archive")
    let start = try await archive.newestChange()
    let walrus = id("walrus")
    try await archive.tag([walrus], add: ["sea"])
    try await archive.tag([walrus], add: ["sea"])
    try await archive.star([walrus])
    try await archive.note("n", on: walrus)
    try await archive.note("n", on: walrus)
    #expect(try await archive.newestChange() == start + 3)
    var changes: [ArchiveChange] = []
    for try await change in archive.changes(after: start) {
      changes.append(change)
      break
    }
    #expect(changes.map(\.conversation) == [walrus])
    #expect(changes.map(\.kind) == [.updated])
    #expect(try await archive.search("walrus").notes == [])
    #expect(try await archive.filter().tag("sea").starred().count() == 1)
    await archive.close()

    try Polylogue.open(path: workspace.path + "/archive") { archive in
      let tagged = try archive.tag([walrus], remove: ["sea"])
      #expect(tagged[0].tags == [])
      let starred = try archive.star([walrus], isStarred: false)
      #expect(!starred[0].isStarred)
      let left = try archive.note(nil, on: walrus)
      #expect(left.isEmpty)
    }
  }
}
