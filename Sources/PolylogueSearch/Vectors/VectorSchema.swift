import PolylogueModel
import PolylogueSQL

/// The vector index's tables.
///
/// A vector has a slot, counted from 0 in each model, and belongs to one passage of one message.
/// Slots lie in segments of ``slotsOfSegment``: one row of `vector_signs` has the messages that they
/// belong to and the signs of all, `vector_segment` the commit that changed them last. Their codes
/// lie in rows of `vector_codes`, of as many as fit a page. Rows are kept under
/// `model << 32 | number`. `docs/archive-format.md` describes the columns.
enum VectorSchema {
  /// What tells the file from other databases: "PlgV".
  static let applicationID: Int64 = 0x506c_6756
  /// The version of the stored form.
  static let version: Int64 = 1
  /// The slots of a segment: up to 440 dimensions, a row of signs fits a page of 16 kB, so that a
  /// vector that is written alone takes no more than that.
  static let slotsOfSegment = 256
  /// The most dimensions of a vector.
  static let mostDimensions = 65_536
  /// Rows of messages are below this: they share eight bytes with the passage's number.
  static let messageLimit: Int64 = 1 << 47
  /// The most passages of a message.
  static let mostPassages = 1 << 16

  /// Makes the tables in an empty database.
  static func create(in connection: Connection) throws {
    try connection.execute(
      """
      CREATE TABLE vector_meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL)
      STRICT, WITHOUT ROWID;
      CREATE TABLE vector_model(
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, revision TEXT NOT NULL,
        dimensions INTEGER NOT NULL, token_limit INTEGER NOT NULL,
        watermark INTEGER NOT NULL, slots INTEGER NOT NULL, vectors INTEGER NOT NULL,
        messages INTEGER NOT NULL, generation INTEGER NOT NULL,
        UNIQUE(name, revision, dimensions, token_limit)) STRICT;
      CREATE TABLE vector_passage(
        model INTEGER NOT NULL, message INTEGER NOT NULL, number INTEGER NOT NULL,
        slot INTEGER NOT NULL, hash BLOB NOT NULL,
        PRIMARY KEY(model, message, number)) STRICT, WITHOUT ROWID;
      CREATE INDEX vector_text ON vector_passage(model, hash);
      CREATE TABLE vector_segment(id INTEGER PRIMARY KEY, generation INTEGER NOT NULL) STRICT;
      CREATE TABLE vector_signs(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
      CREATE TABLE vector_codes(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
      CREATE TABLE vector_free(
        model INTEGER NOT NULL, slot INTEGER NOT NULL, PRIMARY KEY(model, slot)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE vector_waiting(
        model INTEGER NOT NULL, message INTEGER NOT NULL, time INTEGER NOT NULL,
        state INTEGER NOT NULL, PRIMARY KEY(model, message)) STRICT, WITHOUT ROWID;
      CREATE INDEX vector_newest ON vector_waiting(model, state, time, message);
      """)
    // Readers share segments by this number: no other file has it.
    try setCounter("identity", Int64.random(in: 1...Int64.max), in: connection)
    try connection.execute("PRAGMA application_id=\(applicationID); PRAGMA user_version=\(version)")
  }

  /// What a file is.
  static func state(of connection: Connection) throws -> VectorFileState {
    let application = try connection.integer("PRAGMA application_id") ?? 0
    let found = try connection.integer("PRAGMA user_version") ?? 0
    if application == 0, found == 0,
      try connection.integer("SELECT count(*) FROM sqlite_schema") == 0
    {
      return .empty
    }
    guard application == applicationID else { return .foreign }
    return found == version ? .current : found > version ? .newer : .older
  }

  /// A counter of the file; 0 when it was never set.
  static func counter(_ name: String, in connection: Connection) throws -> Int64 {
    try connection.integer("SELECT value FROM vector_meta WHERE name = ?", name) ?? 0
  }

  static func setCounter(_ name: String, _ value: Int64, in connection: Connection) throws {
    try connection.run(
      "INSERT OR REPLACE INTO vector_meta(name, value) VALUES(?, ?)", name, value)
  }

  /// The row of something of a model.
  static func row(_ model: Int64, _ number: Int) -> Int64 { model << 32 | Int64(number) }
}

/// What a file of vectors is.
public enum VectorFileState: Sendable {
  /// There is nothing in it yet.
  case empty
  /// This version reads and writes it.
  case current
  /// A former version has written it.
  case older
  /// A later version has written it.
  case newer
  /// A database of another program.
  case foreign
}
