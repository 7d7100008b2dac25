import Glibc

/// Small files beside the database, read and written whole.
extension ArchiveFolder {
  /// What the user has set of the ranking of answers.
  public var rankingPath: String { path + "/ranking.json" }

  /// The bytes of a file; nil when it is not there.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - limit: The most bytes it may have.
  public static func read(_ path: String, limit: Int) throws -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw failure("cannot read \(path)")
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: min(limit + 1, 1 << 14))
    while true {
      let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure("cannot read \(path)") }
      guard count > 0 else { return bytes }
      guard bytes.count + count <= limit else {
        throw ArchiveError(.damaged, "\(path) has more than \(limit) bytes; it was not read")
      }
      bytes += chunk[..<count]
    }
  }

  /// Puts a file of these bytes in the place of one, whole or not at all, durably; its owner alone may
  /// read it (mode 0600).
  ///
  /// - Parameters:
  ///   - path: The file, in the archive's folder.
  ///   - bytes: What it is to hold.
  public static func replace(_ path: String, by bytes: [UInt8]) throws {
    let fresh = "\(path).\(getpid()).tmp"
    unlink(fresh)
    let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("cannot write \(path)") }
    var isWritten = false
    defer { if !isWritten { unlink(fresh) } }
    do {
      defer { close(descriptor) }
      var done = 0
      while done < bytes.count {
        let count = bytes.withUnsafeBytes {
          write(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done)
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw failure("cannot write \(path)") }
        done += count
      }
      guard fsync(descriptor) == 0 else { throw failure("cannot write \(path)") }
    }
    guard rename(fresh, path) == 0 else { throw failure("cannot write \(path)") }
    isWritten = true
    try synchronize(folder: folder(of: path))
  }

  /// Takes a file away, if it is there.
  public static func remove(_ path: String) throws {
    guard unlink(path) == 0 || errno == ENOENT else { throw failure("cannot remove \(path)") }
    try synchronize(folder: folder(of: path))
  }

  private static func folder(of path: String) -> String {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? "."
  }
}
