import Foundation
import PolylogueKit
import PolylogueModel
import PolylogueSQL
import Testing

/// A deep check finds any change of what an archive says.
@Suite struct SealTests {
  /// An archive with a file, and with messages that the newest export does not have.
  private func filled(_ workspace: Workspace) throws -> Archive {
    let archive = try workspace.archive()
    let empty =
      #""create_time":1700000001,"content":{"content_type":"text","parts":["two"]},"#
      + #""status":"finished_successfully","weight":1.0,"metadata":{"#
    let conversation = chatGPT("a", ["one", "two", "three"]).replacingOccurrences(
      of: empty,
      with: empty + #""attachments":[{"id":"file-AAAAAAAAAA01","name":"x.txt"}]"#)
    _ = try workspace.write("e/conversations.json", "[" + conversation + "]")
    _ = try workspace.write("e/file-AAAAAAAAAA01-x.txt", "walrus")
    _ = try archive.importPaths([workspace.path + "/e"])
    _ = try archive.importPaths([
      try workspace.write(
        "new.json", "[" + chatGPT("a", ["one"], title: "new", updated: 1_700_000_200) + "]")
    ])
    _ = try archive.extractTexts()
    try archive.close()
    return try workspace.archive()
  }

  @Test(arguments: [
    "UPDATE conversation SET title = 'nev'",
    "UPDATE conversation SET native_id = 'b'",
    "UPDATE conversation SET created_at = created_at + 1",
    "UPDATE conversation SET updated_at = updated_at - 1",
    "UPDATE conversation SET project = 'p'",
    "UPDATE conversation SET metadata = '{}'",
    "UPDATE conversation SET fidelity = 0",
    "UPDATE conversation SET lineage_kind = 0, lineage_parent = 'b'",
    "UPDATE conversation SET models = 'm'",
    "UPDATE conversation SET features = features | 32",
    "UPDATE conversation SET messages = messages + 1",
    "UPDATE conversation SET attachments = attachments + 1",
    "UPDATE message SET native_id = 'n7' WHERE native_id = 'n1'",
    "UPDATE message SET parent = NULL WHERE native_id = 'n2'",
    "UPDATE message SET position = 7 WHERE native_id = 'n1'",
    "UPDATE message SET role = 2 WHERE native_id = 'n1'",
    "UPDATE message SET kind = 2 WHERE native_id = 'n1'",
    "UPDATE message SET flags = flags & ~4 WHERE native_id = 'n1'",
    "UPDATE message SET timestamp = timestamp + 1 WHERE native_id = 'n1'",
    "UPDATE message SET hash = hash + 1 WHERE native_id = 'n1'",
    "DELETE FROM message WHERE native_id = 'n2'",
    """
    UPDATE message SET body = CAST(substr(body, 1, length(body) - 6) || x'41'
      || substr(body, length(body) - 4) AS BLOB) WHERE native_id = 'n1'
    """,
    "UPDATE attachment SET message = (SELECT id FROM message WHERE native_id = 'n2'), position = 9",
    "UPDATE attachment SET name = 'y.txt'",
    "UPDATE attachment SET native_id = 'f'",
    "UPDATE attachment SET media_type = 'text/html'",
    "UPDATE attachment SET size = 7",
    "UPDATE attachment SET text = NULL",
    "UPDATE attachment SET state = 0",
    "UPDATE total SET conversations = conversations + 1",
    "UPDATE revision SET conversation = 77",
    "INSERT INTO older_part VALUES (77, 0, 1, 1, 1, 1, 1, 1)",
  ])
  func `a change that no import made is found`(change: String) throws {
    let workspace = try Workspace()
    let archive = try filled(workspace)
    #expect(try archive.verify(isDeep: true).problems == [])
    let connection = try Connection(path: archive.folder.archivePath, mode: .readWrite)
    try connection.execute("PRAGMA foreign_keys=OFF")
    try connection.execute(change)
    #expect(try archive.verify(isDeep: true).isDamaged)
  }

  @Test func `an archive of the former format gets its seals when it is written`() throws {
    let workspace = try Workspace()
    let archive = try filled(workspace)
    let connection = try Connection(path: archive.folder.archivePath, mode: .readWrite)
    try connection.execute("UPDATE revision SET seal = NULL")
    #expect(try archive.verify(isDeep: true).problems == [])
    _ = try archive.importPaths([
      try workspace.write("a.json", "[" + chatGPT("a", ["uno"], updated: 1_700_000_300) + "]")
    ])
    #expect(try connection.integer("SELECT count(*) FROM revision WHERE seal IS NULL") == 0)
    #expect(try archive.verify(isDeep: true).problems == [])
  }
}
