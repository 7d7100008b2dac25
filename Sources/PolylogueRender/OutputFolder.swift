import Glibc

/// The files below an open folder, reached without following a symbolic link: one could lead out of
/// the folder.
final class OutputFolder {
  /// The temporary name of a file that is being written; one run at a time writes to a folder.
  static let temporaryName = ".polylogue.tmp"

  let path: String
  private let root: Int32
  private var folders: [String: Int32] = [:]
  /// The folders that this run has made: nothing stands in them but what it writes.
  private var made: Set<String> = []
  private var scratch: [UInt8] = []

  /// Opens the folder, making it when it is missing, and locks it for this run.
  init(path: String) throws(RenderError) {
    self.path = path
    if mkdir(path, 0o700) != 0, errno != EEXIST { throw RenderError("cannot make", path, errno) }
    root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard root >= 0 else { throw RenderError("cannot open", path, errno) }
    // A file system without locks is no reason to refuse.
    if flock(root, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
      Glibc.close(root)
      throw RenderError(busy: path)
    }
  }

  deinit {
    for folder in folders.values { Glibc.close(folder) }
    Glibc.close(root)
  }

  /// What stands under a path: its size and when it was written, in nanoseconds; nil when it is no
  /// file.
  func facts(_ path: String) -> (size: Int64, modified: Int64)? {
    let (folder, name) = OutputFolder.split(path)
    guard let directory = try? directory(folder, isMade: false) else { return nil }
    var facts = stat()
    guard fstatat(directory, name, &facts, AT_SYMLINK_NOFOLLOW) == 0,
      facts.st_mode & S_IFMT == S_IFREG
    else { return nil }
    return (Int64(facts.st_size), OutputFolder.modified(facts))
  }

  /// Whether anything has this path.
  func exists(_ path: String) -> Bool {
    let (folder, name) = OutputFolder.split(path)
    guard let directory = try? directory(folder, isMade: false) else { return false }
    var facts = stat()
    return fstatat(directory, name, &facts, AT_SYMLINK_NOFOLLOW) == 0
  }

  /// A whole file; nil when there is none.
  func bytes(of name: String) -> [UInt8]? {
    let file = openat(root, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(file, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return count == 0 ? bytes : nil }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  /// Whether a file holds exactly these bytes; then when it was written, in nanoseconds.
  func modified(_ path: String, ifItHolds bytes: [UInt8]) -> Int64? {
    let (folder, name) = OutputFolder.split(path)
    guard !made.contains(folder), let directory = try? directory(folder, isMade: false) else {
      return nil
    }
    let file = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var facts = stat()
    guard fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG,
      facts.st_size == bytes.count, holds(file, bytes)
    else { return nil }
    return OutputFolder.modified(facts)
  }

  private func holds(_ file: Int32, _ bytes: [UInt8]) -> Bool {
    if scratch.count < bytes.count {
      scratch = [UInt8](repeating: 0, count: max(bytes.count, 1 << 16))
    }
    return scratch.withUnsafeMutableBytes { buffer in
      var filled = 0
      while filled < bytes.count {
        let count = Glibc.read(
          file, buffer.baseAddress?.advanced(by: filled), bytes.count - filled)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        filled += count
      }
      return bytes.withUnsafeBytes { wanted in
        guard let left = wanted.baseAddress, let right = buffer.baseAddress else { return true }
        return memcmp(left, right, bytes.count) == 0
      }
    }
  }

  /// Writes a file under a temporary name, then gives it its own, so that a reader never meets half
  /// a file.
  ///
  /// - Returns: Its size and when it was written, in nanoseconds.
  @discardableResult
  func replace(
    _ path: String, from source: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws -> (size: Int64, modified: Int64) {
    let (folder, name) = OutputFolder.split(path)
    let directory = try directory(folder, isMade: true)
    let temporary = OutputFolder.temporaryName
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    var file = openat(directory, temporary, flags, 0o600)
    if file < 0, errno == EEXIST {
      // Left by a run that was killed.
      unlinkat(directory, temporary, 0)
      file = openat(directory, temporary, flags, 0o600)
    }
    guard file >= 0 else { throw failure("cannot write", path) }
    var facts = stat()
    do {
      defer { close(file) }
      try source { bytes in
        let code = OutputFolder.writeAll(bytes, to: file)
        if code != 0 { throw RenderError("cannot write", "\(self.path)/\(path)", code) }
      }
      guard fstat(file, &facts) == 0 else { throw failure("cannot write", path) }
    } catch {
      unlinkat(directory, temporary, 0)
      throw error
    }
    if renameat(directory, temporary, directory, name) != 0 {
      let failure = failure("cannot write", path)
      unlinkat(directory, temporary, 0)
      throw failure
    }
    return (Int64(facts.st_size), OutputFolder.modified(facts))
  }

  /// Opens a file at the root to add to it.
  func openLog(_ name: String) throws(RenderError) -> Int32 {
    let file = openat(
      root, name, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw failure("cannot write", name) }
    return file
  }

  /// Removes a file, and the folders that it leaves empty.
  ///
  /// - Returns: Whether there was one.
  func remove(_ path: String) throws(RenderError) -> Bool {
    let (folder, name) = OutputFolder.split(path)
    guard let directory = try? directory(folder, isMade: false) else { return false }
    if unlinkat(directory, name, 0) != 0 {
      if errno == ENOENT { return false }
      throw failure("cannot remove", path)
    }
    var emptied = folder
    while !emptied.isEmpty {
      let (outer, inner) = OutputFolder.split(emptied)
      // Only an empty folder goes.
      guard let parent = try? self.directory(outer, isMade: false),
        unlinkat(parent, inner, AT_REMOVEDIR) == 0
      else { break }
      if let gone = folders.removeValue(forKey: emptied) { close(gone) }
      emptied = outer
    }
    return true
  }

  // MARK: Folders

  /// A folder below the root, of no name, of one or of two.
  private func directory(_ folder: String, isMade: Bool) throws(RenderError) -> Int32 {
    if folder.isEmpty { return root }
    if let known = folders[folder] { return known }
    let (outer, name) = OutputFolder.split(folder)
    let parent = try directory(outer, isMade: isMade)
    if isMade {
      if mkdirat(parent, name, 0o700) == 0 {
        made.insert(folder)
      } else if errno != EEXIST {
        throw failure("cannot make", folder)
      }
    }
    let opened = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard opened >= 0 else { throw failure("cannot open", folder) }
    folders[folder] = opened
    return opened
  }

  /// A path's folder, empty at the root, and its last name.
  static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("", path) }
    return (String(path[..<slash]), String(path[path.utf8.index(after: slash)...]))
  }

  private func failure(_ action: String, _ name: String) -> RenderError {
    RenderError(action, "\(path)/\(name)", errno)
  }

  private static func modified(_ facts: stat) -> Int64 {
    Int64(facts.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(facts.st_mtim.tv_nsec)
  }

  /// Zero, or the error number.
  static func writeAll(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> Int32 {
    var done = 0
    while done < bytes.count {
      let count = Glibc.write(file, bytes.baseAddress?.advanced(by: done), bytes.count - done)
      if count < 0 {
        if errno == EINTR { continue }
        return errno
      }
      done += count
    }
    return 0
  }
}
