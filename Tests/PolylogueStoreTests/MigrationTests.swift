import Foundation
import PolylogueModel
import PolylogueSQL
import Testing

@testable import PolylogueStore

@Suite struct MigrationTests {
  @Test(arguments: 1..<Schema.migrations.count)
  func `an archive of a former format is brought up to date by its first writer`(
    version: Int
  ) throws {
    let source = TemporaryArchive()
    let (kept, gone) = (sample("kept", count: 3), sample("gone", from: 10, count: 2))
    for conversation in [kept, gone] { try source.write(conversation) }
    let archive = TemporaryArchive()
    try archive.folder.make()
    try make(version, at: archive.folder.archivePath, from: source.folder.archivePath)
    #expect(throws: ArchiveError.self) { try archive.reader() }
    #expect(
      try archive.session().delete(
        [gone.header.id], at: Timestamp(microseconds: 1)
      ).report.conversations == 1)
    #expect(try archive.read(kept.header.id) == kept)
    #expect(try archive.reader().list(filter: Filter(), limit: nil, after: nil).items.count == 1)
    #expect(try archive.verify() == [])
  }

  /// Makes an archive of a former format with the rows of one of today's.
  private func make(_ version: Int, at path: String, from source: String) throws {
    let connection = try Connection(path: path, mode: .create)
    for migration in Schema.migrations.prefix(version) { try connection.execute(migration.sql) }
    var tables: [String] = []
    let statement = try connection.statement(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    while try statement.step() { tables.append(statement.string(0)) }
    statement.reset()
    try connection.execute("PRAGMA foreign_keys=OFF; ATTACH '\(source)' AS source")
    for table in tables {
      let columns = try connection.text(
        "SELECT group_concat(name) FROM pragma_table_info('\(table)', 'main')")
      try connection.execute(
        "INSERT INTO main.\(table) SELECT \(columns ?? "*") FROM source.\(table)")
    }
    try connection.execute(
      """
      DETACH source;
      PRAGMA application_id=\(Schema.applicationID);
      PRAGMA user_version=\(version);
      PRAGMA journal_mode=WAL;
      """)
  }
}
