import Glibc
import PolylogueSQL
import PolylogueStore

/// Says of files whether the archive has them.
struct ImportedFiles {
  enum State {
    /// As they are.
    case whole
    /// As they were before.
    case changed
    /// Not at all.
    case new
  }

  /// The most different projects that are asked for.
  private static let projectLimit = 1000

  let known: KnownFiles

  /// Judges a file by its name and what identifies it; by its hash only where the archive has
  /// something of its size.
  func state(of path: String, _ stamp: FileStamp) throws -> State {
    let last = try known.last(path: path)
    if last?.identity == stamp { return .whole }
    if try known.hasImport(byteCount: stamp.byteCount), let hash = ImportedFiles.hash(of: path),
      try known.hasImport(sha256: hash)
    {
      return .whole
    }
    return last == nil ? .new : .changed
  }

  /// The folders that the archive's conversations were held in.
  func projects() throws -> [String] {
    let statement = try known.connection.statement(
      """
      SELECT DISTINCT project FROM conversation WHERE project >= '/' AND project < '0'
      ORDER BY project LIMIT \(ImportedFiles.projectLimit)
      """)
    defer { statement.reset() }
    var found: [String] = []
    while try statement.step() { found.append(statement.string(0)) }
    return found
  }

  private static func hash(of path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var hash = SHA256()
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = buffer.withUnsafeMutableBytes { bytes in
        let count = read(descriptor, bytes.baseAddress, bytes.count)
        if count > 0 { hash.update(UnsafeRawBufferPointer(rebasing: bytes[..<count])) }
        return count
      }
      if count < 0 { return nil }
      if count == 0 { return hash.digest() }
    }
  }
}
