import Foundation
import PolylogueKit
import PolylogueSQL
import Testing

/// Damaged conversations are written anew from the bytes that were imported.
@Suite struct MendingTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private func damage(_ archive: Archive, _ change: String) throws {
    let connection = try Connection(path: archive.folder.archivePath, mode: .readWrite)
    try connection.execute("PRAGMA foreign_keys=OFF")
    try connection.execute(change)
  }

  @Test(
    arguments: SealTests.changes.filter { !$0.contains("SET native_id = 'b'") } + [
      "UPDATE message SET body = x'00' WHERE native_id = 'n0'",
      "UPDATE message SET parent = 999 WHERE native_id = 'n2'",
      "UPDATE conversation SET created_at = created_at - 1",
      "UPDATE conversation SET updated_at = updated_at + 1",
      "UPDATE conversation SET sort_at = 7",
      "UPDATE record SET provider = 'claude'",
      "DELETE FROM message WHERE native_id = 'n0'",
      "UPDATE attachment SET text = x'ff', codec = 1",
    ])
  func `what no import has changed is read anew from the kept bytes`(change: String) throws {
    let archive = try SealTests.filled(workspace)
    let before = try archive.canonical()
    try FileManager.default.removeItem(atPath: workspace.path + "/e")
    try FileManager.default.removeItem(atPath: workspace.path + "/new.json")
    try damage(archive, change)
    let report = try archive.reprocess()
    #expect(report.failed == [])
    _ = try archive.extractTexts()
    #expect(try archive.verify(isDeep: true).problems == [])
    #expect(try archive.canonical() == before)
    #expect(try archive.search("walrus").total == 1)
    let again = try archive.reprocess()
    #expect(again.files == 0 && again.notes == [])
  }

  @Test func `the other conversations of a file are neither read nor written`() throws {
    let archive = try workspace.archive()
    let both = [chatGPT("a", ["one", "two"]), chatGPT("b", ["three", "four"])]
    _ = try archive.importPaths([
      try workspace.write("c.json", "[" + both.joined(separator: ",") + "]")
    ])
    try damage(
      archive,
      """
      UPDATE message SET body = x'00' WHERE native_id = 'n1' AND conversation =
        (SELECT id FROM conversation WHERE native_id = 'a')
      """)
    let before = try archive.newestChange()
    let report = try archive.reprocess()
    #expect(report.conversations == ChangeCounts(new: 0, updated: 1, unchanged: 1))
    #expect(report.messages == ChangeCounts(new: 0, updated: 1, unchanged: 3))
    #expect(report.notes.contains { $0.hasPrefix("1 damaged conversation written anew") })
    let a = try archive.conversation(matching: "chatgpt:a")
    #expect(a.messages.map(\.text) == ["one", "two"])
    #expect(
      Set(try archive.changes(after: before, limit: 100).map(\.conversation)) == [a.header.id])
    #expect(try archive.verify(isDeep: true).isOK)
  }

  @Test func `tags, stars and notes stay with a conversation that is mended`() throws {
    let archive = try SealTests.filled(workspace)
    let id = ConversationID(provider: .chatgpt, native: "a")
    _ = try archive.tag([id], add: ["mine"])
    _ = try archive.note("look", on: id, message: "n1")
    let mine = try archive.userData(of: id)
    try damage(archive, "DELETE FROM message WHERE native_id = 'n1'")
    #expect(try archive.reprocess().failed == [])
    #expect(try archive.userData(of: id) == mine)
    #expect(try archive.verify(isDeep: true).isOK)
  }

  @Test func `an original is mended, and its copies with it`() throws {
    let archive = try workspace.archive()
    func line(_ number: Int, _ parent: Int?, _ session: String, _ text: String) -> String {
      let id = { (number: Int) in "00000000-0000-4000-8000-00000000000\(number)" }
      return """
        {"type":"user","uuid":"\(id(number))","parentUuid":\(parent.map { "\"\(id($0))\"" } ?? "null"),\
        "sessionId":"\(session)","timestamp":"2026-01-01T00:00:0\(number)Z",\
        "message":{"role":"user","content":"\(text)"}}
        """
    }
    let (one, two) =
      ("5b3c7c2e-1111-4222-8333-444455556666", "5b3c7c2e-2222-4222-8333-444455556666")
    func shared(_ session: String) -> [String] {
      [line(1, nil, session, "begin"), line(2, 1, session, "middle")]
    }
    _ = try archive.importPaths([
      try workspace.write(
        one + ".jsonl", (shared(one) + [line(3, 2, one, "own end")]).joined(separator: "\n") + "\n"),
      try workspace.write(
        two + ".jsonl", (shared(two) + [line(4, 2, two, "other")]).joined(separator: "\n") + "\n"),
    ])
    let before = try archive.canonical()
    let connection = try Connection(path: archive.folder.archivePath, mode: .readWrite)
    try #require(
      try connection.integer("SELECT count(*) FROM message WHERE original IS NOT NULL") == 2)
    for change in [
      "UPDATE message SET body = x'00' WHERE original IS NULL",
      "UPDATE message SET original = (SELECT id FROM message WHERE original IS NULL LIMIT 1)"
        + " WHERE original IS NOT NULL",
      "UPDATE message SET hash = hash + 1 WHERE original IS NULL",
    ] {
      try damage(archive, change)
      #expect(try !archive.verify(isDeep: true).isOK, "\(change)")
      #expect(try archive.reprocess().failed == [], "\(change)")
      #expect(try archive.verify(isDeep: true).problems == [], "\(change)")
      #expect(try archive.canonical() == before, "\(change)")
    }
  }

  @Test func `what the kept bytes do not tell is named`() throws {
    let archive = try SealTests.filled(workspace)
    try damage(archive, "UPDATE conversation SET native_id = 'b'")
    let report = try archive.reprocess()
    #expect(report.failed.map(\.path) == ["chatgpt:b"])
    let texts = try archive.conversation(matching: "chatgpt:a").messages.map(\.text)
    #expect(texts == ["one", "two", "three"])
    // What is left is nobody's conversation.
    _ = try archive.delete([ConversationID(provider: .chatgpt, native: "b")])
    #expect(try archive.verify(isDeep: true).problems == [])
  }

  @Test func `a conversation whose bytes are damaged too stays as it is`() throws {
    let archive = try workspace.archive()
    let file = try workspace.write("c.json", "[" + chatGPT("a", ["one", "two"]) + "]")
    _ = try archive.importPaths([file])
    try damage(archive, "UPDATE message SET body = x'00'; UPDATE blob SET bytes = x'00', codec = 1")
    let report = try archive.reprocess()
    #expect(report.failed.contains { $0.path == "chatgpt:a" })
    #expect(report.failed.contains { $0.path == file })
    #expect(try archive.statistics().messages == 2)
  }

  @Test(arguments: [["a", "b"], ["b", "a"]])
  func `imported bytes that have changed unnoticed change nothing`(order: [String]) throws {
    let archive = try workspace.archive()
    let both = order.map { chatGPT($0, ["one of \($0)", "two of \($0)"]) }
    let file = try workspace.write("c.json", "[" + both.joined(separator: ",") + "]")
    _ = try archive.importPaths([file])
    let connection = try Connection(path: archive.folder.archivePath, mode: .readWrite)
    // Each of these is as likely as not to count for more than what is there.
    for text in ["uno", "eno", "ano", "ino"] {
      let changed = chatGPT("b", ["\(text) of b", "two of b"])
      try connection.run(
        """
        UPDATE blob SET codec = 0, bytes = ? WHERE id =
          (SELECT blob FROM conversation WHERE native_id = 'b')
        """, Array(changed.utf8))
      try damage(
        archive,
        """
        UPDATE message SET body = x'00' WHERE native_id = 'n0' AND conversation =
          (SELECT id FROM conversation WHERE native_id = 'a')
        """)
      let report = try archive.reprocess()
      #expect(report.failed.contains { $0.path == file })
      let b = try archive.conversation(matching: "chatgpt:b")
      #expect(b.messages.map(\.text) == ["one of b", "two of b"])
      #expect(report.failed.contains { $0.path == "chatgpt:a" } == (order[0] == "b"))
    }
  }

  @Test func `a check before the reading can be ended`() throws {
    let archive = try workspace.archive()
    let texts = (0..<600).map { "message \($0)" }
    _ = try archive.importPaths([
      try workspace.write("c.json", "[" + chatGPT("a", texts) + "]")
    ])
    try damage(archive, "UPDATE message SET body = x'00' WHERE native_id = 'n1'")
    var compared = 0
    let report = try archive.reprocess(
      isCancelled: { compared > 0 },
      onEvent: { if case .checking(let count) = $0 { compared = count } })
    #expect(report.wasCancelled && report.files == 0)
    #expect(try archive.reprocess().failed == [])
    #expect(try archive.conversation(matching: "chatgpt:a").messages[1].text == "message 1")
  }

  @Test func `an archive of a former format is sealed by reprocess`() throws {
    let archive = try SealTests.filled(workspace)
    try damage(archive, "UPDATE revision SET seal = NULL")
    #expect(try archive.verify(isDeep: true).notes.contains { $0.contains("1 conversation of a") })
    #expect(try archive.reprocess().failed == [])
    #expect(try archive.verify(isDeep: true).notes == [])
    try damage(archive, "UPDATE conversation SET title = 'nev'")
    #expect(try archive.verify(isDeep: true).isDamaged)
    // Older still: without a rank.
    try damage(archive, "UPDATE conversation SET title = 'new'; DELETE FROM revision")
    let before = try archive.canonical()
    #expect(try archive.reprocess().failed == [])
    #expect(try archive.verify(isDeep: true).problems == [])
    #expect(try archive.canonical() == before)
    // The rank is what it is taken for without one: a newer export still counts.
    _ = try archive.importPaths([
      try workspace.write("z.json", "[" + chatGPT("a", ["uno"], updated: 1_700_000_300) + "]")
    ])
    let messages = try archive.conversation(matching: "chatgpt:a").messages
    #expect(messages.filter { !$0.isVanished }.map(\.text) == ["uno"])
  }
}
