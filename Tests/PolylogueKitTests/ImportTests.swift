import Foundation
import PolylogueKit
import Testing

@Suite struct ImportTests {
  @Test func `a bad file is named and stops nothing`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let good = try workspace.write("good.json", "[" + chatGPT("a", ["hello"]) + "]")
    let bad = [
      try workspace.write("empty.json", ""), try workspace.write("foreign.json", "{\"a\":[1,2]}"),
      try workspace.write("zeros.json", Data(count: 4096)),
      try workspace.write("cut.json", "[" + chatGPT("b", ["hello"]).dropLast(40)),
      try workspace.write("cut.zip", Data([0x50, 0x4B, 3, 4, 0, 0])),
      workspace.path + "/absent.json",
    ]
    let report = try archive.importPaths(bad + [good])
    #expect(report.conversations.new == 1)
    #expect(Set(report.failed.map(\.path)) == Set(bad))
    #expect(report.failed.allSatisfy { !$0.reason.isEmpty })
    #expect(try archive.verify(isDeep: true).problems == [])
  }

  @Test func `whole conversations before a cut are kept and the cut is named`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let text = "[" + chatGPT("a", ["one"]) + ", " + chatGPT("b", ["two"]).dropLast(30)
    let file = try workspace.write("conversations.json", text)
    let report = try archive.importPaths([file])
    #expect(report.conversations.new == 1)
    #expect(report.failed.count == 1)
    let record = try #require(try archive.imports().first)
    #expect(record.status == .partial)
    #expect(try archive.rawBytes(record.id) == Data(text.utf8))
  }

  @Test func `the next export adds what is new and leaves the rest`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let old = [chatGPT("a", ["one"]), chatGPT("b", ["two", "three"])]
    let new = old + [chatGPT("c", ["four"])]
    _ = try archive.importPaths([
      try workspace.write("1.json", "[" + old.joined(separator: ",") + "]")
    ])
    let report = try archive.importPaths([
      try workspace.write("2.json", "[" + new.joined(separator: ", ") + "]\n")
    ])
    #expect(report.conversations == ChangeCounts(new: 1, updated: 0, unchanged: 2))
    #expect(report.messages == ChangeCounts(new: 1, updated: 0, unchanged: 3))
  }

  @Test func `a file that was replaced in place is read again`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let file = try workspace.write("x.json", "[" + chatGPT("a", ["first words"]) + "]")
    _ = try archive.importPaths([file])
    _ = try workspace.write(
      "x.json", "[" + chatGPT("a", ["other words"], updated: 1_800_000_000) + "]")
    let report = try archive.importPaths([file])
    #expect(report.conversations.updated == 1)
    #expect(try archive.search("first").hits.isEmpty)
    #expect(try archive.search("other").hits.count == 1)
  }

  @Test func `what is found by search follows what was imported`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let file = try workspace.write(
      "x.json",
      "["
        + chatGPT(
          "a",
          [
            "我们今天讨论缓存失效的问题", "see src/net/RetryBudget.swift, getUserName() is wrong",
            "the crimson, harbor lantern",
          ]) + "]")
    _ = try archive.importPaths([file])
    for query in [
      "缓存", "RetryBudget.swift", "retrybudget", "budget", "user", "getUserName",
      "\"crimson harbor lantern\"", "crim*", "nothing OR harbor",
    ] {
      #expect(try archive.search(query).hits.count == 1, "\(query)")
    }
    for query in ["absent", "harbor -lantern", "\"harbor crimson\"", "缓失"] {
      #expect(try archive.search(query).hits.isEmpty, "\(query)")
    }
  }

  @Test func `an interrupted import is completed by the next one`() throws {
    let workspace = try Workspace()
    let conversations = (0..<3000).map { chatGPT("c\($0)", ["text \($0)", "answer \($0)"]) }
    let file = try workspace.write("x.json", "[" + conversations.joined(separator: ",") + "]")
    let archive = try workspace.archive()
    var asked = 0
    let report = try archive.importPaths(
      [file],
      isCancelled: {
        asked += 1
        return asked > 900
      })
    #expect(report.wasCancelled)
    #expect(try archive.verify(isDeep: true).problems == [])
    let again = try archive.importPaths([file])
    #expect(again.failed.isEmpty)
    #expect(try archive.statistics().conversations == 3000)
    #expect(try archive.imports().count == 1)
    #expect(try archive.search("answer").total == 3000)
  }

  @Test func `a dry run writes nothing`() throws {
    let workspace = try Workspace()
    let file = try workspace.write("x.json", "[" + chatGPT("a", ["one", "two"]) + "]")
    let archive = try workspace.archive()
    var options = ImportOptions()
    options.isDryRun = true
    let report = try archive.importPaths([file], options: options)
    #expect(report.conversations.new == 1 && report.messages.new == 2)
    #expect(try archive.imports().isEmpty)
    #expect(try archive.statistics().conversations == 0)
  }

  @Test func `a deleted index is made again from the archive`() throws {
    let workspace = try Workspace()
    let file = try workspace.write("x.json", "[" + chatGPT("a", ["one needle", "two"]) + "]")
    _ = try workspace.archive().importPaths([file])
    for suffix in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: workspace.path + "/archive/index.db" + suffix)
    }
    let archive = try workspace.archive()
    _ = try archive.reindex()
    #expect(try archive.search("needle").hits.count == 1)
  }

  @Test func `a damaged index is named, not the archive, and made again`() throws {
    let workspace = try Workspace()
    let file = try workspace.write("x.json", "[" + chatGPT("a", ["one needle", "two"]) + "]")
    _ = try workspace.archive().importPaths([file])
    _ = try workspace.write("archive/index.db", Data(repeating: 0x2A, count: 65536))
    let archive = try workspace.archive()
    let error = #expect(throws: ArchiveError.self) { try archive.search("needle") }
    #expect(error?.code == .damaged)
    #expect(error?.message.contains("index.db") == true)
    #expect(try archive.diagnose().contains { $0.severity == .problem && $0.name == "text index" })
    _ = try archive.reindex()
    #expect(try archive.search("needle").hits.count == 1)
  }

  @Test func `JSONL survives torn, glued and blank lines`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    func line(_ index: Int) -> String {
      """
      {"type":"user","uuid":"0000000\(index)-0000-4000-8000-000000000000","parentUuid":null,\
      "sessionId":"11111111-0000-4000-8000-000000000000","timestamp":"2026-01-01T00:00:0\(index)Z",\
      "cwd":"/p","message":{"role":"user","content":"prompt number \(index)"}}
      """
    }
    let text =
      line(1) + "\r\n\n \n" + line(2) + line(3) + "\n{\"type\":\"us\n" + line(4) + "\n{\"ty"
    let file = try workspace.write("11111111-0000-4000-8000-000000000000.jsonl", text)
    let report = try archive.importPaths([file])
    #expect(report.messages.new == 4)
    #expect(report.failed.count == 1)
    let record = try #require(try archive.imports().first)
    #expect(try archive.rawBytes(record.id) == Data(text.utf8))
  }
}
