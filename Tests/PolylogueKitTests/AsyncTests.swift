import Foundation
import PolylogueKit
import Testing

/// The library's two doors to one archive.
@Suite struct AsyncTests {
  /// An archive of a few conversations, and its folder.
  private func filled(_ workspace: Workspace, _ count: Int = 30) throws -> String {
    let archive = try workspace.archive()
    let conversations = (0..<count).map {
      chatGPT(
        "c\($0)", ["question \($0)", "answer about walruses"], title: "Number \($0)",
        updated: 1_700_000_000 + Double($0))
    }
    _ = try archive.importPaths([
      try workspace.write("a.json", "[" + conversations.joined(separator: ",") + "]")
    ])
    try archive.close()
    return archive.path
  }

  @Test func `queries of several tasks run beside each other and agree with the archive`()
    async throws
  {
    let workspace = try Workspace()
    let path = try filled(workspace)
    try await AsyncPolylogue.open(path: path) { archive in
      async let page = archive.search("walruses", limit: 5)
      async let stats = archive.stats()
      async let recent = archive.filter().provider(.chatgpt).limit(3).list()
      let (found, totals, newest) = try await (page, stats, recent)
      #expect(found.total == 30)
      #expect(totals.conversations == 30)
      #expect(newest.map(\.title) == ["Number 29", "Number 28", "Number 27"])
    }
  }

  @Test func `many conversations come back in the order of their ids`() async throws {
    let workspace = try Workspace()
    let path = try filled(workspace)
    try await AsyncPolylogue.open(path: path, readers: 3) { archive in
      let ids = (0..<30).shuffled().map { ConversationID(provider: .chatgpt, native: "c\($0)") }
      let missing = ConversationID(provider: .chatgpt, native: "none")
      let found = try await archive.conversations(ids + [missing])
      #expect(found.map { $0?.header.id } == ids.map { $0 } + [nil])
      #expect(try await archive.conversation(missing) == nil)
      #expect(try await archive.conversations([]).isEmpty)
    }
  }

  @Test func `a query narrows down, counts, takes the first and streams`() async throws {
    let workspace = try Workspace()
    let path = try filled(workspace, 450)
    try await AsyncPolylogue.open(path: path) { archive in
      #expect(try await archive.filter().count() == 450)
      #expect(try await archive.filter().title("Number 44").count() == 11)
      #expect(try await archive.filter().provider(.codex).first() == nil)
      #expect(try await archive.filter().first()?.title == "Number 449")
      var seen: [String?] = []
      for try await summary in archive.filter().provider(.chatgpt) { seen.append(summary.title) }
      #expect(seen == (0..<450).reversed().map { "Number \($0)" })
      var some = 0
      for try await _ in archive.filter().limit(250) { some += 1 }
      #expect(some == 250)
    }
  }

  @Test func `the blocking door gives the same answers`() throws {
    let workspace = try Workspace()
    let path = try filled(workspace)
    try Polylogue.open(path: path) { archive in
      let stats = try archive.stats()
      #expect(stats.conversations == 30)
      #expect(try archive.search("walruses").total == 30)
      #expect(try archive.filter().title("Number 7").list().map(\.title) == ["Number 7"])
      #expect(try archive.filter().limit(4).count() == 4)
      let id = ConversationID(provider: .chatgpt, native: "c3")
      #expect(try archive.conversation(id)?.header.title == "Number 3")
      #expect(try archive.conversations([id]).count == 1)
    }
  }

  @Test func `a cancelled task ends its query and leaves the archive usable`() async throws {
    let workspace = try Workspace()
    let path = try filled(workspace, 450)
    try await AsyncPolylogue.open(path: path, readers: 1) { archive in
      let tasks = (0..<50).map { _ in
        Task { try await archive.filter().title("Number").role(.assistant).count() }
      }
      for task in tasks { task.cancel() }
      var cancelled = 0
      for task in tasks {
        do {
          let count = try await task.value
          #expect(count == 450)
        } catch {
          #expect(error is CancellationError)
          cancelled += 1
        }
      }
      #expect(cancelled > 0)
      let after = try await archive.filter().count()
      #expect(after == 450)
    }
  }

  @Test func `a missing archive and a closed one are named`() async throws {
    let workspace = try Workspace()
    await #expect(throws: ArchiveError.self) {
      try await AsyncPolylogue.open(path: workspace.path + "/none") { _ in }
    }
    let archive = AsyncPolylogue(path: try filled(workspace))
    #expect(try await archive.stats().messages == 60)
    await archive.close()
    await #expect(throws: ArchiveError.self) { try await archive.stats() }
  }

  @Test func `what is imported meanwhile is seen by open readers`() async throws {
    let workspace = try Workspace()
    let path = try filled(workspace)
    try await AsyncPolylogue.open(path: path) { archive in
      let before = try await archive.search("narwhal")
      #expect(before.total == 0)
      let writer = try workspace.archive()
      _ = try writer.importPaths([
        try workspace.write("b.json", "[" + chatGPT("new", ["a narwhal"]) + "]")
      ])
      #expect(try await archive.stats().conversations == 31)
      #expect(try await archive.search("narwhal").total == 1)
    }
  }
}
