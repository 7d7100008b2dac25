import Glibc

/// The folder that holds an archive, and the names in it.
public struct ArchiveFolder: Sendable {
  /// The folder's path.
  public let path: String

  /// Names an archive's folder; nothing is opened or made.
  public init(path: String) {
    self.path = path
  }

  /// The truth: raw bytes, conversations, the user's layer.
  public var archivePath: String { path + "/archive.db" }
  /// What can be made again: the text index.
  public var indexPath: String { path + "/index.db" }
  /// Held by whoever writes `archive.db`.
  public var archiveLockPath: String { path + "/archive.lock" }
  /// Shared by all who import, from the first file to the last.
  public var importLockPath: String { path + "/import.lock" }
  /// Held by whoever writes `index.db`.
  public var indexLockPath: String { path + "/index.lock" }
  /// What takes long to make again: the vectors of texts.
  public var vectorsPath: String { path + "/vectors.db" }
  /// Held by whoever writes `vectors.db`.
  public var vectorsLockPath: String { path + "/vectors.lock" }

  /// Makes the folder, and those above it, for the owner alone (mode 0700).
  ///
  /// The mode of a folder that is already there is left as it is.
  public func make() throws {
    var partial = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      partial += "/" + part
      var info = stat()
      if stat(partial, &info) == 0 { continue }
      guard mkdir(partial, 0o700) == 0 || errno == EEXIST else {
        throw ArchiveFolder.failure("cannot make the folder \(partial)")
      }
      chmod(partial, 0o700)
    }
  }

  /// Makes an empty file that only its owner may read (mode 0600), whatever the umask.
  public static func makePrivateFile(_ path: String) throws {
    let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw failure("cannot make \(path)") }
    defer { close(descriptor) }
    guard fchmod(descriptor, 0o600) == 0 else { throw failure("cannot protect \(path)") }
  }

  /// Makes what happened to the names in a folder durable.
  static func synchronize(folder: String) throws {
    try synchronize(folder, O_RDONLY | O_DIRECTORY)
  }

  /// Makes what was written to a file durable. No connection of this process may have it open.
  static func synchronize(file: String) throws {
    try synchronize(file, O_RDONLY)
  }

  /// Makes durable what any process has committed to the archive. A log that is not there was copied
  /// into the database by whoever closed the archive last.
  public func synchronizeLog() throws {
    let path = archivePath + "-wal"
    guard access(path, F_OK) == 0 else { return }
    // SQLite keeps no lock on a log: opening and closing it beside SQLite drops none.
    try ArchiveFolder.synchronize(path, O_RDONLY)
  }

  private static func synchronize(_ path: String, _ flags: Int32) throws {
    let descriptor = open(path, flags | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("cannot open \(path)") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("cannot synchronise \(path)") }
  }

  /// The error for the current `errno`.
  public static func failure(_ what: String) -> ArchiveError {
    let number = errno
    let reason = String(cString: strerror(number))
    switch number {
    case EACCES, EPERM, EROFS:
      return ArchiveError(.permission, "\(what): \(reason); check the folder's owner and mode")
    case ENOSPC, EDQUOT:
      return ArchiveError(.noSpace, "\(what): \(reason); free some space and try again")
    default:
      return ArchiveError(.io, "\(what): \(reason)")
    }
  }

  /// The size of a file in bytes; 0 when it is not there.
  public static func byteCount(of path: String) -> Int64 {
    var info = stat()
    return stat(path, &info) == 0 ? Int64(info.st_size) : 0
  }
}
