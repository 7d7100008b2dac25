import Foundation
import PolylogueKit
import Testing

/// Imports that nobody listens to any more, work that waits in line, and the end of it all.
@Suite(.timeLimit(.minutes(1))) struct ClosingTests {
  /// More files than events may wait.
  private func files(_ workspace: Workspace, _ count: Int = 1500) throws -> [String] {
    try (0..<count).map {
      try workspace.write("export/f\($0).json", "[" + chatGPT("c\($0)", ["q", "walrus"]) + "]")
    }
  }

  /// An archive with as many imports as may run at once, each waiting for its consumer.
  private func withHeldImports(
    _ body: (AsyncPolylogue, _ path: String, _ held: [ImportRun]) async throws -> Void
  ) async throws {
    let workspace = try Workspace()
    let paths = try files(workspace, 4 * 700)
    try await AsyncPolylogue.open(path: workspace.path + "/archive", createIfMissing: true) {
      archive async throws in
      var iterators: [ImportRun.Iterator] = []
      var held: [ImportRun] = []
      for part in 0..<4 {
        let run = archive.import(Array(paths[part * 700..<(part + 1) * 700]))
        var iterator = run.makeAsyncIterator()
        _ = try await iterator.next()
        iterators.append(iterator)
        held.append(run)
      }
      try await body(archive, paths[0], held)
      withExtendedLifetime(iterators) {}
    }
  }

  @Test func `the report is there though an iterator stopped on its way`() async throws {
    let workspace = try Workspace()
    let paths = try files(workspace)
    let archive = AsyncPolylogue(path: workspace.path + "/archive")
    let run = archive.import(paths)
    var iterator = run.makeAsyncIterator()
    _ = try await iterator.next()
    let report = try await run.report()
    #expect(report.conversations.new == 1500)
    #expect(!report.wasCancelled)
    // What was not taken is still there to be taken.
    var imported = 0
    while let event = try await iterator.next() {
      if case .imported = event { imported += 1 }
    }
    #expect(imported == 1500)
    await archive.close()
  }

  @Test func `closing within the loop ends the import and the loop`() async throws {
    let workspace = try Workspace()
    let paths = try files(workspace)
    let archive = AsyncPolylogue(path: workspace.path + "/archive")
    let run = archive.import(paths)
    for try await event in run {
      if case .imported = event { await archive.close() }
    }
    let report = try await run.report()
    #expect(report.wasCancelled)
    let reader = try workspace.archive("archive", .read)
    #expect(try reader.statistics().conversations == report.conversations.new)
    #expect(try reader.verify(isDeep: true).problems == [])
  }

  @Test func `leaving the scope stops what is under way, and nothing is written after that`()
    async throws
  {
    let workspace = try Workspace()
    let paths = try files(workspace)
    let place = workspace.path + "/archive"
    let run = try await AsyncPolylogue.open(path: place, createIfMissing: true) {
      archive async throws in
      let run = archive.import(paths)
      var iterator = run.makeAsyncIterator()
      while let event = try await iterator.next() {
        if case .imported = event { break }
      }
      return (run, iterator)
    }
    let then = try workspace.archive("archive", .read).newestChange()
    let report = try await run.0.report()
    #expect(report.wasCancelled)
    #expect(try workspace.archive("archive", .read).newestChange() == then)
  }

  @Test func `leaving the scope of the blocking door ends an import of another thread`() throws {
    let workspace = try Workspace()
    let paths = try files(workspace)
    let place = workspace.path + "/archive"
    let begun = DispatchSemaphore(value: 0)
    let ended = DispatchSemaphore(value: 0)
    try Polylogue.open(path: place, createIfMissing: true) { archive in
      Thread.detachNewThread {
        var first = true
        let report = try? archive.import(paths) { event in
          guard first, case .imported = event else { return }
          first = false
          begun.signal()
        }
        #expect(report?.wasCancelled == true)
        ended.signal()
      }
      begun.wait()
    }
    let then = try workspace.archive("archive", .read).newestChange()
    ended.wait()
    #expect(try workspace.archive("archive", .read).newestChange() == then)
  }

  @Test func `an import that waits in line is taken out of it`() async throws {
    try await withHeldImports { archive, path, _ in
      let waiting = Task { try await archive.import([path]).report() }
      let stopped = archive.import([path])
      let listening = Task { for try await _ in stopped {} }
      try await Task.sleep(for: .milliseconds(20))
      waiting.cancel()
      await #expect(throws: CancellationError.self) { try await waiting.value }
      stopped.cancel()
      try await listening.value
      await #expect(throws: CancellationError.self) { try await stopped.report() }
    }
  }

  @Test func `an import that waits in line comes to its turn`() async throws {
    try await withHeldImports { archive, path, held in
      let waiting = Task { try await archive.import([path]).report() }
      for run in held { run.cancel() }
      let report = try await waiting.value
      #expect(!report.wasCancelled)
    }
  }

  @Test func `a deletion does not wait for imports`() async throws {
    try await withHeldImports { archive, _, held in
      while try await archive.filter().first() == nil {
        try await Task.sleep(for: .milliseconds(5))
      }
      let there = try #require(try await archive.filter().first())
      #expect(try await archive.delete([there.id]).conversations == 1)
      #expect(try await archive.conversation(there.id) == nil)
    }
  }
}
