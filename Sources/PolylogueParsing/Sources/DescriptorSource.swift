import Glibc

/// An open descriptor that can only be read forwards, such as standard input.
public final class DescriptorSource: ByteSource {
  private let descriptor: Int32
  private let label: String

  /// Reads from a descriptor, which stays open.
  ///
  /// - Parameter label: What messages call it.
  public init(descriptor: Int32, label: String) {
    self.descriptor = descriptor
    self.label = label
  }

  /// Reads the next bytes, and waits for them where there are none yet.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      if errno == EAGAIN {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&request, 1, -1)
      } else if errno != EINTR {
        throw FileSource.failure(errno, label)
      }
    }
  }
}
