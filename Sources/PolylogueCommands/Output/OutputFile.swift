import Glibc
import PolylogueRender

/// Where an export goes: standard output, or a file that appears only when it is complete.
final class OutputFile {
  private let path: String
  private let temporary: String?
  private let descriptor: Int32
  private let output: Output
  private var isFinished = false

  /// Opens the destination; `-` is standard output.
  init(path: String, standardOutput: Output) throws {
    self.path = path
    if path == "-" {
      temporary = nil
      descriptor = -1
      output = standardOutput
      return
    }
    var facts = stat()
    if lstat(path, &facts) == 0, facts.st_mode & S_IFMT != S_IFREG {
      // A device or pipe is written to as it is; it cannot be replaced.
      guard facts.st_mode & S_IFMT != S_IFDIR else {
        throw CommandError("cannot write \(path): it is a folder; name a file")
      }
      temporary = nil
      descriptor = open(path, O_WRONLY | O_CLOEXEC)
    } else {
      let beside = "\(path).\(getpid()).tmp"
      temporary = beside
      unlink(beside)
      descriptor = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    }
    guard descriptor >= 0 else {
      throw CommandError("cannot write \(path): \(String(cString: strerror(errno)))")
    }
    output = Output(descriptor: descriptor)
  }

  /// Whether it is a file, and neither standard output nor a pipe or device.
  var isFile: Bool { temporary != nil }

  deinit {
    guard descriptor >= 0, !isFinished else { return }
    close(descriptor)
    if let temporary { unlink(temporary) }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws { try guarded { try output.write(bytes) } }
  func write(_ bytes: [UInt8]) throws { try guarded { try output.write(bytes) } }
  func write(_ text: String) throws { try guarded { try output.write(text) } }

  /// Makes the file durable and gives it its name.
  func finish() throws {
    guard descriptor >= 0 else { return }
    try guarded { try output.flush() }
    // A pipe or device cannot be synced, and need not be.
    if temporary != nil, fsync(descriptor) != 0 { throw failure(errno) }
    if let temporary, rename(temporary, path) != 0 { throw failure(errno) }
    isFinished = true
    if close(descriptor) != 0 { throw failure(errno) }
  }

  private func guarded(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch OutputError.failed(let code) where descriptor >= 0 {
      throw failure(code)
    }
  }

  private func failure(_ code: Int32) -> CommandError {
    CommandError("cannot write \(path): \(String(cString: strerror(code)))")
  }
}
