import PolylogueSQL

/// The index's tables.
///
/// `text_segments` has one row a segment; its pages lie in three tables that only ever grow at
/// their end, under `segment << 24 | page`. `text_chunks` holds the documents' columns,
/// `text_ranges` which rows of the archive a chunk speaks of, `text_deleted` a bit for each
/// deleted document.
enum TextIndexSchema {
  /// The version of the stored form; another one is built anew.
  static let version: Int64 = 1

  static func create(in connection: Connection) throws {
    try connection.execute(
      """
      CREATE TABLE IF NOT EXISTS text_meta(name TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS text_segments(
        id INTEGER PRIMARY KEY, first_document INTEGER NOT NULL, documents INTEGER NOT NULL,
        first_time INTEGER NOT NULL, last_time INTEGER NOT NULL, terms INTEGER NOT NULL,
        bytes INTEGER NOT NULL, fields INTEGER NOT NULL, root BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS text_dictionary(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS text_postings(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS text_positions(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS text_chunks(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS text_ranges(
        id INTEGER PRIMARY KEY, first_message INTEGER NOT NULL, last_message INTEGER NOT NULL,
        first_conversation INTEGER NOT NULL, last_conversation INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS text_deleted(id INTEGER PRIMARY KEY, bits BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS text_names(
        kind INTEGER NOT NULL, id INTEGER NOT NULL, name BLOB NOT NULL, PRIMARY KEY(kind, id)
      ) WITHOUT ROWID;
      """)
  }

  /// A counter of the index; 0 when it was never set.
  static func counter(_ name: String, in connection: Connection) throws -> Int64 {
    try connection.integer("SELECT value FROM text_meta WHERE name=?", name) ?? 0
  }

  static func setCounter(_ name: String, _ value: Int64, in connection: Connection) throws {
    try connection.run("INSERT OR REPLACE INTO text_meta(name,value) VALUES(?,?)", name, value)
  }

  static let insertPage = [
    "INSERT INTO text_dictionary(id,bytes) VALUES(?,?)",
    "INSERT INTO text_postings(id,bytes) VALUES(?,?)",
    "INSERT INTO text_positions(id,bytes) VALUES(?,?)",
  ]
  static let selectPage = [
    "SELECT bytes FROM text_dictionary WHERE id=?",
    "SELECT bytes FROM text_postings WHERE id=?",
    "SELECT bytes FROM text_positions WHERE id=?",
  ]

  static func pageKey(_ segment: Int64, _ page: UInt32) -> Int64 { segment << 24 | Int64(page) }
}
