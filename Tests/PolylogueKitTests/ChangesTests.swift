import Foundation
import PolylogueKit
import Testing

/// Being told what changes.
@Suite struct ChangesTests {
  private func id(_ native: String) -> ConversationID {
    ConversationID(provider: .chatgpt, native: native)
  }

  private func file(_ workspace: Workspace, _ name: String, _ texts: [String]) throws -> String {
    try workspace.write(
      "\(name)-\(texts.count).json",
      "[" + chatGPT(name, texts, updated: 1_700_000_000 + Double(texts.count)) + "]")
  }

  @Test func `what is added, updated and deleted is told in order`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    #expect(try archive.newestChange() == 0)
    _ = try archive.importPaths([try file(workspace, "a", ["one", "two"])])
    _ = try archive.importPaths([try file(workspace, "b", ["one", "two"])])
    _ = try archive.importPaths([try file(workspace, "a", ["one", "two", "three"])])
    let before = try archive.changes(after: 0)
    #expect(before.map(\.conversation) == [id("a"), id("b"), id("a")])
    #expect(before.map(\.kind) == [.added, .added, .updated])
    _ = try archive.delete([id("a")])
    let after = try archive.changes(after: try #require(before.last?.sequence))
    #expect(after.map(\.conversation) == [id("a")])
    #expect(after.map(\.kind) == [.deleted])
    // Of what is gone only that is told.
    let all = try archive.changes(after: 0)
    #expect(all.map(\.conversation) == [id("b"), id("a")])
    #expect(try archive.changes(after: try #require(all.last?.sequence)).isEmpty)
    #expect(try archive.newestChange() == all.last?.sequence)
  }

