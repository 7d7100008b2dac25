import Glibc

/// Files and folders of the model store.
enum Disk {
  /// The deepest folder that is removed.
  private static let depthLimit = 8

  /// The error for the current `errno`.
  static func failure(_ what: String, _ number: Int32 = errno) -> LanguageModelError {
    let reason = String(cString: strerror(number))
    switch number {
    case ENOSPC, EDQUOT:
      return LanguageModelError(.noSpace, "\(what): \(reason); free some space and try again")
    case EACCES, EPERM, EROFS:
      return LanguageModelError(
        .permission, "\(what): \(reason); POLYLOGUE_MODELS can name another folder")
    default:
      return LanguageModelError(.failed, "\(what): \(reason)")
    }
  }

  /// Makes a folder, and those above it, for the owner alone.
  static func makeFolder(_ path: String) throws(LanguageModelError) {
    var partial = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      partial += "/" + part
      if access(partial, F_OK) == 0 { continue }
      guard mkdir(partial, 0o700) == 0 || errno == EEXIST else {
        throw failure("cannot make the folder \(partial)")
      }
    }
  }

  /// Makes what was written to a file, or what happened to the names in a folder, durable.
  static func synchronize(_ path: String) throws(LanguageModelError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("cannot open \(path)") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("cannot synchronise \(path)") }
  }

  /// Writes all bytes.
  static func write(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ path: String
  ) throws(LanguageModelError) {
    var written = 0
    while written < bytes.count {
      let count = Glibc.write(
        descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure("cannot write \(path)") }
      written += count
    }
  }

  /// Writes a new file, durably.
  static func write(_ bytes: [UInt8], to path: String) throws(LanguageModelError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw failure("cannot make \(path)") }
    defer { close(descriptor) }
    var result: Result<Void, LanguageModelError> = .success(())
    bytes.withUnsafeBytes { bytes in
      result = Result { () throws(LanguageModelError) in try write(bytes, to: descriptor, path) }
    }
    try result.get()
    guard fsync(descriptor) == 0 else { throw failure("cannot synchronise \(path)") }
  }

  /// The names in a folder, sorted; none where there is no folder.
  static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Removes a file or a folder with what is in it; links are not followed.
  static func remove(_ path: String, depth: Int = 0) throws(LanguageModelError) {
    var info = stat()
    guard lstat(path, &info) == 0 else { return }
    guard info.st_mode & S_IFMT == S_IFDIR else {
      guard unlink(path) == 0 || errno == ENOENT else { throw failure("cannot remove \(path)") }
      return
    }
    guard depth < depthLimit else {
      throw LanguageModelError(.failed, "\(path) is no folder of a model; it is left as it is")
    }
    for name in names(in: path) { try remove(path + "/" + name, depth: depth + 1) }
    guard rmdir(path) == 0 || errno == ENOENT else { throw failure("cannot remove \(path)") }
  }

  /// The bytes that may still be written below a folder; nil where that is not known.
  static func freeByteCount(_ folder: String) -> Int64? {
    var info = statvfs()
    guard statvfs(folder, &info) == 0 else { return nil }
    let (bytes, overflow) = UInt64(info.f_bavail).multipliedReportingOverflow(
      by: UInt64(info.f_frsize))
    return overflow ? nil : Int64(clamping: bytes)
  }
}
