import Foundation
import PolylogueStore
import Testing

@testable import PolylogueKit

/// Working beside another process that keeps the text index.
@Suite struct IndexTurnTests {
  private func export(_ workspace: Workspace, _ names: [String]) throws -> String {
    let all = names.map { chatGPT($0, ["a walrus of \($0)", "an answer"]) }
    return try workspace.write("\(names[0]).json", "[" + all.joined(separator: ",") + "]")
  }

  /// An archive whose index lacks the last of two imports, because somebody else keeps it.
  private func lagging(
    _ workspace: Workspace, _ body: (Archive, WriterLock) throws -> Void
  ) throws {
    let archive = try workspace.archive()
    _ = try archive.importPaths([try export(workspace, ["a", "b"])])
    let other = try WriterLock(path: archive.folder.indexLockPath)
    try other.acquire()
    archive.indexPatience = 0
    let report = try archive.importPaths([try export(workspace, ["c", "d"])])
    #expect(report.conversations.new == 2)
    #expect(report.failed.isEmpty)
    #expect(report.notes.count == 1)
    #expect(report.notes[0].contains("another process keeps the text index"))
    try body(archive, other)
  }

  @Test func `an import ends with a note, and the next search catches up`() throws {
    try lagging(try Workspace()) { archive, other throws in
      #expect(try archive.search("walrus").total == 2)
      other.release()
      #expect(try archive.search("walrus").total == 4)
    }
  }

  @Test func `an index that knows more than a restored archive is made anew`() throws {
    let workspace = try Workspace()
    let folder = try workspace.archive().folder
    let backup = folder.path + "/backup.db"
    for (index, name) in ["a", "b"].enumerated() {
      let archive = try Archive(path: folder.path, access: .write)
      _ = try archive.importPaths([try export(workspace, [name, name + name])])
      try archive.close()
      if index == 0 { try FileManager.default.copyItem(atPath: folder.archivePath, toPath: backup) }
    }
    for suffix in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: folder.archivePath + suffix)
    }
    try FileManager.default.moveItem(atPath: backup, toPath: folder.archivePath)
    let archive = try Archive(path: folder.path, access: .write)
    _ = try archive.importPaths([try export(workspace, ["c"])])
    #expect(try archive.search("walrus").total == 3)
    #expect(try archive.search("\"walrus of c\"").total == 1)
    #expect(try archive.search("\"walrus of b\"").total == 0)
    #expect(try archive.verify(isDeep: true).problems.isEmpty)
    try archive.close()
  }

  @Test func `nothing is deleted by a query that the index cannot answer in full`() throws {
    try lagging(try Workspace()) { archive, other throws in
      var query = ConversationSelection()
      query.texts = ["walrus"]
      let notes = try archive.notes(on: query)
      #expect(notes.contains { $0.contains("4 of 8 messages can be searched so far") }, "\(notes)")
      let error = #expect(throws: ArchiveError.self) { try archive.delete(query) }
      #expect(error?.code == .locked)
      #expect(try archive.statistics().conversations == 4)
      other.release()
      #expect(try archive.delete(query).conversations == 4)
    }
  }

  @Test func `bringing the index up to date stops when it is cancelled, and goes on from there`()
    throws
  {
    let workspace = try Workspace()
    try lagging(workspace) { archive, other throws in
      other.release()
      var asked = 0
      #expect(throws: CancellationError.self) {
        try IndexKeeper(folder: archive.folder).finish {
          asked += 1
          return asked == 3
        }
      }
      #expect(asked == 3)
      #expect(try archive.search("walrus").total == 4)
      #expect(try archive.verify(isDeep: true).problems == [])
    }
  }

  @Test func `waiting for the index ends when it is cancelled`() throws {
    let workspace = try Workspace()
    try lagging(workspace) { archive, _ throws in
      archive.indexPatience = 600
      var isThere = false
      let report = try archive.importPaths(
        [try export(workspace, ["e"])], isCancelled: { isThere }
      ) { if case .imported = $0 { isThere = true } }
      #expect(report.conversations.new == 1)
      #expect(try archive.statistics().conversations == 5)
    }
  }
}
