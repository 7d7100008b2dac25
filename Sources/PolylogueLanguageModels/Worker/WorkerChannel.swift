import Glibc
import PolylogueModel

/// One end of the connection between a process and its embedding worker.
struct WorkerChannel {
  /// Why a frame did not come or go.
  enum Failure: Error {
    /// The other end is gone.
    case closed
    /// It took too long.
    case late
    /// Nobody wants it any more.
    case cancelled
    /// What came is no frame.
    case garbage
  }

  /// A connected stream socket.
  let descriptor: Int32

  /// Writes a frame.
  ///
  /// - Parameter deadline: On ``MonotonicClock``.
  func send(_ frame: WorkerFrame, by deadline: Double) throws(Failure) {
    let bytes = frame.bytes
    var written = 0
    while written < bytes.count {
      try wait(for: Int16(POLLOUT), by: deadline)
      let count = bytes.withUnsafeBytes {
        Glibc.send(
          descriptor, $0.baseAddress?.advanced(by: written), $0.count - written,
          Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
      }
      if count > 0 {
        written += count
      } else if errno != EAGAIN, errno != EINTR {
        throw .closed
      }
    }
  }

  /// Reads a frame.
  ///
  /// - Parameters:
  ///   - deadline: On ``MonotonicClock``.
  ///   - isCancelled: Asked several times a second while nothing comes.
  func receive(
    by deadline: Double, unless isCancelled: () -> Bool = { false }
  ) throws(Failure) -> WorkerFrame {
    // What has begun to come is taken whole: the frames behind it are found by that.
    try wait(for: Int16(POLLIN), by: deadline, unless: isCancelled)
    let bytes = try read(WorkerFrame.headerSize, by: deadline)
    guard let header = WorkerFrame.header(bytes) else { throw .garbage }
    return WorkerFrame(
      kind: header.kind, request: header.request,
      payload: try read(header.length, by: deadline))
  }

  private func read(_ count: Int, by deadline: Double) throws(Failure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      try wait(for: Int16(POLLIN), by: deadline)
      let found = bytes.withUnsafeMutableBytes {
        recv(
          descriptor, $0.baseAddress?.advanced(by: filled), count - filled, Int32(MSG_DONTWAIT))
      }
      if found > 0 {
        filled += found
      } else if found == 0 || (errno != EAGAIN && errno != EINTR) {
        throw .closed
      }
    }
    return bytes
  }

  /// Waits until the socket can be used; whether it is closed is told by using it.
  func wait(
    for events: Int16, by deadline: Double, unless isCancelled: () -> Bool = { false }
  ) throws(Failure) {
    while true {
      guard !isCancelled() else { throw .cancelled }
      let left = deadline - MonotonicClock.seconds
      guard left > 0 else { throw .late }
      var entry = pollfd(fd: descriptor, events: events, revents: 0)
      let found = poll(&entry, 1, Int32(min(left * 1000 + 1, 200)))
      if found > 0 { return }
      if found < 0, errno != EINTR { throw .closed }
    }
  }
}
