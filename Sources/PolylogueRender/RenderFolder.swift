import Glibc

/// A folder of rendered files, kept up to date.
///
/// A file is written only where its bytes differ, to a temporary name first and then renamed, so
/// that a reader never meets half a file. The manifest `.polylogue-render.json` lists the files that
/// were written here; only those are ever removed. A folder that holds other things is fine: they
/// stay as they are. Files are made with mode 0600, folders with 0700.
public final class RenderFolder {
  /// What became of the files.
  public struct Summary: Sendable, Equatable {
    /// Files written, new or changed.
    public var written = 0
    /// Files that stood there already with the same bytes.
    public var unchanged = 0
    /// Files of an earlier rendering that no conversation stands for any more.
    public var removed = 0
    /// Attachments' files written.
    public var attachmentsWritten = 0
    /// Attachments' files that stood there already.
    public var attachmentsUnchanged = 0
    /// Attachments' files of an earlier rendering that no conversation has any more.
    public var attachmentsRemoved = 0
  }

  /// The manifest's name.
  public static let manifestName = ".polylogue-render.json"

  private let path: String
  private let isForced: Bool
  private let root: Int32
  private var folders: [String: Int32] = [:]
  private var former: Set<String>
  private var current: Set<String> = []
  private var summary = Summary()
  private var scratch: [UInt8] = []

  /// Opens the folder, making it when it is missing.
  ///
  /// - Parameters:
  ///   - path: The folder; its parent must exist.
  ///   - isForced: Whether files with equal bytes are written again.
  /// - Throws: ``RenderError`` when it cannot be made or opened.
  public init(path: String, isForced: Bool = false) throws(RenderError) {
    self.path = path
    self.isForced = isForced
    if mkdir(path, 0o700) != 0, errno != EEXIST { throw RenderError("cannot make", path, errno) }
    root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard root >= 0 else { throw RenderError("cannot open", path, errno) }
    let manifest = RenderFolder.read(RenderFolder.manifestName, in: root)
    former = RenderManifest.paths(in: manifest ?? [])
  }

  deinit {
    for folder in folders.values { Glibc.close(folder) }
    Glibc.close(root)
  }

  /// Writes one file, unless it stands there already.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - folder: The folder below the root: one tame name.
  ///   - name: The file's name: a tame name. When this run has used it already, a number is added.
  public func write(_ bytes: [UInt8], folder: String, name: String) throws {
    guard RenderManifest.isTame(folder), RenderManifest.isTame(name) else {
      throw RenderError("not a file name that rendering uses:", "\(folder)/\(name)", EINVAL)
    }
    let name = unused(name, in: folder)
    let relative = "\(folder)/\(name)"
    current.insert(relative)
    let directory = try self.directory(folder)
    if !isForced, isSame(bytes, name: name, in: directory) {
      summary.unchanged += 1
      return
    }
    try RenderFolder.replace(name, in: directory, path: "\(path)/\(relative)") { write in
      try bytes.withUnsafeBytes(write)
    }
    summary.written += 1
  }

  /// Writes the file of an attachment, beside the conversations of a folder.
  ///
  /// The name holds the hash of the bytes, so a file of the name and the size is taken for the
  /// same; it is not read.
  ///
  /// - Parameters:
  ///   - folder: The conversations' folder: one tame name.
  ///   - name: A name that ``FileName/attachment(_:)`` has made.
  ///   - size: The file's size in bytes.
  ///   - source: Hands the bytes over, piece by piece.
  /// - Throws: ``RenderError``, or what `source` throws; the file is then as it was.
  public func writeAttachment(
    folder: String, name: String, size: Int64,
    from source: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    guard RenderManifest.isTame(folder), RenderManifest.isTame(name) else {
      throw RenderError("not a file name that rendering uses:", "\(folder)/\(name)", EINVAL)
    }
    let inner = "\(folder)/\(FileName.attachmentFolder)"
    let relative = "\(inner)/\(name)"
    guard current.insert(relative).inserted else { return }
    let directory = try self.directory(inner)
    var facts = stat()
    if !isForced, fstatat(directory, name, &facts, AT_SYMLINK_NOFOLLOW) == 0,
      facts.st_mode & S_IFMT == S_IFREG, facts.st_size == size
    {
      summary.attachmentsUnchanged += 1
      return
    }
    try RenderFolder.replace(name, in: directory, path: "\(path)/\(relative)", from: source)
    summary.attachmentsWritten += 1
  }

