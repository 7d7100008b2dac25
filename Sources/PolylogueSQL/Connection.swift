import CPolylogueSQLite
import Glibc

/// One connection to a SQLite database.
///
/// A connection is used by one thread at a time; it is not `Sendable`. Statements prepared through
/// ``statement(_:)`` are kept and reused, the ``statementLimit`` that were used last.
public final class Connection {
  /// The most statements that are kept prepared. One takes some kilobytes, and filters have as many
  /// forms as there are combinations of them.
  public static let statementLimit = 128

  /// How a database is opened.
  public enum Mode: Sendable {
    /// Reads only; the file must exist.
    case readOnly
    /// Reads only a file that nobody writes, without a lock and without its log.
    case immutable
    /// Reads and writes; the file must exist.
    case readWrite
    /// Reads and writes; the file is made when it is missing.
    case create
  }

  /// Runs once, before the first connection.
  private static let memoryIsUncounted = polylogue_sqlite_uncounted_memory() == SQLITE_OK

  /// The file's path as it was given.
  public let path: String
  let handle: OpaquePointer
  private var cache: [String: Statement] = [:]
  /// How often a statement was asked for.
  private var uses: UInt64 = 0
  /// What ends the connection's statements from another thread, those that run and those to come.
  public var interruption: Interruption? {
    didSet { watch() }
  }

  /// Opens a database with the settings that the archive relies on: foreign keys enforced, the
  /// schema untrusted, defensive mode, no checkpoint on close (checkpoints belong to the writer).
  ///
  /// - Throws: ``SQLError``.
  public init(path: String, mode: Mode) throws {
    let flags: Int32 =
      switch mode {
      case .readOnly: SQLITE_OPEN_READONLY
      case .immutable: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
      case .readWrite: SQLITE_OPEN_READWRITE
      case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
      }
    _ = Connection.memoryIsUncounted
    var opened: OpaquePointer?
    let name = mode == .immutable ? Connection.immutableName(of: path) : path
    let code = sqlite3_open_v2(
      name, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
    guard code == SQLITE_OK, let opened else {
      let reason = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      sqlite3_close_v2(opened)
      throw SQLError(code: code, message: "cannot open \(path): \(reason)")
    }
    handle = opened
    self.path = path
    sqlite3_busy_timeout(handle, 10_000)
    _ = polylogue_sqlite_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1)
    _ = polylogue_sqlite_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    _ = polylogue_sqlite_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    try execute("PRAGMA foreign_keys=ON; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0;")
  }

  /// Opens a database to read it, also where nothing can be written beside it.
  ///
  /// SQLite reads a database with a write-ahead log only where it can keep an index of the log in
  /// the folder. On a read-only medium nobody writes: with no log, the file is all there is.
  public static func reading(path: String) throws -> Connection {
    let connection = try Connection(path: path, mode: .readOnly)
    do {
      _ = try connection.integer("PRAGMA schema_version")
      return connection
    } catch let error as SQLError where error.isUnwritable {
      var log = stat()
      guard stat(path + "-wal", &log) != 0 || log.st_size == 0 else { throw error }
      return try Connection(path: path, mode: .immutable)
    }
  }

  /// The file's name as SQLite's URI (<https://www.sqlite.org/uri.html>).
  private static func immutableName(of path: String) -> String {
    var uri = path.hasPrefix("/") ? "file://" : "file:"
    for character in path.unicodeScalars {
      switch character {
      case "%": uri += "%25"
      case "?": uri += "%3f"
      case "#": uri += "%23"
      default: uri.unicodeScalars.append(character)
      }
    }
    return uri + "?immutable=1"
  }

  deinit {
    for statement in cache.values { statement.finalize() }
    sqlite3_close_v2(handle)
  }

