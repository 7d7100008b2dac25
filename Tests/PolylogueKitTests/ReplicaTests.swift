import Foundation
import PolylogueKit
import PolylogueSQL
import Testing

@Suite struct ReplicaTests {
  private let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    _ = try workspace.archive().importPaths([try export(1, updated: 1_700_000_000)])
  }

  /// An export of thirty conversations.
  private func export(_ number: Int, updated: Double) throws -> String {
    let items = (0..<30).map {
      chatGPT("c\($0)", ["question \(number)", "answer \($0)"], updated: updated)
    }
    return try workspace.write("\(number).json", "[\(items.joined(separator: ","))]")
  }

  private func log(_ archive: Archive) -> Int64 {
    ArchiveFolder.byteCount(of: archive.folder.archivePath + "-wal")
  }

  private func inode(_ archive: Archive) -> UInt {
    var info = stat()
    return stat(archive.folder.archivePath, &info) == 0 ? UInt(info.st_ino) : 0
  }

  @Test func `an export beside an import is of one moment, and the log starts again meanwhile`()
    throws
  {
    let archive = try workspace.archive("archive", .read)
    let before = try archive.canonical()
    let replica = try archive.replica()
    let writer = try workspace.archive()
    let newer = try export(2, updated: 1_700_000_500)
    var lines: [String] = []
    try replica.exportCanonical { line in
      if lines.count == 3 {
        _ = try writer.importPaths([newer])
        #expect(log(archive) == 0)
      }
      lines.append(line)
    }
    #expect(lines.joined(separator: "\n") + "\n" == before)
    #expect(try archive.canonical() != before)
  }

  @Test func `a reader that stays in one snapshot keeps the log`() throws {
    let archive = try workspace.archive("archive", .read)
    let reader = try Connection.reading(path: archive.folder.archivePath)
    try reader.snapshot {
      _ = try reader.integer("SELECT count(*) FROM conversation")
      _ = try workspace.archive().importPaths([try export(2, updated: 1_700_000_500)])
      #expect(log(archive) > 0)
    }
  }

  @Test func `a replica is used again until the archive changes, and then replaced`() throws {
    let archive = try workspace.archive("archive", .read)
    let first = try archive.replica()
    let file = inode(first)
    #expect(file != 0)
    #expect(inode(try archive.replica()) == file)
    var info = stat()
    #expect(stat(first.folder.archivePath, &info) == 0 && info.st_mode & 0o777 == 0o600)
    #expect(stat(first.path, &info) == 0 && info.st_mode & 0o777 == 0o700)
    let before = try first.canonical()
    _ = try workspace.archive().importPaths([try export(2, updated: 1_700_000_500)])
    let second = try archive.replica()
    #expect(try second.canonical() == archive.canonical())
    #expect(try first.canonical() == before)
    #expect(try second.verify(isDeep: true).problems == [])
  }

  @Test func `optimize removes a replica once it is stale`() throws {
    let archive = try workspace.archive()
    let path = try archive.replica().folder.archivePath
    #expect(ArchiveFolder.byteCount(of: path) > 0)
    _ = try archive.importPaths([try export(2, updated: 1_700_000_500)])
    #expect(try archive.tidy().replica > 0)
    #expect(ArchiveFolder.byteCount(of: path) == 0)
    #expect(try archive.tidy().replica == 0)
    _ = try archive.replica()
    let file = workspace.path + "/cold.db"
    let now = Timestamp(microseconds: 2_000_000_000_000_000)
    #expect(try archive.tidy(.move(before: now, file: file)).replica > 0)
  }

  @Test func `a replica reads cold storage that has moved with its archive's folder`() throws {
    let archive = try workspace.archive()
    let long = "a sensor drifts in the cold of winter, and its reading with it"
    _ = try archive.importPaths([try workspace.write("long.json", "[\(chatGPT("l", [long]))]")])
    let before = try archive.canonical()
    let future = Timestamp(microseconds: 4_000_000_000_000_000)
    let report = try archive.tidy(.move(before: future, file: archive.path + "/cold.db"))
    #expect(report.cold.messages == 1)
    try archive.close()
    try FileManager.default.moveItem(
      atPath: workspace.path + "/archive", toPath: workspace.path + "/moved")
    #expect(try workspace.archive("moved", .read).replica().canonical() == before)
  }

  @Test func `a deletion takes the replica away`() throws {
    let archive = try workspace.archive()
    let path = try archive.replica().folder.archivePath
    let id = try #require(try archive.list().items.first?.id)
    #expect(try archive.delete([id]).conversations == 1)
    #expect(ArchiveFolder.byteCount(of: path) == 0)
  }
}
