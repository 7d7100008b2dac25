import CPolylogueSQLite

/// A prepared statement of a ``Connection``.
///
/// Parameters count from 1 and columns from 0, as in SQLite.
public final class Statement {
  private unowned let connection: Connection
  private var handle: OpaquePointer?
  let sql: String
  /// The connection's count of uses when it was last asked for.
  var lastUse: UInt64 = 0

  init(connection: Connection, sql: String) throws {
    self.connection = connection
    self.sql = sql
    let code = sqlite3_prepare_v3(
      connection.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
    guard code == SQLITE_OK else { throw connection.error(code, sql) }
  }

  deinit { finalize() }

  func finalize() {
    sqlite3_finalize(handle)
    handle = nil
  }

  /// Makes the statement ready to run again and forgets its bindings.
  public func reset() {
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
  }

  /// Goes to the next row.
  ///
  /// - Returns: false when there is none.
  public func step() throws -> Bool {
    do {
      try connection.checkInterruption()
    } catch {
      // A statement that stays active would hold its snapshot.
      sqlite3_reset(handle)
      throw error
    }
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code:
      let failure = connection.error(code, sql)
      sqlite3_reset(handle)
      throw failure
    }
  }

  /// Runs a statement without result rows and makes it ready for the next bindings.
  public func run() throws {
    _ = try step()
    sqlite3_reset(handle)
  }

  // MARK: Binding

  /// Binds an integer, or NULL.
  public func bind(_ value: Int64?, at index: Int) {
    if let value {
      sqlite3_bind_int64(handle, Int32(index), value)
    } else {
      sqlite3_bind_null(handle, Int32(index))
    }
  }

  /// Binds a number, or NULL.
  public func bind(_ value: Double?, at index: Int) {
    if let value {
      sqlite3_bind_double(handle, Int32(index), value)
    } else {
      sqlite3_bind_null(handle, Int32(index))
    }
  }

  /// Binds text, or NULL. Embedded NUL characters are kept.
  public func bind(_ value: String?, at index: Int) {
    guard var value else {
      sqlite3_bind_null(handle, Int32(index))
      return
    }
    value.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        _ = polylogue_sqlite_bind_text(
          handle, Int32(index), $0.baseAddress, UInt64($0.count))
      }
    }
  }

  /// Binds bytes, or NULL.
  public func bind(_ value: [UInt8]?, at index: Int) {
    guard let value else {
      sqlite3_bind_null(handle, Int32(index))
      return
    }
    value.withUnsafeBytes { bind(bytes: $0, at: index) }
  }

  /// Binds bytes, copied before the call returns.
  public func bind(bytes: UnsafeRawBufferPointer, at index: Int) {
    if let base = bytes.baseAddress, !bytes.isEmpty {
      _ = polylogue_sqlite_bind_blob(handle, Int32(index), base, UInt64(bytes.count))
    } else {
      sqlite3_bind_zeroblob(handle, Int32(index), 0)
    }
  }

  // MARK: Columns

  /// Whether the column is NULL.
  public func isNull(_ column: Int) -> Bool {
    sqlite3_column_type(handle, Int32(column)) == SQLITE_NULL
  }

  /// Whether the column holds bytes, not text or a number.
  public func isBlob(_ column: Int) -> Bool {
    sqlite3_column_type(handle, Int32(column)) == SQLITE_BLOB
  }

  /// The column as an integer; 0 when NULL.
  public func int64(_ column: Int) -> Int64 {
    sqlite3_column_int64(handle, Int32(column))
  }

  /// The column as an integer; nil when NULL.
  public func optionalInt64(_ column: Int) -> Int64? {
    isNull(column) ? nil : int64(column)
  }

  /// The column as a number; 0 when NULL.
  public func double(_ column: Int) -> Double {
    sqlite3_column_double(handle, Int32(column))
  }

  /// The column as text, to its full length; empty when NULL.
  public func string(_ column: Int) -> String {
    guard let text = sqlite3_column_text(handle, Int32(column)) else { return "" }
    let count = Int(sqlite3_column_bytes(handle, Int32(column)))
    return String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
  }

  /// The column as text; nil when NULL.
  public func optionalString(_ column: Int) -> String? {
    isNull(column) ? nil : string(column)
  }

  /// The column's bytes; empty when NULL.
  public func bytes(_ column: Int) -> [UInt8] {
    withBytes(column) { Array($0) }
  }

  /// The column's bytes without a copy, valid inside `body`.
  public func withBytes<R>(_ column: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows
    -> R
  {
    let start = sqlite3_column_blob(handle, Int32(column))
    let count = Int(sqlite3_column_bytes(handle, Int32(column)))
    return try body(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
  }
}
