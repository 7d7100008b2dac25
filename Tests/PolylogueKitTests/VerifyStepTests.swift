import PolylogueKit
import PolylogueSQL
import Testing

@Suite struct VerifyStepTests {
  private struct Stop: Error {}

  @Test func `a deep check tells how far it is, and can be stopped`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let file = try workspace.write("a.json", "[\(chatGPT("walrus", ["question", "answer"]))]")
    _ = try archive.importPaths([file])
    var steps: [String: Int] = [:]
    let report = try archive.verify(isDeep: true) { steps[$0] = $1 }
    #expect(report.isOK)
    #expect(steps["messages read"] == 2)
    #expect(steps["files reassembled"] == 1)
    #expect(throws: Stop.self) {
      _ = try archive.verify(isDeep: true) { things, _ in
        if things == "messages read" { throw Stop() }
      }
    }
    #expect(try archive.verify(isDeep: true).isOK)
  }

  @Test func `a deep check finds content that is not what was written`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let file = try workspace.write("a.json", "[\(chatGPT("walrus", ["question", "answer"]))]")
    _ = try archive.importPaths([file])
    let walrus = try archive.conversation(matching: "chatgpt:walrus")
    let ids = walrus.messages.map { "message \(walrus.header.id)/\($0.id):" }
    try archive.close()
    for damage in ["timestamp = timestamp + 1", "role = 1 - role", "kind = 4"] {
      let connection = try Connection(path: archive.folder.archivePath, mode: .readWrite)
      try connection.execute("BEGIN; UPDATE message SET \(damage); COMMIT")
      let problems = try workspace.archive("archive", .read).verify(isDeep: true).problems
      let named = problems.filter { $0.contains("its content has another hash") }
      #expect(named.count == 2, "\(damage)")
      for id in ids {
        #expect(named.contains { $0.hasPrefix(id) }, "\(damage): \(named)")
      }
    }
  }
}
