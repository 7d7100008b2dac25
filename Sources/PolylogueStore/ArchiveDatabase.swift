import Glibc
import PolylogueSQL

/// Opens `archive.db` safely: never re-creates a damaged file, never touches one that a newer
/// version wrote.
public enum ArchiveDatabase {
  /// Opens an archive for reading.
  ///
  /// - Throws: ``ArchiveError``: `notFound` when there is none, `newerVersion`, `unknownFormat` or
  ///   `damaged` when it cannot be used.
  public static func openForReading(_ folder: ArchiveFolder) throws -> Connection {
    try checkHeader(folder)
    let connection: Connection
    do {
      connection = try Connection.reading(path: folder.archivePath)
    } catch let error as SQLError {
      throw translate(error, path: folder.archivePath)
    }
    try checkVersion(connection, folder, isWriter: false)
    try connection.execute("PRAGMA cache_size=-8192")
    return connection
  }

  /// Opens an archive for writing, making it when there is none and bringing an older one up to
  /// date. Called with the writer's lock held.
  public static func openForWriting(_ folder: ArchiveFolder) throws -> Connection {
    var info = stat()
    if lstat(folder.archivePath, &info) != 0 {
      guard errno == ENOENT else {
        throw ArchiveFolder.failure("cannot look at \(folder.archivePath)")
      }
      try create(folder)
    }
    try checkHeader(folder)
    let connection = try open(folder.archivePath, mode: .readWrite)
    try checkVersion(connection, folder, isWriter: true)
    try connection.execute(
      """
      PRAGMA synchronous=FULL;
      PRAGMA wal_autocheckpoint=0;
      PRAGMA journal_size_limit=67108864;
      PRAGMA cache_size=-12288;
      PRAGMA temp_store=MEMORY;
      """)
    return connection
  }

  /// Makes an archive under another name and renames it, so that an `archive.db` is whole from the
  /// first moment on: an empty one is damage, not a beginning.
  private static func create(_ folder: ArchiveFolder) throws {
    let fresh = folder.path + "/archive.db.new"
    for suffix in ["", "-wal", "-shm", "-journal"] { unlink(fresh + suffix) }
    try ArchiveFolder.makePrivateFile(fresh)
    do {
      let connection = try open(fresh, mode: .readWrite)
      // A key that lands anywhere in an index costs a page in the log: half the size of the text
      // index's pages, which are filled in order.
      try connection.execute("PRAGMA page_size=8192; PRAGMA journal_mode=DELETE")
      try migrate(connection)
    }
    // WAL is a property of the file: switched on here, under the final schema.
    do {
      let connection = try open(fresh, mode: .readWrite)
      _ = try connection.text("PRAGMA journal_mode=WAL")
      try connection.checkpoint()
    }
    for suffix in ["-wal", "-shm"] { unlink(fresh + suffix) }
    guard rename(fresh, folder.archivePath) == 0 else {
      throw ArchiveFolder.failure("cannot make \(folder.archivePath)")
    }
    try ArchiveFolder.synchronize(folder: folder.path)
  }

  private static func open(_ path: String, mode: Connection.Mode) throws -> Connection {
    do {
      return try Connection(path: path, mode: mode)
    } catch let error as SQLError {
      throw translate(error, path: path)
    }
  }

  /// The archive's own error for a database's error.
  public static func translate(_ error: SQLError, path: String) -> ArchiveError {
    if error.isDamage {
      return ArchiveError(
        .damaged,
        "\(path) is damaged (\(error.message)); keep the file and restore a backup")
    }
    if error.isFull {
      return ArchiveError(
        .noSpace, "no space left for \(path); free some and try again")
    }
    if error.isBusy {
      return ArchiveError(.locked, "\(path) is in use by another program; try again later")
    }
    if error.isUnwritable {
      return ArchiveError(
        .permission,
        "\(path) cannot be used where nothing can be written beside it, because its log \(path)-wal"
          + " is not empty or its folder is read-only; copy the folder to a writable place, or"
          + " correct its mode")
    }
    return ArchiveError(.io, "\(path): \(error.message)")
  }

  private static func checkHeader(_ folder: ArchiveFolder) throws {
    let path = folder.archivePath
    // Never opened here: closing it would take the locks of all of this process's connections to it
    // (<https://sqlite.org/howtocorrupt.html>, 2.2). SQLite itself refuses another file's header.
    var info = stat()
    guard lstat(path, &info) == 0 else {
      if errno == ENOENT {
        throw ArchiveError(
          .notFound, "there is no archive in \(folder.path)", remedy: .makeArchive)
      }
      throw ArchiveFolder.failure("cannot open \(path)")
    }
    guard info.st_mode & S_IFMT == S_IFREG, info.st_size >= 512 else {
      throw ArchiveError(
        .damaged,
        "\(path) does not begin like an archive and was left untouched", remedy: .restore)
    }
  }

  private static func checkVersion(
    _ connection: Connection, _ folder: ArchiveFolder, isWriter: Bool
  ) throws {
    do {
      let application = try connection.integer("PRAGMA application_id") ?? 0
      guard application == Schema.applicationID else {
        throw ArchiveError(
          .unknownFormat,
          "\(folder.archivePath) is a database of another program; it was left untouched")
      }
      let version = try connection.integer("PRAGMA user_version") ?? 0
      let known = Int64(Schema.migrations.count)
      guard version <= known else {
        throw ArchiveError(
          .newerVersion,
          "\(folder.archivePath) was written by a newer version of polylogue (format \(version),"
            + " this one knows \(known)); it was left untouched. Update polylogue")
      }
      if version < known {
        guard isWriter else {
          throw ArchiveError(
            .unknownFormat,
            "\(folder.archivePath) has the older format \(version)", remedy: .upgrade)
        }
        try migrate(connection)
      }
    } catch let error as SQLError {
      throw translate(error, path: folder.archivePath)
    }
  }

  private static func migrate(_ connection: Connection) throws {
    try connection.transaction {
      let version = Int(try connection.integer("PRAGMA user_version") ?? 0)
      for migration in Schema.migrations.dropFirst(version) {
        try connection.execute(migration.sql)
      }
      try connection.execute("PRAGMA application_id=\(Schema.applicationID)")
      try connection.execute("PRAGMA user_version=\(Schema.migrations.count)")
    }
  }
}
