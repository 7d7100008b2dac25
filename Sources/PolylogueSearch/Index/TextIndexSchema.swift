import PolylogueSQL

/// The index's tables.
///
/// `text_segments` has one row a segment; its pages lie in three tables that only ever grow at
/// their end, under `segment << 24 | page`. `text_chunks` holds the documents' columns,
/// `text_ranges` which rows of the archive and which times a chunk speaks of, `text_deleted` a bit for each
/// deleted document.
enum TextIndexSchema {
  /// The version of the stored form; another one is built anew.
  static let version: Int64 = 3

  /// Makes the tables where they are missing, and anew where another version has made them: the
  /// index then begins at zero.
  static func create(in connection: Connection) throws {
    if try isThere(in: connection), try !isCurrent(in: connection) { try drop(in: connection) }
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
        first_conversation INTEGER NOT NULL, last_conversation INTEGER NOT NULL,
        first_time INTEGER NOT NULL, last_time INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS text_deleted(id INTEGER PRIMARY KEY, bits BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS text_names(
        kind INTEGER NOT NULL, id INTEGER NOT NULL, name BLOB NOT NULL, PRIMARY KEY(kind, id)
      ) WITHOUT ROWID;
      """)
    guard try !isCurrent(in: connection) else { return }
    // Readers share pages by this number: no other index has it.
    try setCounter("identity", Int64.random(in: 1...Int64.max), in: connection)
    try setCounter("version", version, in: connection)
  }

  /// Whether there is an index of any version.
  static func isThere(in connection: Connection) throws -> Bool {
    try connection.integer(
      "SELECT 1 FROM sqlite_schema WHERE type='table' AND name='text_meta'") != nil
  }

  /// Whether the index that is there has this version.
  static func isCurrent(in connection: Connection) throws -> Bool {
    try counter("version", in: connection) == version
  }

  private static func drop(in connection: Connection) throws {
    try connection.transaction {
      for table in [
        "meta", "segments", "dictionary", "postings", "positions", "chunks", "ranges", "deleted",
        "names",
      ] {
        try connection.execute("DROP TABLE IF EXISTS text_\(table)")
      }
    }
  }

  /// A counter of the index; 0 when it was never set.
  static func counter(_ name: String, in connection: Connection) throws -> Int64 {
    try connection.integer("SELECT value FROM text_meta WHERE name=?", name) ?? 0
  }

  /// Several counters of the index, each 0 when it was never set.
  static func counters(_ names: [String], in connection: Connection) throws -> [Int64] {
    let statement = try connection.statement("SELECT name,value FROM text_meta")
    defer { statement.reset() }
    var values = [Int64](repeating: 0, count: names.count)
    while try statement.step() {
      let name = statement.string(0)
      if let index = names.firstIndex(of: name) { values[index] = statement.int64(1) }
    }
    return values
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