  /// Runs statements that return nothing.
  public func execute(_ sql: String) throws {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw error(code, sql) }
  }

  /// A prepared statement, reset and without bindings, from the cache where it was used before.
  ///
  /// A statement that is being stepped must not be asked for again before it is reset.
  public func statement(_ sql: String) throws -> Statement {
    uses += 1
    if let cached = cache[sql] {
      cached.reset()
      cached.lastUse = uses
      return cached
    }
    let statement = try Statement(connection: self, sql: sql)
    // Whoever still uses a statement that is forgotten keeps it until then.
    if cache.count >= Connection.statementLimit,
      let oldest = cache.values.min(by: { $0.lastUse < $1.lastUse })
    {
      cache[oldest.sql] = nil
    }
    statement.lastUse = uses
    cache[sql] = statement
    return statement
  }

  /// Runs one statement with bindings.
  public func run(_ sql: String, _ values: any SQLValue...) throws {
    let statement = try statement(sql)
    for (index, value) in values.enumerated() { value.bind(to: statement, at: index + 1) }
    _ = try statement.step()
    statement.reset()
  }

  /// The first column of the first row as an integer; nil without a row or when it is NULL.
  public func integer(_ sql: String, _ values: any SQLValue...) throws -> Int64? {
    let statement = try statement(sql)
    for (index, value) in values.enumerated() { value.bind(to: statement, at: index + 1) }
    defer { statement.reset() }
    guard try statement.step(), !statement.isNull(0) else { return nil }
    return statement.int64(0)
  }

  /// The first column of the first row as text; nil without a row or when it is NULL.
  public func text(_ sql: String, _ values: any SQLValue...) throws -> String? {
    let statement = try statement(sql)
    for (index, value) in values.enumerated() { value.bind(to: statement, at: index + 1) }
    defer { statement.reset() }
    guard try statement.step(), !statement.isNull(0) else { return nil }
    return statement.string(0)
  }

  /// Runs `body` in a write transaction, committed when it returns and rolled back when it throws.
  public func transaction<R>(_ body: () throws -> R) throws -> R {
    try execute("BEGIN IMMEDIATE")
    do {
      let result = try body()
      try execute("COMMIT")
      return result
    } catch {
      if sqlite3_get_autocommit(handle) == 0 { try? execute("ROLLBACK") }
      throw error
    }
  }

  /// Runs `body` on one snapshot of the database: that of the open transaction, where there is one.
  public func snapshot<R>(_ body: () throws -> R) throws -> R {
    if isInTransaction { return try body() }
    try run("BEGIN")
    // Not a statement of the cache: it must end the snapshot of an interrupted query too.
    defer { sqlite3_exec(handle, "COMMIT", nil, nil, nil) }
    return try body()
  }

  /// Copies the write-ahead log into the database and, when nobody reads it, empties it.
  ///
  /// Only the holder of the writer's lock may call it: SQLite before 3.51.3 can damage the log when
  /// two connections write or checkpoint at the same instant.
  public func checkpoint() throws {
    let code = sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
    guard code == SQLITE_OK || code & 0xff == SQLITE_BUSY || code & 0xff == SQLITE_LOCKED else {
      throw error(code, "checkpoint")
    }
  }

  /// Copies the whole database, as it is at one moment, over another one
  /// (<https://www.sqlite.org/backup.html>). Writers go on meanwhile.
  public func copy(to other: Connection) throws {
    guard let backup = sqlite3_backup_init(other.handle, "main", handle, "main") else {
      throw other.error(sqlite3_errcode(other.handle), "backup")
    }
    let code = sqlite3_backup_step(backup, -1)
    let end = sqlite3_backup_finish(backup)
    guard code == SQLITE_DONE else { throw other.error(end, "backup") }
  }

  /// The row id of the last inserted row.
  public var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(handle) }

  /// Rows changed by the last statement.
  public var changes: Int { Int(sqlite3_changes(handle)) }

  /// Whether a transaction is open.
  public var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

  /// Fails with ``SQLError/isInterrupt`` when the ``interruption`` was asked for.
  public func checkInterruption() throws {
    if let interruption, interruption.isRequested { throw Interruption.error }
  }

  /// Operations of the database's machine between two looks at the interruption: some 10 µs.
  private static let operationsBetweenLooks: Int32 = 1000

  private func watch() {
    guard let interruption else { return sqlite3_progress_handler(handle, 0, nil, nil) }
    // The connection keeps the object for as long as the handler is there.
    sqlite3_progress_handler(
      handle, Connection.operationsBetweenLooks,
      { context in
        guard let context else { return 0 }
        return Unmanaged<Interruption>.fromOpaque(context).takeUnretainedValue().isRequested ? 1 : 0
      },
      Unmanaged.passUnretained(interruption).toOpaque())
  }

  func error(_ code: Int32, _ sql: String) -> SQLError {
    let reason = String(cString: sqlite3_errmsg(handle))
    let statement = sql.utf8.count > 120 ? String(sql.prefix(120)) + "…" : sql
    return SQLError(
      code: sqlite3_extended_errcode(handle), message: "\(reason) (in: \(statement))")
  }
}
