import Glibc
import PolylogueSQL

/// Gives back what a database no longer needs.
public enum Tidying {
  /// A database is written anew when this part of it is unused, in percent.
  static let unusedPercent: Int64 = 20
  /// Less than this many unused bytes is not worth it.
  static let unusedByteCount: Int64 = 1 << 20
  /// This many always are.
  static let alwaysByteCount: Int64 = 1 << 30

  /// Removes the blobs that nothing refers to: an import that was given up half-way leaves them.
  ///
  /// Called in a group of the writer, while nobody imports: an import under way may rely on a blob
  /// that it has just found.
  ///
  /// - Returns: How many, and the bytes that they took.
  public static func removeOrphans(_ connection: Connection) throws -> (blobs: Int, bytes: Int64) {
    let statement = try connection.statement(
      """
      SELECT b.id FROM blob AS b
      WHERE NOT EXISTS (SELECT 1 FROM segment WHERE blob = b.id)
        AND NOT EXISTS (SELECT 1 FROM record WHERE blob = b.id)
        AND NOT EXISTS (SELECT 1 FROM deleted_record WHERE blob = b.id)
        AND NOT EXISTS (SELECT 1 FROM conversation WHERE blob = b.id)
        AND NOT EXISTS (SELECT 1 FROM attachment WHERE blob = b.id)
      """)
    var orphans: [Int64] = []
    while try statement.step() { orphans.append(statement.int64(0)) }
    statement.reset()
    var bytes: Int64 = 0
    for row in orphans {
      bytes += try connection.integer("SELECT length(bytes) FROM blob WHERE id = ?", row) ?? 0
      try connection.run("DELETE FROM blob WHERE id = ?", row)
    }
    return (orphans.count, bytes)
  }

  /// What became of a wish to write a database anew.
  public enum Outcome: Sendable, Equatable {
    /// Too little of it is unused.
    case notWorthIt
    /// It was written anew.
    case done
    /// There is no room for a second copy of it meanwhile: these bytes in this folder.
    case noRoom(bytes: Int64, folder: String)
  }

  /// Writes a database anew, without its unused pages, where that is worth it.
  ///
  /// Called with the lock of its writers held and no transaction open.
  ///
  /// - Parameter emptied: Bytes that are known to have been taken out of rows: they leave pages that
  ///   are not unused, but not full either.
  /// - Complexity: The whole database is read, and written twice.
  public static func compact(
    _ connection: Connection, emptied: Int64 = 0
  ) throws -> Outcome {
    let page = try connection.integer("PRAGMA page_size") ?? 0
    let size = page * (try connection.integer("PRAGMA page_count") ?? 0)
    let unused = page * (try connection.integer("PRAGMA freelist_count") ?? 0)
    let gain = max(unused, min(emptied, size))
    guard gain >= unusedByteCount,
      gain >= alwaysByteCount || gain >= size / 100 * unusedPercent
    else { return .notWorthIt }
    let folder = connection.path.lastIndex(of: "/").map { String(connection.path[..<$0]) } ?? "."
    let need = size - unused + (16 << 20)
    for place in [folder, temporaryFolder] {
      if freeByteCount(in: place) < need { return .noRoom(bytes: need, folder: place) }
    }
    try connection.execute("PRAGMA temp_store=FILE")
    defer { try? connection.execute("PRAGMA temp_store=MEMORY") }
    try connection.execute("VACUUM")
    return .done
  }

  /// Where SQLite makes the copy (<https://www.sqlite.org/tempfiles.html>).
  private static var temporaryFolder: String {
    for name in ["SQLITE_TMPDIR", "TMPDIR"] {
      if let value = getenv(name) {
        let folder = String(cString: value)
        if access(folder, W_OK | X_OK) == 0 { return folder }
      }
    }
    return ["/var/tmp", "/usr/tmp", "/tmp"].first { access($0, W_OK | X_OK) == 0 } ?? "."
  }

  /// The bytes that may still be written to the file system of a folder.
  static func freeByteCount(in folder: String) -> Int64 {
    var facts = statvfs()
    guard statvfs(folder, &facts) == 0 else { return .max }
    let (bytes, overflow) = Int64(clamping: facts.f_bavail)
      .multipliedReportingOverflow(by: Int64(clamping: facts.f_frsize))
    return overflow ? .max : bytes
  }
}
