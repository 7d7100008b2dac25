import CPolylogueSQLite

/// A failure reported by the database.
///
/// The message names the statement, never the values bound to it.
public struct SQLError: Error, Sendable, CustomStringConvertible {
  /// SQLite's extended result code (<https://www.sqlite.org/rescode.html>).
  public let code: Int32
  /// What failed and why.
  public let message: String

  /// States a failure.
  public init(code: Int32, message: String) {
    self.code = code
    self.message = message
  }

  /// What failed and why.
  public var description: String { message }

  /// Whether the file is damaged or not a database.
  public var isDamage: Bool { [SQLITE_CORRUPT, SQLITE_NOTADB].contains(code & 0xff) }
  /// Whether there was no space left.
  public var isFull: Bool { code & 0xff == SQLITE_FULL }
  /// Whether another process holds the file.
  public var isBusy: Bool { [SQLITE_BUSY, SQLITE_LOCKED].contains(code & 0xff) }
  /// Whether the folder of the file cannot be written, as reading beside a log needs.
  public var isUnwritable: Bool { [SQLITE_READONLY, SQLITE_CANTOPEN].contains(code & 0xff) }
  /// Whether the statement was interrupted.
  public var isInterrupt: Bool { code & 0xff == SQLITE_INTERRUPT }
}
