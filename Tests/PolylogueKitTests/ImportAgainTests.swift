import PolylogueKit
import Testing

/// Files that come again after a parser has learned.
@Suite struct ImportAgainTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private func session(_ texts: [String]) throws -> String {
    let id = { (index: Int) in "00000000-0000-4000-8000-00000000000\(index)" }
    let lines = texts.enumerated().map { index, text in
      let parent = index == 0 ? "null" : "\"\(id(index - 1))\""
      return #"{"type":"user","uuid":"\#(id(index))","parentUuid":\#(parent),"#
        + #""sessionId":"5b3c7c2e-1111-4222-8333-444455556666","timestamp":"#
        + #""2026-01-01T00:00:0\#(index)Z","message":{"role":"user","content":"\#(text)"}}"#
    }
    return try workspace.write("s.jsonl", lines.joined(separator: "\n") + "\n")
  }

  private func newer(_ provider: Provider) -> ImportOptions {
    NewerImporter.options(provider) { $0.text == "chaff" ? nil : $0 }
  }

  @Test(arguments: [Provider.chatgpt, .claudeCode])
  func `what a newer parser no longer reads from a file that comes again goes`(
    provider: Provider
  ) throws {
    let texts = ["one", "two", "chaff"]
    let file =
      provider == .chatgpt
      ? try workspace.write("c.json", "[\(chatGPT("a", texts)),\(chatGPT("b", ["other"]))]")
      : try session(texts)
    let archive = try workspace.archive()
    _ = try archive.importPaths([file])
    let report = try archive.importPaths([file], options: newer(provider))
    #expect(report.failed.isEmpty && report.conversations.updated == 1)
    let fresh = try workspace.archive("fresh")
    _ = try fresh.importPaths([file], options: newer(provider))
    #expect(try archive.canonical() == (try fresh.canonical()))
    #expect(try archive.search("chaff").total == 0)
    let newest = try archive.newestChange()
    let again = try archive.reprocess(all: true, options: newer(provider))
    #expect(again.messages.new + again.messages.updated == 0)
    #expect(try archive.newestChange() == newest)
    #expect(try archive.verify(isDeep: true).problems == [])
  }

  @Test func `what only other bytes no longer say has vanished, whatever the parser`() throws {
    let archive = try workspace.archive()
    _ = try archive.importPaths([try session(["one", "chaff", "three"])])
    _ = try archive.importPaths([try session(["one"])], options: newer(.claudeCode))
    let canonical = try archive.canonical()
    #expect(canonical.contains("chaff") && canonical.contains("three"))
    #expect(try archive.verify(isDeep: true).problems == [])
  }

  @Test func `a fork is compared again once its parent has lost what a parser no longer reads`()
    throws
  {
    func rollout(_ id: String, fork: String?, _ texts: [String]) throws -> String {
      let parent = fork.map { #","forked_from_id":"\#($0)""# } ?? ""
      var lines = [
        #"{"timestamp":"2026-01-01T00:00:00Z","type":"session_meta","payload":{"id":"\#(id)","#
          + #""timestamp":"2026-01-01T00:00:00Z","cwd":"/p"\#(parent)}}"#
      ]
      for (index, text) in texts.enumerated() {
        lines.append(
          #"{"timestamp":"2026-01-01T00:00:0\#(index)Z","type":"response_item","payload":{"#
            + #""type":"message","role":"user","content":[{"type":"input_text","#
            + #""text":"\#(text)"}]}}"#)
      }
      return try workspace.write("rollout-\(id).jsonl", lines.joined(separator: "\n") + "\n")
    }
    let ids = (1...3).map { "\($0)1111111-0000-4000-8000-000000000000" }
    let files = [
      try rollout(ids[0], fork: nil, ["one", "chaff", "two"]),
      try rollout(ids[1], fork: ids[0], ["one", "two", "three"]),
      try rollout(ids[2], fork: ids[1], ["one", "two", "three", "four"]),
    ]
    let fresh = try workspace.archive("fresh")
    _ = try fresh.importPaths(files, options: newer(.codex))
    let wanted = try fresh.list().items.map { "\($0.id) \($0.messages)" }.sorted()
    #expect(wanted.map { $0.suffix(1) } == ["2", "1", "1"])
    for isImport in [true, false] {
      let archive = try workspace.archive("archive-\(isImport)")
      _ = try archive.importPaths(files)
      #expect(try archive.statistics().messages == 6)
      _ =
        isImport
        ? try archive.importPaths(files, options: newer(.codex))
        : try archive.reprocess(options: newer(.codex))
      #expect(try archive.list().items.map { "\($0.id) \($0.messages)" }.sorted() == wanted)
      #expect(try archive.statistics().messages == 4)
      #expect(try archive.search("chaff").total == 0)
      #expect(try archive.verify(isDeep: true).problems == [])
    }
  }
}
