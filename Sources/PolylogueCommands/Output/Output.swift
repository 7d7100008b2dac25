import Glibc

/// Why output cannot be written.
enum OutputError: Error, CustomStringConvertible {
  /// Nobody reads any more (`| head`): no failure of ours.
  case closed
  /// The system refuses.
  case failed(code: Int32)

  var description: String {
    switch self {
    case .closed: "standard output is closed"
    case .failed(let code): "cannot write to standard output: \(String(cString: strerror(code)))"
    }
  }
}

/// A buffered stream of bytes to a file descriptor.
final class Output {
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private static let bufferSize = 1 << 16

  /// Writes to a descriptor, which stays the caller's.
  init(descriptor: Int32) {
    self.descriptor = descriptor
    buffer.reserveCapacity(Output.bufferSize)
  }

  /// Whether a person looks at it.
  var isTerminal: Bool { isatty(descriptor) == 1 }

  /// The terminal's width in columns; nil where it does not tell.
  var terminalWidth: Int? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  func write(_ text: String) throws {
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= Output.bufferSize { try flush() }
  }

  func write(_ bytes: [UInt8]) throws {
    buffer.append(contentsOf: bytes)
    if buffer.count >= Output.bufferSize { try flush() }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    buffer.append(contentsOf: bytes)
    if buffer.count >= Output.bufferSize { try flush() }
  }

  func line(_ text: String) throws {
    buffer.append(contentsOf: text.utf8)
    buffer.append(0x0A)
    if buffer.count >= Output.bufferSize { try flush() }
  }

  /// Hands everything to the system.
  func flush() throws {
    defer { buffer.removeAll(keepingCapacity: true) }
    try Output.writeAll(buffer, to: descriptor)
  }

  /// Writes all bytes, whatever it takes.
  static func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress?.advanced(by: done), bytes.count - done)
      }
      if count < 0 {
        switch errno {
        case EINTR: continue
        case EAGAIN:
          var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          poll(&wait, 1, -1)
        case EPIPE: throw OutputError.closed
        default: throw OutputError.failed(code: errno)
        }
        continue
      }
      done += count
    }
  }
}
