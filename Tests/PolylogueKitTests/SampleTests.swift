import Foundation
import PolylogueKit
import Testing

@Suite(.enabled(if: Samples.areThere, "the real exports are not here; see CONTRIBUTING.md"))
struct SampleTests {
  @Test func `every sample comes back byte for byte, and so does every member of a ZIP`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    for file in Samples.files() { _ = try archive.importPaths([file]) }
    var imported: Set<String> = []
    for record in try archive.imports() {
      let bytes = try archive.rawBytes(record.id)
      imported.insert(record.path)
      if FileManager.default.fileExists(atPath: record.path) {
        #expect(bytes == FileManager.default.contents(atPath: record.path), "\(record.path)")
      } else {
        #expect(bytes == member(record.path), "\(record.path)")
      }
    }
    #expect(imported.count > 60)
  }

  @Test func `a second import of all samples finds nothing new`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let first = try archive.importPaths(Samples.files())
    let before = try archive.canonical()
    let second = try archive.importPaths(Samples.files())
    #expect(first.conversations.new > 60)
    #expect(second.conversations.new == 0 && second.conversations.updated == 0)
    #expect(second.messages.new == 0 && second.messages.updated == 0)
    #expect(try archive.canonical() == before)
    #expect(try archive.verify(isDeep: true).problems == [])
  }

  @Test func `a session imported as it grew equals the session imported at its end`() throws {
    let workspace = try Workspace()
    let grown = try workspace.archive("grown")
    let last = try workspace.archive("last")
    for step in 1...5 {
      let source = Samples.root + "/claude-code/entire-growing-cc432c40/step\(step).jsonl"
      let bytes = try #require(FileManager.default.contents(atPath: source))
      let file = try workspace.write("projects/p/session.jsonl", bytes)
      _ = try grown.importPaths([file])
    }
    _ = try last.importPaths([workspace.path + "/projects/p/session.jsonl"])
    #expect(try grown.canonical() == last.canonical())
    #expect(try grown.statistics().messages == last.statistics().messages)
  }

  @Test func `the order of import does not matter`() throws {
    let workspace = try Workspace()
    let forwards = try workspace.archive("forwards")
    let backwards = try workspace.archive("backwards")
    let files = Samples.files().filter {
      $0.contains("/claude-code/daain") || $0.contains("/codex/") || $0.contains("/chatgpt/nhh")
    }
    for file in files { _ = try forwards.importPaths([file]) }
    for file in files.reversed() { _ = try backwards.importPaths([file]) }
    #expect(try forwards.statistics().messages == backwards.statistics().messages)
    #expect(
      try forwards.list(limit: nil).items.map(\.id).sorted { $0.description < $1.description }
        == backwards.list(limit: nil).items.map(\.id).sorted { $0.description < $1.description })
  }

  /// The bytes of a ZIP's member, by a program that is not ours.
  private func member(_ path: String) -> Data? {
    guard let end = path.range(of: ".zip/") else { return nil }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "python3", "-c",
      "import sys,zipfile;sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))",
      String(path[..<end.upperBound].dropLast()), String(path[end.upperBound...]),
    ]
    let pipe = Pipe()
    process.standardOutput = pipe
    guard (try? process.run()) != nil else { return nil }
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return data
  }
}
