import Glibc
import PolylogueSQL

/// A copy of an archive as it was at one moment, to be read for long.
///
/// A reader that stays in one snapshot keeps the write-ahead log from starting again, so that it
/// grows for as long as an import writes beside it. A replica is read instead: its readers and the
/// archive's writers never meet. It lies in a folder of its own and is an archive without an index.
public enum Replica {
  /// The folder of an archive's replica.
  static func folder(of archive: ArchiveFolder) -> ArchiveFolder {
    ArchiveFolder(path: archive.path + suffix)
  }

  /// The folder of the archive that a replica is a copy of; nil for any other folder.
  static func original(of folder: String) -> String? {
    folder.hasSuffix(suffix) ? String(folder.dropLast(suffix.count)) : nil
  }

  private static let suffix = "/replica"

  /// Opens the replica, made or made again when the archive has changed since.
  ///
  /// - Parameter source: A connection to the archive; it holds a snapshot while it is copied.
  /// - Returns: The replica's folder, and a connection that stays with its file should another
  ///   replica take its place.
  /// - Throws: ``ArchiveError`` with code `noSpace` when there is no room for a copy.
  /// - Complexity: O(bytes of the archive) when it has changed.
  public static func open(
    of archive: ArchiveFolder, source: Connection
  ) throws -> (folder: ArchiveFolder, connection: Connection) {
    let folder = folder(of: archive)
    try folder.make()
    let lock = try WriterLock(path: folder.archiveLockPath)
    return try lock.withLock {
      let state = try state(of: archive, source)
      if known(folder) != state { try copy(source, to: folder, state) }
      return (folder, try ArchiveDatabase.openForReading(folder))
    }
  }

  /// Removes a replica that is no longer like its archive, unless it is being made.
  ///
  /// - Returns: The bytes that it took.
  public static func removeStale(of archive: ArchiveFolder, source: Connection) throws -> Int64 {
    let folder = folder(of: archive)
    guard access(folder.archivePath, F_OK) == 0 else { return 0 }
    let lock = try WriterLock(path: folder.archiveLockPath)
    guard lock.acquireIfFree() else { return 0 }
    defer { lock.release() }
    if try known(folder) == state(of: archive, source) { return 0 }
    let size = ArchiveFolder.byteCount(of: folder.archivePath)
    for name in [statePath(folder), folder.archivePath] { unlink(name) }
    return size
  }

  private static func copy(
    _ source: Connection, to folder: ArchiveFolder, _ state: [UInt8]
  ) throws {
    let need =
      (try source.integer("PRAGMA page_size") ?? 0) * (try source.integer("PRAGMA page_count") ?? 0)
    guard Tidying.freeByteCount(in: folder.path) > need + (16 << 20) else {
      throw ArchiveError(
        .noSpace,
        "a copy of the archive needs \(need >> 20) MB of free space in \(folder.path); free some, or"
          + " go without --snapshot")
    }
    // Whoever reads the former replica keeps its file; the new one appears when it is whole.
    unlink(statePath(folder))
    let fresh = folder.archivePath + ".new"
    for suffix in ["", "-wal", "-shm", "-journal"] { unlink(fresh + suffix) }
    try ArchiveFolder.makePrivateFile(fresh)
    do {
      let connection = try Connection(path: fresh, mode: .readWrite)
      // It is synchronised as a whole, before it gets its name.
      try connection.execute("PRAGMA synchronous=OFF")
      try source.copy(to: connection)
      // Without a log it needs no companions, and can be replaced while it is read.
      _ = try connection.text("PRAGMA journal_mode=DELETE")
    } catch let error as SQLError {
      unlink(fresh)
      throw ArchiveDatabase.translate(error, path: fresh)
    }
    try ArchiveFolder.synchronize(file: fresh)
    guard rename(fresh, folder.archivePath) == 0 else {
      throw ArchiveFolder.failure("cannot make \(folder.archivePath)")
    }
    // What says that it is whole must not be on the disk before it.
    try ArchiveFolder.synchronize(folder: folder.path)
    try write(state, to: statePath(folder))
  }

  // MARK: State

  private static func statePath(_ folder: ArchiveFolder) -> String { folder.path + "/state" }

  /// What changes with every commit: the files of the archive as the file system sees them, and the
  /// newest line of the change feed. Taken before the copy is, so that a commit in between makes the
  /// copy one that is newer than it says, and stale.
  private static func state(of archive: ArchiveFolder, _ source: Connection) throws -> [UInt8] {
    var text = "\(try source.integer("SELECT max(sequence) FROM change") ?? 0)"
    for path in [archive.archivePath, archive.archivePath + "-wal"] {
      var info = stat()
      guard stat(path, &info) == 0, info.st_size > 0 else {
        text += " -"
        continue
      }
      text +=
        " \(info.st_ino) \(info.st_size) \(info.st_mtim.tv_sec).\(info.st_mtim.tv_nsec)"
    }
    return Array(text.utf8)
  }

  private static func known(_ folder: ArchiveFolder) -> [UInt8]? {
    guard access(folder.archivePath, F_OK) == 0 else { return nil }
    let descriptor = Glibc.open(statePath(folder), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 512)
    let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    return count >= 0 ? Array(bytes[..<count]) : nil
  }

  private static func write(_ bytes: [UInt8], to path: String) throws {
    try ArchiveFolder.makePrivateFile(path)
    let descriptor = Glibc.open(path, O_WRONLY | O_TRUNC | O_CLOEXEC)
    guard descriptor >= 0 else { throw ArchiveFolder.failure("cannot write \(path)") }
    defer { close(descriptor) }
    let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    guard count == bytes.count else { throw ArchiveFolder.failure("cannot write \(path)") }
  }
}