  @Test func `what comes after a deletion is not taken for what was deleted`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    _ = try archive.importPaths([try file(workspace, "a", ["walrus", "two"])])
    let before = try archive.newestChange()
    let row = try #require(try archive.list().items.first?.row)
    _ = try archive.delete([id("a")])
    _ = try archive.importPaths([try file(workspace, "b", ["otter", "two"])])
    #expect(try #require(try archive.list().items.first?.row) > row)
    let told = try archive.changes(after: before)
    #expect(told.map(\.conversation) == [id("a"), id("b")])
    #expect(told.map(\.kind) == [.deleted, .added])
    #expect(try archive.search("walrus").total == 0)
    #expect(try archive.search("otter").hits.map(\.conversation) == [id("b")])
  }

  @Test func `small steps tell the same as one`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let conversations = (0..<40).map { chatGPT("c\($0)", ["q", "a"]) }
    _ = try archive.importPaths([
      try workspace.write("a.json", "[" + conversations.joined(separator: ",") + "]")
    ])
    let whole = try archive.changes(after: 0, limit: 10_000)
    #expect(whole.count == 40)
    for limit in [1, 2, 3, 7] {
      var steps: [ArchiveChange] = []
      while true {
        let step = try archive.changes(after: steps.last?.sequence ?? 0, limit: limit)
        if step.isEmpty { break }
        steps += step
      }
      #expect(steps.filter { $0.kind == .added } == whole, "limit \(limit)")
    }
  }

  @Test func `changes of this process and of others arrive as they happen`() async throws {
    let workspace = try Workspace()
    let place = workspace.path + "/archive"
    let inputs = try (0..<4).map { try file(workspace, "c\($0)", ["q", "a"]) }
    try await AsyncPolylogue.open(path: place, createIfMissing: true) { archive async throws in
      var changes = archive.changes(after: 0).makeAsyncIterator()
      _ = try await archive.import([inputs[0]]).report()
      #expect(try await changes.next()?.conversation == id("c0"))
      // Nobody has waited yet: from here on the stream is ahead of the commits.
      for (index, input) in inputs.enumerated().dropFirst() {
        let importing = Task {
          try await Task.sleep(for: .milliseconds(50))
          if index == 1 {
            _ = try await archive.import([input]).report()
          } else {
            // A writer that knows nothing of this library's objects, as another process has it.
            _ = try Archive(path: place, access: .write).importPaths([input])
          }
        }
        #expect(try await changes.next()?.conversation == id("c\(index)"))
        try await importing.value
      }
      _ = try await archive.filter().title("c0").delete()
      let last = try await changes.next()
      #expect(last?.kind == .deleted)
      #expect(last?.conversation == id("c0"))
      // Another stream goes on from a number.
      let resumed = archive.changes(after: try #require(last?.sequence) - 1)
      for try await change in resumed {
        #expect(change == last)
        break
      }
    }
  }

  @Test func `closing ends the stream`() async throws {
    let workspace = try Workspace()
    let archive = AsyncPolylogue(path: workspace.path + "/archive")
    _ = try await archive.import([try file(workspace, "a", ["q"])]).report()
    let listening = Task {
      var seen = 0
      for try await _ in archive.changes(after: 0) { seen += 1 }
      return seen
    }
    let idle = Task {
      for try await _ in archive.changes() {}
      return 0
    }
    try await Task.sleep(for: .milliseconds(100))
    await archive.close()
    #expect(try await listening.value == 1)
    #expect(try await idle.value == 0)
    let after = try await archive.changes(after: 0).makeAsyncIterator().nextOnce()
    #expect(after == nil)
  }

  @Test func `a cancelled listener ends and others go on`() async throws {
    let workspace = try Workspace()
    try await AsyncPolylogue.open(path: workspace.path + "/archive", createIfMissing: true) {
      archive async throws in
      let tasks = (0..<20).map { index in
        Task { () -> ConversationID? in
          if index.isMultiple(of: 2) { try await Task.sleep(for: .milliseconds(index)) }
          for try await change in archive.changes(after: 0) { return change.conversation }
          return nil
        }
      }
      for task in tasks.dropLast() { task.cancel() }
      for task in tasks.dropLast() {
        await #expect(throws: CancellationError.self) { _ = try await task.value }
      }
      _ = try await archive.import([try file(workspace, "a", ["q"])]).report()
      #expect(try await tasks.last?.value == id("a"))
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func `an archive that is not there is waited for, and told from its beginning`() async throws {
    let workspace = try Workspace()
    let archive = AsyncPolylogue(path: workspace.path + "/later")
    let listener = Task { try await archive.changes().makeAsyncIterator().nextOnce() }
    try await Task.sleep(for: .milliseconds(20))
    #expect(!FileManager.default.fileExists(atPath: workspace.path + "/later"))
    let export = try workspace.write("a.json", "[" + chatGPT("first", ["q"]) + "]")
    _ = try await archive.import([export]).report()
    let change = try await listener.value
    #expect(change?.kind == .added)
    await archive.close()
  }

  @Test(.timeLimit(.minutes(1)))
  func `waiting for an archive that is never made ends when it is closed`() async throws {
    let workspace = try Workspace()
    let archive = AsyncPolylogue(path: workspace.path + "/never")
    let listener = Task { for try await _ in archive.changes() {} }
    try await Task.sleep(for: .milliseconds(20))
    await archive.close()
    try await listener.value
    let cancelled = AsyncPolylogue(path: workspace.path + "/never")
    let other = Task { for try await _ in cancelled.changes() {} }
    other.cancel()
    await #expect(throws: CancellationError.self) { try await other.value }
    await cancelled.close()
  }

  @Test func `the newest change of an archive that is not there is an error`() async throws {
    let workspace = try Workspace()
    let archive = AsyncPolylogue(path: workspace.path + "/none")
    let error = await #expect(throws: ArchiveError.self) { try await archive.newestChange() }
    #expect(error?.code == .notFound)
    #expect(error?.description.contains("createIfMissing") == true)
    #expect(error?.description.contains("--") == false)
    await archive.close()
  }
}

extension AsyncIteratorProtocol {
  /// The first element of a stream that is not looked at further.
  fileprivate consuming func nextOnce() async throws -> Element? {
    var iterator = self
    return try await iterator.next()
  }
}
