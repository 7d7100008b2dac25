import Glibc
import PolylogueSQL

/// Bytes in cold storage, as they were stored in the archive.
public struct ColdPiece: Sendable {
  /// How they are compressed.
  public var codec: Codec
  /// The compressed bytes.
  public var bytes: [UInt8]

  /// The bytes that name a piece: the first half of the SHA-256 of codec and bytes.
  ///
  /// A piece is found by its content, so that it cannot be mistaken for another one, in whichever
  /// file it is looked for, and writing it twice is writing it once.
  var hash: [UInt8] {
    var hash = SHA256()
    withUnsafeBytes(of: codec.bigEndian) { hash.update($0) }
    bytes.withUnsafeBytes { hash.update($0) }
    return Array(hash.digest().prefix(ColdPiece.hashByteCount))
  }

  /// The length of a hash in bytes.
  static let hashByteCount = 16
}

/// A file of cold storage: pieces by their hash, and the dictionaries they were compressed with.
///
/// Pieces are only ever added: whatever copy of the archive refers to one finds it.
final class ColdFile {
  /// `PRAGMA application_id`: "Cold".
  static let applicationID: Int64 = 0x436F_6C64
  /// `PRAGMA user_version`.
  static let version: Int64 = 1

  /// What tells the file from any other, wherever it lies.
  let uuid: [UInt8]
  let path: String
  private let connection: Connection

  private init(path: String, connection: Connection) throws {
    self.path = path
    self.connection = connection
    do {
      guard try connection.integer("PRAGMA application_id") == ColdFile.applicationID else {
        throw ColdFile.foreign(path)
      }
      guard try connection.integer("PRAGMA user_version") == ColdFile.version else {
        throw ArchiveError(
          .newerVersion, "\(path) was written by a newer version of polylogue; update polylogue")
      }
      let statement = try connection.statement("SELECT uuid FROM meta")
      defer { statement.reset() }
      guard try statement.step() else { throw ColdFile.foreign(path) }
      uuid = statement.bytes(0)
    } catch let error as SQLError {
      throw error.isDamage ? ColdFile.foreign(path) : ArchiveDatabase.translate(error, path: path)
    }
  }

  /// Opens a file of cold storage.
  ///
  /// - Returns: nil when nothing is there.
  /// - Throws: ``ArchiveError`` with code `unknownFormat` for any other file; it is not touched.
  static func open(_ path: String) throws -> ColdFile? {
    guard access(path, F_OK) == 0 else { return nil }
    guard ColdFile.isDatabase(path) else { throw foreign(path) }
    do {
      // What a crash left half done is rolled back by the first who opens it; SQLite opens a file
      // that cannot be written to read it.
      return try ColdFile(path: path, connection: try Connection(path: path, mode: .readWrite))
    } catch let error as SQLError {
      throw ArchiveDatabase.translate(error, path: path)
    }
  }

  /// Makes an empty file of cold storage; it appears under its name when it is whole.
  static func make(_ path: String) throws -> ColdFile {
    let fresh = path + ".new"
    for suffix in ["", "-journal"] { unlink(fresh + suffix) }
    try ArchiveFolder.makePrivateFile(fresh)
    do {
      let connection = try Connection(path: fresh, mode: .readWrite)
      try connection.execute(
        """
        PRAGMA page_size=16384;
        CREATE TABLE meta (uuid BLOB NOT NULL) STRICT;
        CREATE TABLE piece (
          id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, codec INTEGER NOT NULL,
          bytes BLOB NOT NULL
        ) STRICT;
        CREATE TABLE dictionary (
          id INTEGER PRIMARY KEY, purpose TEXT NOT NULL, bytes BLOB NOT NULL
        ) STRICT;
        PRAGMA application_id=\(applicationID);
        PRAGMA user_version=\(version);
        """)
      var generator = SystemRandomNumberGenerator()
      let uuid = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
      try connection.run("INSERT INTO meta (uuid) VALUES (?)", uuid)
    } catch let error as SQLError {
      throw ArchiveDatabase.translate(error, path: fresh)
    }
    // Not every file system of an external disk has links.
    guard link(fresh, path) == 0 || (errno != EEXIST && rename(fresh, path) == 0) else {
      throw ArchiveFolder.failure("cannot make \(path)")
    }
    unlink(fresh)
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    try ArchiveFolder.synchronize(folder: folder)
    guard let made = try open(path) else {
      throw ArchiveError(.io, "\(path) was made and is gone again")
    }
    return made
  }

  /// Whether no piece was ever put into it.
  func isEmpty() throws -> Bool {
    try connection.integer("SELECT 1 FROM piece LIMIT 1") == nil
  }

  // MARK: Pieces

  /// Adds pieces; they are on the disk when the call returns.
  func add(_ pieces: [(hash: [UInt8], piece: ColdPiece)]) throws {
    try connection.execute("PRAGMA synchronous=EXTRA; PRAGMA cache_size=-16384;")
    try connection.transaction {
      let statement = try connection.statement(
        "INSERT INTO piece (hash, codec, bytes) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
      for (hash, piece) in pieces {
        statement.bind(hash, at: 1)
        statement.bind(piece.codec, at: 2)
        piece.bytes.withUnsafeBytes { statement.bind(bytes: $0, at: 3) }
        try statement.run()
      }
    }
  }

  /// Adds dictionaries, so that the pieces can be read without the archive.
  func add(dictionariesOf archive: Connection) throws {
    let source = try archive.statement("SELECT id, purpose, bytes FROM dictionary ORDER BY rowid")
    defer { source.reset() }
    try connection.transaction {
      while try source.step() {
        try connection.run(
          "INSERT INTO dictionary (id, purpose, bytes) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
          source.int64(0), source.string(1), source.bytes(2))
      }
    }
  }

  /// The piece with a hash, compared with it.
  ///
  /// - Throws: ``ArchiveError`` with code `damaged` when it is not there or not as it was.
  func piece(_ hash: [UInt8]) throws -> ColdPiece {
    do {
      let statement = try connection.statement("SELECT codec, bytes FROM piece WHERE hash = ?")
      defer { statement.reset() }
      statement.bind(hash, at: 1)
      guard try statement.step() else {
        throw ArchiveError(
          .damaged, "a piece is missing from \(path); restore a copy of that file")
      }
      let piece = ColdPiece(codec: statement.int64(0), bytes: statement.bytes(1))
      guard piece.codec >= 0, piece.hash == hash else {
        throw ArchiveError(
          .damaged, "a piece in \(path) is damaged; restore a copy of that file")
      }
      return piece
    } catch let error as SQLError {
      throw ArchiveDatabase.translate(error, path: path)
    }
  }

  // MARK: Recognition

  /// Whether a file may be a database. It is never opened here: closing it would take the locks of
  /// all of this process's connections to it (<https://sqlite.org/howtocorrupt.html>, 2.2). SQLite
  /// itself refuses another file's header.
  private static func isDatabase(_ path: String) -> Bool {
    var info = stat()
    return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFREG && info.st_size >= 512
  }

  private static func foreign(_ path: String) -> ArchiveError {
    ArchiveError(
      .unknownFormat, "\(path) is no file of cold storage; it was left untouched. Name another file"
    )
  }
}
