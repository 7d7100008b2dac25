import PolylogueKit
import PolylogueSQL
import PolylogueStore
import Testing

@Suite struct FormerFormatTests {
  private let workspace: Workspace
  private let path: String
  private let file: String
  private let current: Int64

  /// An archive of the format before this one.
  init() throws {
    workspace = try Workspace()
    path = workspace.path + "/archive"
    let archive = try Archive(path: path, access: .write)
    _ = try archive.importPaths([
      try workspace.write("conversations.json", "[\(chatGPT("a", ["one", "two"]))]")
    ])
    try archive.close()
    file = archive.folder.archivePath
    current = try Connection.reading(path: file).integer("PRAGMA user_version") ?? 0
    let connection = try Connection(path: file, mode: .readWrite)
    try connection.execute(
      "ALTER TABLE revision DROP COLUMN seal; PRAGMA user_version=\(current - 1)")
  }

  private func expectUpToDate(_ archive: Archive, conversations: Int = 1) throws {
    #expect(try archive.list().items.count == conversations)
    #expect(try archive.verify(isDeep: true).problems == [])
    #expect(try Connection.reading(path: file).integer("PRAGMA user_version") == current)
  }

  @Test func `who reads an archive of a former format brings it up to date`() throws {
    try expectUpToDate(try Archive(path: path, access: .read))
  }

  @Test(arguments: [Archive.Access.read, .write])
  func `an archive of a former format is read again`(first access: Archive.Access) throws {
    // The command looks whether there is an archive before it writes.
    try Archive(path: path, access: access).close()
    let archive = try Archive(path: path, access: .write)
    let report = try archive.reprocess(
      options: NewerImporter.options(.chatgpt) { $0.text == "two" ? nil : $0 })
    #expect(report.failed.isEmpty && report.files == 1)
    #expect(try archive.conversation(matching: "chatgpt:a").messages.map(\.text) == ["one"])
    try expectUpToDate(archive)
  }

  @Test(arguments: [Archive.Access.read, .write])
  func `an archive of a former format takes in more`(first access: Archive.Access) throws {
    try Archive(path: path, access: access).close()
    let archive = try Archive(path: path, access: .write)
    let report = try archive.importPaths([
      try workspace.write("more.json", "[\(chatGPT("b", ["three", "four"]))]")
    ])
    #expect(report.failed.isEmpty && report.conversations.new == 1)
    try expectUpToDate(archive, conversations: 2)
  }
}
