import Foundation
import PolylogueKit
import Testing

/// Importing through the two doors of the library.
@Suite struct LibraryImportTests {
  private func files(_ workspace: Workspace, _ count: Int) throws -> [String] {
    try (0..<count).map {
      try workspace.write("export/f\($0).json", "[" + chatGPT("c\($0)", ["q", "walrus"]) + "]")
    }
  }

  @Test func `every acknowledgement arrives, and the report at the end`() async throws {
    let workspace = try Workspace()
    let paths = try files(workspace, 3) + [try workspace.write("bad.json", "no JSON at all")]
    let place = workspace.path + "/archive"
    try await AsyncPolylogue.open(path: place, createIfMissing: true) { archive async throws in
      var imported: [String] = []
      var failed: [String] = []
      let run = archive.import(paths)
      for try await event in run {
        switch event {
        case .imported(let path): imported.append(path)
        case .failed(let path, _): failed.append(path)
        default: break
        }
      }
      #expect(imported.count == 3)
      #expect(failed.map { ($0 as NSString).lastPathComponent } == ["bad.json"])
      let report = try await run.report()
      #expect(report.conversations.new == 3)
      #expect(report.failed.count == 1)
      #expect(
        report.description == "3 conversations new, 0 updated, 0 unchanged; "
          + "6 messages new, 0 updated, 0 unchanged; not imported: 1")
      #expect(!report.wasCancelled)
      #expect(try await archive.search("walrus").total == 3)
      // It has ended: the stream stays at its end.
      for try await _ in run { Issue.record("an event after the end") }
    }
  }

  @Test func `the report can be had without listening`() async throws {
    let workspace = try Workspace()
    let archive = AsyncPolylogue(path: workspace.path + "/archive")
    let report = try await archive.import(try files(workspace, 300)).report()
    #expect(report.conversations.new == 300)
    let again = try await archive.import([workspace.path + "/export"]).report()
    #expect(again.conversations == ChangeCounts(new: 0, updated: 0, unchanged: 300))
    #expect(try await archive.stats().conversations == 300)
    await archive.close()
    await #expect(throws: ArchiveError.self) { try await archive.import(["x"]).report() }
  }

  @Test func `a consumer that stops taking holds the import, and leaving the loop ends it`()
    async throws
  {
    let workspace = try Workspace()
    // More than may wait: the import cannot have ended before the loop is left.
    let paths = try files(workspace, 1500)
    try await AsyncPolylogue.open(path: workspace.path + "/archive", createIfMissing: true) {
      archive async throws in
      let run = archive.import(paths)
      for try await event in run {
        if case .imported = event { break }
      }
      let report = try await run.report()
      #expect(report.wasCancelled)
      let there = try await archive.stats().conversations
      #expect(there > 0)
      #expect(there < 1500)
      #expect(report.conversations.new == there)
      let rest = try await archive.import(paths).report()
      #expect(rest.conversations.new == 1500 - there)
    }
    let archive = try workspace.archive("archive", .read)
    #expect(try archive.verify(isDeep: true).problems == [])
    #expect(try archive.search("walrus").total == 1500)
  }

  @Test func `cancelling the task that listens stops the import`() async throws {
    let workspace = try Workspace()
    let paths = try files(workspace, 1500)
    try await AsyncPolylogue.open(path: workspace.path + "/archive", createIfMissing: true) {
      archive async throws in
      let run = archive.import(paths)
      let task = Task {
        for try await event in run {
          // The consumer sleeps until it is cancelled, and the import waits for it.
          if case .imported = event { try await Task.sleep(for: .seconds(600)) }
        }
      }
      while try await archive.stats().conversations == 0 {
        try await Task.sleep(for: .milliseconds(5))
      }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      let report = try await run.report()
      #expect(report.wasCancelled)
      #expect(try await archive.stats().conversations == report.conversations.new)
    }
    #expect(try workspace.archive("archive", .read).verify(isDeep: true).problems == [])
  }

  @Test func `two imports at once and queries beside them all end well`() async throws {
    let workspace = try Workspace()
    let paths = try files(workspace, 400)
    try await AsyncPolylogue.open(path: workspace.path + "/archive", createIfMissing: true) {
      archive async throws in
      async let first = archive.import(Array(paths[..<200])).report()
      async let second = archive.import(Array(paths[200...])).report()
      for _ in 0..<20 { _ = try await archive.search("walrus") }
      let new = try await (first.conversations.new, second.conversations.new)
      #expect(new == (200, 200))
      #expect(try await archive.search("walrus").total == 400)
    }
  }

  @Test func `more imports at once than there are threads for wait in line and end well`()
    async throws
  {
    let workspace = try Workspace()
    let paths = try files(workspace, 24)
    try await AsyncPolylogue.open(path: workspace.path + "/archive", createIfMissing: true) {
      archive async throws in
      let new = try await withThrowingTaskGroup(of: Int.self) { group in
        for path in paths {
          group.addTask { try await archive.import([path]).report().conversations.new }
        }
        return try await group.reduce(0, +)
      }
      #expect(new == 24)
      #expect(try await archive.search("walrus").total == 24)
    }
  }

  @Test func `an archive that is missing is made only when asked for`() async throws {
    let workspace = try Workspace()
    let place = workspace.path + "/archive"
    await #expect(throws: ArchiveError.self) {
      try await AsyncPolylogue.open(path: place) { _ in }
    }
    #expect(throws: ArchiveError.self) { try Polylogue.open(path: place) { _ in } }
    #expect(!FileManager.default.fileExists(atPath: place))
    try Polylogue.open(path: place, createIfMissing: true) { archive throws in
      #expect(try archive.stats().conversations == 0)
    }
  }

  @Test func `the blocking door imports and tells`() throws {
    let workspace = try Workspace()
    let paths = try files(workspace, 3)
    try Polylogue.open(path: workspace.path + "/archive", createIfMissing: true) { archive throws in
      var imported = 0
      let report = try archive.import(paths) { if case .imported = $0 { imported += 1 } }
      #expect(report.conversations.new == 3)
      #expect(imported == 3)
      #expect(try archive.filter().count() == 3)
      var options = ImportOptions()
      options.isDryRun = true
      #expect(try archive.import(paths, options: options).conversations.unchanged == 3)
    }
  }
}
