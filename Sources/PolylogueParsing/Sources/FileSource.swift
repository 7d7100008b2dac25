import Glibc

/// A regular file, opened so that nothing else can be slipped in its place.
///
/// Symbolic links are not followed, and pipes, sockets, devices and folders are refused before a
/// byte is read, so that a hostile folder can neither hang an import nor lead it elsewhere. The
/// file is read with `read`, never mapped: a file that shrinks while it is read just ends.
public final class FileSource: ByteSource {
  /// The path as it is named in messages.
  public let label: String
  /// The file that was opened, as it was then.
  public let identity: FileIdentity
  let descriptor: Int32

  /// Opens a file.
  ///
  /// - Throws: ``SourceError``: not found, not permitted, a symbolic link, or no regular file.
  public convenience init(path: String) throws {
    try self.init(pathBytes: Array(path.utf8), label: path)
  }

  /// Opens a file whose path need not be UTF-8.
  ///
  /// - Parameters:
  ///   - pathBytes: The path, without a zero at the end.
  ///   - label: The path as it is named in messages.
  /// - Throws: ``SourceError``: not found, not permitted, a symbolic link, or no regular file.
  public init(pathBytes: [UInt8], label: String) throws {
    guard !pathBytes.contains(0), !pathBytes.isEmpty else {
      throw SourceError(code: .notFound, message: "\(label): there is no such file")
    }
    let path = pathBytes.map { CChar(bitPattern: $0) } + [0]
    // Looked at before it is opened, as opening a device can have effects of its own.
    var status = stat()
    guard lstat(path, &status) == 0 else { throw FileSource.failure(errno, label) }
    try FileSource.demandRegular(status, label)
    let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY
    descriptor = open(path, flags)
    guard descriptor >= 0 else { throw FileSource.failure(errno, label) }
    self.label = label
    // Looked at again, as it may have been replaced in between.
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw FileSource.failure(code, label)
    }
    do {
      try FileSource.demandRegular(status, label)
    } catch {
      close(descriptor)
      throw error
    }
    identity = FileIdentity(status)
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
  }

  deinit {
    close(descriptor)
  }

  /// The file as it is now; differs from ``identity`` when it was written to since.
  ///
  /// - Throws: ``SourceError`` when the system cannot tell.
  public func currentIdentity() throws -> FileIdentity {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileSource.failure(errno, label) }
    return FileIdentity(status)
  }

  /// Goes on reading at an offset from the start of the file.
  ///
  /// - Throws: ``SourceError`` when the system refuses it.
  public func seek(to offset: Int64) throws {
    guard lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else {
      throw FileSource.failure(errno, label)
    }
  }

  /// Reads the next bytes.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      if errno != EINTR { throw FileSource.failure(errno, label) }
    }
  }

  /// Reads at an offset without moving the position of ``read(into:)``.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int {
    while true {
      let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
      if count >= 0 || errno != EINTR { return count }
    }
  }

  private static func demandRegular(_ status: stat, _ label: String) throws {
    let what: String
    switch status.st_mode & S_IFMT {
    case S_IFREG: return
    case S_IFLNK:
      throw SourceError(
        code: .symbolicLink,
        message: "\(label) is a symbolic link, which is not followed; name the file it points to")
    case S_IFDIR: what = "a folder"
    case S_IFIFO: what = "a named pipe"
    case S_IFSOCK: what = "a socket"
    default: what = "a device"
    }
    throw SourceError(
      code: .notRegular, message: "\(label) is \(what); only regular files are read")
  }

  static func failure(_ code: Int32, _ label: String) -> SourceError {
    switch code {
    case ENOENT, ENOTDIR:
      return SourceError(code: .notFound, message: "\(label): there is no such file")
    case EACCES, EPERM:
      return SourceError(
        code: .notPermitted, message: "\(label) may not be read; change its permissions")
    case ELOOP:
      return SourceError(
        code: .symbolicLink,
        message: "\(label) is a symbolic link, which is not followed; name the file it points to")
    case ENXIO, ENODEV, EISDIR:
      return SourceError(
        code: .notRegular, message: "\(label) is no regular file; only these are read")
    default:
      let reason = strerror(code).map { String(cString: $0) } ?? "error \(code)"
      return SourceError(code: .inputOutput, message: "\(label) cannot be read: \(reason)")
    }
  }
}

extension FileIdentity {
  /// What the system says of a file.
  public init(_ status: stat) {
    self.init(
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino),
      byteCount: Int64(status.st_size),
      modificationNanoseconds: FileIdentity.nanoseconds(status.st_mtim),
      changeNanoseconds: FileIdentity.nanoseconds(status.st_ctim))
  }

  /// Wraps around for years that no clock shows (before 1677, after 2262), instead of trapping.
  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}
