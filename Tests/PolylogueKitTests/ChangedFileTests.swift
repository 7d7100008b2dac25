import Foundation
import PolylogueKit
import Testing

/// A file that is not what it was when it was imported before.
@Suite struct ChangedFileTests {
  private let session = "5b3c7c2e-1111-4222-8333-444455556666"

  private func line(_ index: Int, _ text: String? = nil) -> String {
    """
    {"type":"user","uuid":"00000000-0000-4000-8000-00000000000\(index)","parentUuid":\
    \(index == 0 ? "null" : "\"00000000-0000-4000-8000-00000000000\(index - 1)\""),\
    "sessionId":"\(session)","timestamp":"2026-01-01T00:00:0\(index)Z",\
    "message":{"role":"user","content":"\(text ?? "text \(index)")"}}

    """
  }

  private func texts(_ archive: Archive, isVanished: Bool = false) throws -> [String] {
    try archive.conversation(matching: "claude-code:" + session).messages
      .filter { $0.isVanished == isVanished }.map(\.text)
  }

  @Test func `a half-written line is taken once it is whole`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let name = session + ".jsonl"
    let whole = line(0) + line(1) + line(2)
    let file = try workspace.write(name, String(whole.dropLast(40)))
    _ = try archive.importPaths([file])
    #expect(try texts(archive) == ["text 0", "text 1"])
    _ = try workspace.write(name, whole)
    _ = try archive.importPaths([file])
    #expect(try texts(archive) == ["text 0", "text 1", "text 2"])
    #expect(try texts(archive, isVanished: true).isEmpty)
    #expect(try archive.verify(isDeep: true).isOK)
  }

  @Test func `an export cut off keeps what it has, and the whole one completes it`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let whole = "[" + chatGPT("a", ["one"]) + "," + chatGPT("b", ["two", "three"]) + "]"
    let file = try workspace.write("conversations.json", String(whole.dropLast(200)))
    let report = try archive.importPaths([file])
    #expect(report.failed.map(\.isPartial) == [true])
    #expect(try archive.statistics().conversations == 1)
    _ = try workspace.write("conversations.json", whole)
    #expect(try archive.importPaths([file]).failed.isEmpty)
    #expect(try archive.statistics().messages == 3)
    #expect(try archive.verify(isDeep: true).isOK)
  }

  @Test func `a file that was truncated takes nothing away`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let name = session + ".jsonl"
    let file = try workspace.write(name, line(0) + line(1) + line(2))
    _ = try archive.importPaths([file])
    let before = try archive.canonical()
    _ = try workspace.write(name, line(0))
    _ = try archive.importPaths([file])
    #expect(try archive.canonical() == before)
    _ = try workspace.write(name, "")
    _ = try archive.importPaths([file])
    #expect(try archive.canonical() == before)
    #expect(try archive.verify(isDeep: true).isOK)
  }

  @Test func `a tail written anew in place is taken, and the former one kept as vanished`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let name = session + ".jsonl"
    let file = try workspace.write(name, line(0) + line(1) + line(2, "former"))
    _ = try archive.importPaths([file])
    let tail = line(3, "rewritten").replacingOccurrences(
      of: "\"00000000-0000-4000-8000-000000000002\"",
      with: "\"00000000-0000-4000-8000-000000000001\"")
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
    try handle.seek(toOffset: UInt64((line(0) + line(1)).utf8.count))
    try handle.write(contentsOf: Data(tail.utf8))
    try handle.truncate(atOffset: try handle.offset())
    try handle.close()
    _ = try archive.importPaths([file])
    #expect(try texts(archive) == ["text 0", "text 1", "rewritten"])
    #expect(try texts(archive, isVanished: true) == ["former"])
    #expect(try archive.rawBytes(1) == Data((line(0) + line(1) + line(2, "former")).utf8))
    #expect(try archive.verify(isDeep: true).isOK)
  }

  @Test func `a file replaced by another session leaves the first alone`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let file = try workspace.write("session.jsonl", line(0) + line(1))
    _ = try archive.importPaths([file])
    let other = "5b3c7c2e-1111-4222-8333-444455557777"
    _ = try workspace.write(
      "session.jsonl",
      (line(5) + line(6)).replacingOccurrences(of: session, with: other))
    _ = try archive.importPaths([file])
    #expect(try texts(archive) == ["text 0", "text 1"])
    #expect(try archive.conversation(matching: "claude-code:" + other).messages.count == 2)
    #expect(try archive.imports().map(\.path) == [file, file])
    #expect(try archive.verify(isDeep: true).isOK)
  }
}
