import Foundation
import PolylogueKit
import PolylogueSQL
import Testing

/// Today's parsers over the bytes of yesterday.
@Suite struct ReprocessTests {
  private static let marked = "{\"seen\":\"anew\"}"

  private func marking(_ provider: Provider) -> ImportOptions {
    NewerImporter.options(provider) {
      var message = $0
      message.metadata = ReprocessTests.marked
      return message
    }
  }

  private static let session = [
    #"{"type":"user","uuid":"00000000-0000-4000-8000-000000000001","parentUuid":null,"#
      + #""sessionId":"5b3c7c2e-1111-4222-8333-444455556666","timestamp":"2026-01-01T00:00:00Z","#
      + #""message":{"role":"user","content":"hello"}}"#,
    #"{"type":"assistant","uuid":"00000000-0000-4000-8000-000000000002","#
      + #""parentUuid":"00000000-0000-4000-8000-000000000001","#
      + #""sessionId":"5b3c7c2e-1111-4222-8333-444455556666","timestamp":"2026-01-01T00:00:01Z","#
      + #""message":{"id":"m","role":"assistant","content":[{"type":"text","text":"hi"}]}}"#,
  ]

  @Test func `a better parser is read with, without the files, and the user's tags stay`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let files = [
      try workspace.write("c.json", "[" + chatGPT("a", ["one", "two"]) + "]"),
      try workspace.write("s.jsonl", ReprocessTests.session.joined(separator: "\n") + "\n"),
    ]
    _ = try archive.importPaths(files)
    for file in files { try FileManager.default.removeItem(atPath: file) }
    let connection = try Connection(path: archive.folder.archivePath, mode: .readWrite)
    try connection.execute("INSERT INTO tag (conversation, name) VALUES ('chatgpt:a', 'kept')")
    for provider in [Provider.chatgpt, .claudeCode] {
      let report = try archive.reprocess(options: marking(provider))
      #expect(report.conversations.updated == 1 && report.messages.updated == 2)
      #expect(report.failed.isEmpty)
      let again = try archive.reprocess(options: marking(provider))
      #expect(again.files == 0)
    }
    for summary in try archive.list().items {
      let conversation = try #require(try archive.conversation(summary.id))
      #expect(
        conversation.messages.map(\.metadata) == [ReprocessTests.marked, ReprocessTests.marked])
    }
    var tagged = Filter()
    tagged.tags = ["kept"]
    #expect(try archive.list(filter: tagged).items.map(\.id.native) == ["a"])
    #expect(try archive.verify(isDeep: true).isOK)
  }

  @Test func `what a newer parser reads alike is not written again`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    _ = try archive.importPaths([
      try workspace.write("c.json", "[" + chatGPT("a", ["one", "two", "three"]) + "]")
    ])
    let before = try archive.newestChange()
    let options = NewerImporter.options(.chatgpt) {
      var message = $0
      if message.text == "two" { message.metadata = ReprocessTests.marked }
      return message
    }
    let report = try archive.reprocess(options: options)
    #expect(report.messages == ChangeCounts(new: 0, updated: 1, unchanged: 2))
    let changes = try archive.changes(after: before, limit: 100)
    #expect(changes.count == 1)
    // Everything once more: nothing at all.
    let newest = try archive.newestChange()
    let all = try archive.reprocess(all: true, options: options)
    #expect(all.messages == ChangeCounts(new: 0, updated: 0, unchanged: 3))
    #expect(try archive.newestChange() == newest)
  }

  @Test func `what a newer parser no longer reads from the same bytes goes`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    _ = try archive.importPaths([
      try workspace.write("c.json", "[" + chatGPT("a", ["one", "chaff", "three"]) + "]")
    ])
    _ = try archive.reprocess(
      options: NewerImporter.options(.chatgpt) { $0.text == "chaff" ? nil : $0 })
    #expect(
      try archive.conversation(matching: "chatgpt:a").messages.map(\.text) == ["one", "three"])
    #expect(try archive.search("chaff").total == 0)
    #expect(try archive.statistics().messages == 2)
    #expect(try archive.verify(isDeep: true).isOK)
  }

  @Test func `a parser that fails on what was read before loses nothing`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let both = [chatGPT("a", ["one", "two"]), chatGPT("b", ["broken", "four"])]
    _ = try archive.importPaths([
      try workspace.write("c.json", "[" + both.joined(separator: ",") + "]"),
      try workspace.write("s.jsonl", ReprocessTests.session.joined(separator: "\n") + "\n"),
    ])
    let before = try archive.canonical()
    for provider in [Provider.chatgpt, .claudeCode] {
      let report = try archive.reprocess(
        options: NewerImporter.options(provider) {
          if ["broken", "hi"].contains($0.text) { throw RecordError("not understood") }
          return $0
        })
      #expect(report.failed.count == 1)
    }
    #expect(try archive.canonical() == before)
    #expect(try archive.verify(isDeep: true).isOK)
  }

  @Test func `an interrupted reprocessing goes on where it was`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let files = try (0..<4).map {
      try workspace.write("\($0).json", "[" + chatGPT("c\($0)", ["one", "two"]) + "]")
    }
    _ = try archive.importPaths(files)
    var done = 0
    let first = try archive.reprocess(
      options: marking(.chatgpt), isCancelled: { done > 0 },
      onEvent: { if case .imported = $0 { done += 1 } })
    let second = try archive.reprocess(options: marking(.chatgpt))
    #expect(first.files + second.files == 4)
    for index in 0..<4 {
      let messages = try archive.conversation(matching: "chatgpt:c\(index)").messages
      #expect(messages.allSatisfy { $0.metadata == ReprocessTests.marked })
    }
  }

  @Test func `a deleted conversation stays deleted`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let both = [chatGPT("a", ["one"]), chatGPT("b", ["two"])]
    _ = try archive.importPaths([
      try workspace.write("c.json", "[" + both.joined(separator: ",") + "]")
    ])
    _ = try archive.delete([ConversationID(provider: .chatgpt, native: "b")])
    _ = try archive.reprocess(options: marking(.chatgpt))
    #expect(try archive.statistics().conversations == 1)
    #expect(try archive.verify(isDeep: true).isOK)
  }

  @Test func `both doors reprocess`() async throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    _ = try archive.importPaths([
      try workspace.write("c.json", "[" + chatGPT("a", ["one"]) + "]")
    ])
    let options = marking(.chatgpt)
    let path = archive.path
    let report = try await AsyncPolylogue.open(path: path) { door in
      try await door.reprocess(options: options).report()
    }
    #expect(report.messages.updated == 1)
    let again = try Polylogue.open(path: path) { try $0.reprocess(all: true, options: options) }
    #expect(again.messages == ChangeCounts(new: 0, updated: 0, unchanged: 1))
  }

  @Test(.enabled(if: Samples.areThere, "\(Samples.missing)"))
  func `reading everything again with the same parsers changes nothing`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    _ = try archive.importPaths(
      ["chatgpt", "claude-ai", "claude-code", "codex"].map { Samples.root + "/" + $0 })
    let (canonical, newest) = (try archive.canonical(), try archive.newestChange())
    let report = try archive.reprocess(all: true)
    #expect(report.conversations.new == 0 && report.messages.new == 0)
    #expect(report.messages.updated == 0)
    #expect(try archive.newestChange() == newest)
    #expect(try archive.canonical() == canonical)
  }

  @Test func `imported bytes that have changed unnoticed change nothing`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let both = ["a", "b"].map { chatGPT($0, ["one of \($0)", "two of \($0)"]) }
    let file = try workspace.write("c.json", "[" + both.joined(separator: ",") + "]")
    _ = try archive.importPaths([file])
    let connection = try Connection(path: archive.folder.archivePath, mode: .readWrite)
    // Each of these is as likely as not to count for more than what is there.
    for text in ["uno", "eno", "ano", "ino"] {
      try connection.run(
        """
        UPDATE blob SET codec = 0, bytes = ? WHERE id =
          (SELECT blob FROM conversation WHERE native_id = 'b')
        """, Array(chatGPT("b", ["\(text) of b", "two of b"]).utf8))
      let report = try archive.reprocess(all: true)
      #expect(report.failed.contains { $0.path == file })
      let conversation = try archive.conversation(matching: "chatgpt:b")
      #expect(conversation.messages.map(\.text) == ["one of b", "two of b"])
    }
  }
}
