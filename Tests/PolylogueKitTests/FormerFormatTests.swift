import PolylogueKit
import PolylogueSQL
import PolylogueStore
import Testing

@Suite struct FormerFormatTests {
  @Test func `who reads an archive of a former format brings it up to date`() throws {
    let workspace = try Workspace()
    let path = workspace.path + "/archive"
    do {
      let archive = try Archive(path: path, access: .write)
      _ = try archive.importPaths([
        try workspace.write("conversations.json", "[\(chatGPT("a", ["one", "two"]))]")
      ])
      try archive.close()
    }
    let file = ArchiveFolder(path: path).archivePath
    let current = try Connection.reading(path: file).integer("PRAGMA user_version") ?? 0
    do {
      let connection = try Connection(path: file, mode: .readWrite)
      try connection.execute(
        "ALTER TABLE revision DROP COLUMN seal; PRAGMA user_version=\(current - 1)")
    }
    let archive = try Archive(path: path, access: .read)
    #expect(try archive.list().items.count == 1)
    #expect(try archive.verify(isDeep: true).problems == [])
    #expect(try Connection.reading(path: file).integer("PRAGMA user_version") == current)
  }
}
