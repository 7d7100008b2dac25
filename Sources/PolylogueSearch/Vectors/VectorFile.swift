public import PolylogueModel
public import PolylogueSQL

/// What a file of vectors holds of one model.
public struct VectorModelState: Sendable, Equatable {
  /// The model.
  public var model: EmbeddingModel
  /// The last sequence number of the change feed that was looked at for it.
  public var watermark: Int64
  /// Vectors that are there.
  public var vectors: Int
  /// Messages that have vectors.
  public var messages: Int
  /// Messages that wait to be looked at.
  public var waiting: Int
}

/// A file of vectors, as a whole.
public enum VectorFile {
  /// What a file is, before it is used.
  public static func state(of connection: Connection) throws -> VectorFileState {
    try VectorSchema.state(of: connection)
  }

  /// Makes the tables in an empty file, and sets what a writer needs; pages are of 16 kB.
  ///
  /// - Throws: ``VectorIndexError`` with code `version` for a file of another kind.
  public static func prepare(_ connection: Connection) throws {
    // What was deleted must not stay in free pages: signs and codes say something of a text.
    try connection.execute(
      """
      PRAGMA page_size=16384;
      PRAGMA journal_mode=WAL;
      PRAGMA synchronous=NORMAL;
      PRAGMA wal_autocheckpoint=0;
      PRAGMA cache_size=-8192;
      PRAGMA secure_delete=ON;
      """)
    switch try VectorSchema.state(of: connection) {
    case .current: return
    case .empty: try connection.transaction { try VectorSchema.create(in: connection) }
    case .older, .newer, .foreign:
      throw VectorIndexError(.version, "the file of vectors has another version")
    }
  }

  /// The models that the file has vectors of, oldest first.
  ///
  /// - Parameters:
  ///   - connection: A connection to the file.
  ///   - countsWaiting: Whether it is counted how many messages wait; 0 otherwise.
  /// - Complexity: O(waiting messages) where they are counted.
  public static func models(
    in connection: Connection, countsWaiting: Bool = true
  ) throws -> [VectorModelState] {
    guard try VectorSchema.state(of: connection) == .current else { return [] }
    let statement = try connection.statement(
      """
      SELECT name, revision, dimensions, token_limit, watermark, vectors, messages,
        CASE ? WHEN 0 THEN 0
          ELSE (SELECT count(*) FROM vector_waiting WHERE model = m.id) END
      FROM vector_model AS m ORDER BY id
      """)
    defer { statement.reset() }
    statement.bind(Int64(countsWaiting ? 1 : 0), at: 1)
    var models: [VectorModelState] = []
    while try statement.step() {
      models.append(
        VectorModelState(
          model: EmbeddingModel(
            name: statement.string(0), revision: statement.string(1),
            dimensions: Int(statement.int64(2)), tokenLimit: Int(statement.int64(3))),
          watermark: statement.int64(4), vectors: Int(statement.int64(5)),
          messages: Int(statement.int64(6)), waiting: Int(statement.int64(7))))
    }
    return models
  }

  /// How far a model's vectors have come: the last line of the change feed that was looked at, and how
  /// many messages wait, counted up to a limit; nil when the file has none of it.
  ///
  /// - Complexity: O(limit).
  public static func progress(
    of model: EmbeddingModel, in connection: Connection, countedUpTo limit: Int
  ) throws -> (watermark: Int64, waiting: Int)? {
    guard try VectorSchema.state(of: connection) == .current,
      let id = try row(of: model, in: connection),
      let watermark = try connection.integer("SELECT watermark FROM vector_model WHERE id = ?", id)
    else { return nil }
    let waiting = try connection.integer(
      "SELECT count(*) FROM (SELECT 1 FROM vector_waiting WHERE model = ? LIMIT ?)", id, limit)
    return (watermark, Int(waiting ?? 0))
  }

  /// Whether a model has vectors of messages in a range of rows.
  public static func hasVectors(
    of rows: ClosedRange<Int64>, in connection: Connection
  ) throws -> Bool {
    try connection.integer(
      """
      SELECT 1 FROM vector_model AS m WHERE EXISTS(
        SELECT 1 FROM vector_passage WHERE model = m.id AND message BETWEEN ? AND ?)
      """, rows.lowerBound, rows.upperBound) != nil
  }

  /// Takes a model out with all its vectors.
  ///
  /// - Returns: Whether it was there.
  /// - Complexity: O(vectors of all models).
  public static func remove(_ model: EmbeddingModel, from connection: Connection) throws -> Bool {
    try connection.transaction {
      guard let id = try row(of: model, in: connection) else { return false }
      for table in ["segment", "signs", "codes"] {
        try connection.run(
          "DELETE FROM vector_\(table) WHERE id BETWEEN ? AND ?", VectorSchema.row(id, 0),
          VectorSchema.row(id, Int(UInt32.max)))
      }
      for table in ["passage", "free", "waiting"] {
        try connection.run("DELETE FROM vector_\(table) WHERE model = ?", id)
      }
      try connection.run("DELETE FROM vector_model WHERE id = ?", id)
      return true
    }
  }

  static func row(of model: EmbeddingModel, in connection: Connection) throws -> Int64? {
    // Names are compared as bytes, as SQLite does by itself.
    try connection.integer(
      """
      SELECT id FROM vector_model
      WHERE name = ? AND revision = ? AND dimensions = ? AND token_limit = ?
      """, model.name, model.revision, model.dimensions, model.tokenLimit)
  }
}