  /// Writes the manifest, and removes the files of earlier runs that were not written by this one.
  ///
  /// - Parameter isComplete: Whether this run saw every conversation; only then are files removed.
  public func finish(isComplete: Bool = true) throws -> Summary {
    var kept = current
    for relative in former.subtracting(current) {
      guard isComplete else {
        kept.insert(relative)
        continue
      }
      guard try remove(relative) else { continue }
      if relative.utf8.count(where: { $0 == UInt8(ascii: "/") }) == 2 {
        summary.attachmentsRemoved += 1
      } else {
        summary.removed += 1
      }
    }
    if kept != former { try writeManifest(kept) }
    return summary
  }

  private func writeManifest(_ paths: Set<String>) throws {
    let bytes = RenderManifest.bytes(of: paths)
    try RenderFolder.replace(
      RenderFolder.manifestName, in: root, path: "\(path)/\(RenderFolder.manifestName)"
    ) { write in
      try bytes.withUnsafeBytes(write)
    }
  }

  // MARK: Files

  private func unused(_ name: String, in folder: String) -> String {
    guard current.contains("\(folder)/\(name)") else { return name }
    let dot = name.lastIndex(of: ".") ?? name.endIndex
    var number = 2
    while true {
      let candidate = "\(name[..<dot])-\(number)\(name[dot...])"
      if !current.contains("\(folder)/\(candidate)") { return candidate }
      number += 1
    }
  }

  /// A folder below the root, of one name or of two, made when it is missing.
  private func directory(_ folder: String) throws(RenderError) -> Int32 {
    if let known = folders[folder] { return known }
    let slash = folder.utf8.lastIndex(of: UInt8(ascii: "/"))
    let parent = try slash.map { place throws(RenderError) in
      try directory(String(folder[..<place]))
    }
    let name = slash.map { String(folder[folder.utf8.index(after: $0)...]) } ?? folder
    if mkdirat(parent ?? root, name, 0o700) != 0, errno != EEXIST {
      throw RenderError("cannot make", "\(path)/\(folder)", errno)
    }
    // Not through a symbolic link: it could lead out of the folder.
    let opened = openat(parent ?? root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard opened >= 0 else { throw RenderError("cannot open", "\(path)/\(folder)", errno) }
    folders[folder] = opened
    return opened
  }

  private func isSame(_ bytes: [UInt8], name: String, in directory: Int32) -> Bool {
    let file = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { close(file) }
    var facts = stat()
    guard fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG,
      facts.st_size == bytes.count
    else { return false }
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

  private func remove(_ relative: String) throws(RenderError) -> Bool {
    let parts = relative.split(separator: "/").map(String.init)
    guard RenderManifest.isPath(parts), let name = parts.last else { return false }
    var opened: [Int32] = [root]
    defer { for directory in opened.dropFirst() { close(directory) } }
    for folder in parts.dropLast() {
      let directory = openat(
        opened[opened.count - 1], folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard directory >= 0 else { return false }
      opened.append(directory)
    }
    if unlinkat(opened[opened.count - 1], name, 0) != 0 {
      if errno == ENOENT { return false }
      throw RenderError("cannot remove", "\(path)/\(relative)", errno)
    }
    // Only empty folders go, the inner one first.
    for (index, folder) in parts.dropLast().enumerated().reversed() {
      unlinkat(opened[index], folder, AT_REMOVEDIR)
    }
    return true
  }

  private static func read(_ name: String, in directory: Int32) -> [UInt8]? {
    let file = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
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

  /// Writes a file under a temporary name, then gives it its own.
  private static func replace(
    _ name: String, in directory: Int32, path: String,
    from source: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    let temporary = ".polylogue-\(getpid()).tmp"
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    var file = openat(directory, temporary, flags, 0o600)
    if file < 0, errno == EEXIST {
      // Left by a run that was killed; process ids come again.
      unlinkat(directory, temporary, 0)
      file = openat(directory, temporary, flags, 0o600)
    }
    guard file >= 0 else { throw RenderError("cannot write", path, errno) }
    do {
      defer { close(file) }
      try source { bytes in
        let failure = writeAll(bytes, to: file)
        if failure != 0 { throw RenderError("cannot write", path, failure) }
      }
    } catch {
      unlinkat(directory, temporary, 0)
      throw error
    }
    if renameat(directory, temporary, directory, name) != 0 {
      let failure = errno
      unlinkat(directory, temporary, 0)
      throw RenderError("cannot write", path, failure)
    }
  }

  /// Zero, or the error number.
  private static func writeAll(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> Int32 {
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
