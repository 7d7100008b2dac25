import Glibc

/// Files that are read whole.
enum SmallFile {
  /// The bytes of a file.
  ///
  /// - Parameters:
  ///   - path: Where it is.
  ///   - limit: The most bytes it may have.
  /// - Throws: ``LanguageModelError/Code/damaged`` when it is not there, cannot be read, or is larger.
  static func read(_ path: String, limit: Int) throws(LanguageModelError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw LanguageModelError(
        .damaged, "cannot read \(path): \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = buffer.withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0, bytes.count + count <= limit else {
        throw LanguageModelError(
          .damaged,
          count < 0
            ? "cannot read \(path): \(String(cString: strerror(errno)))"
            : "\(path) is larger than \(limit) bytes")
      }
      if count == 0 { return bytes }
      bytes.append(contentsOf: buffer[..<count])
    }
  }
}
