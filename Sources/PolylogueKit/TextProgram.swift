import Glibc
import PolylogueModel

/// A program that reads a file from standard input and writes its text to standard output.
///
/// It is run without a shell and with an empty environment, and gets no more time, memory and output
/// than it is given: what it reads is untrusted.
struct TextProgram {
  /// Why there is no text.
  enum Failure: Error {
    /// It could not be run at all.
    case unavailable(String)
    /// It took too long.
    case late
    /// It ended with a failure, which is that of the file.
    case failed(Int32)
  }

  /// The most seconds it may take.
  static let secondLimit = 60.0
  /// The most bytes of memory it may take.
  static let memoryLimit: UInt = 2 << 30
  /// The most bytes of text that are taken; what follows is cut off.
  static let outputLimit = 16 << 20

  /// The file to run.
  let path: String
  /// What follows its name.
  let arguments: [String]

  /// Finds a program in the folders of a search path.
  static func find(_ name: String, in searchPath: String) -> String? {
    for folder in searchPath.split(separator: ":") where folder.hasPrefix("/") {
      let path = folder + "/" + name
      if access(path, X_OK) == 0 { return path }
    }
    return nil
  }

  /// Runs it on some bytes.
  ///
  /// - Returns: What it wrote.
  /// - Throws: ``Failure``; `CancellationError` when it was cancelled.
  func text(of bytes: [UInt8], isCancelled: () -> Bool) throws -> [UInt8] {
    // Input goes through a socket: writing to one whose reader is gone raises no signal.
    guard let input = TextProgram.ends({ socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &$0) })
    else { throw Failure.unavailable(String(cString: strerror(errno))) }
    guard let output = TextProgram.ends({ pipe(&$0) }) else {
      for end in [input.0, input.1] { close(end) }
      throw Failure.unavailable(String(cString: strerror(errno)))
    }
    var writing = input.1
    defer {
      if writing >= 0 { close(writing) }
      close(output.0)
    }
    let child: pid_t
    do {
      defer {
        close(input.0)
        close(output.1)
      }
      child = try spawn(input: input.0, output: output.1)
    }
    do {
      let found = try TextProgram.exchange(
        bytes, &writing, output.0, isCancelled: isCancelled)
      let status = TextProgram.wait(for: child)
      guard status == 0 else { throw Failure.failed(status) }
      return found
    } catch {
      kill(child, SIGKILL)
      _ = TextProgram.wait(for: child)
      throw error
    }
  }

  // MARK: The child

  private func spawn(input: Int32, output: Int32) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    let command = limited()
    var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var environment: [UnsafeMutablePointer<CChar>?] = [nil]
    var child: pid_t = 0
    let code = posix_spawn(&child, command[0], &actions, nil, &words, &environment)
    guard code == 0 else { throw Failure.unavailable(String(cString: strerror(code))) }
    return child
  }

  /// The command line, with bounds of memory and processor time where the system's own program for
  /// that is there; the time by the clock is bounded in any case.
  private func limited() -> [String] {
    let command = [path] + arguments
    guard let prlimit = TextProgram.find("prlimit", in: "/usr/bin:/bin") else { return command }
    return [
      prlimit, "--as=\(TextProgram.memoryLimit)", "--cpu=\(Int(TextProgram.secondLimit))",
      "--fsize=0",
      "--",
    ] + command
  }

  private static func wait(for child: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    return status
  }

  // MARK: Pipes

  /// Two connected ends that no other program inherits.
  private static func ends(_ make: (inout [Int32]) -> Int32) -> (Int32, Int32)? {
    var ends: [Int32] = [0, 0]
    guard make(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  /// Writes and reads at once: a program that waits for its output to be read reads no more input.
  ///
  /// - Parameter input: Closed when all is written, which tells the end of the file; then -1.
  private static func exchange(
    _ bytes: [UInt8], _ input: inout Int32, _ output: Int32, isCancelled: () -> Bool
  ) throws -> [UInt8] {
    let deadline = MonotonicClock.seconds + secondLimit
    var written = 0
    var found: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      if isCancelled() { throw CancellationError() }
      guard MonotonicClock.seconds < deadline else { throw Failure.late }
      if written == bytes.count, input >= 0 {
        close(input)
        input = -1
      }
      var ends = [
        pollfd(fd: output, events: Int16(POLLIN), revents: 0),
        // A negative descriptor is passed over.
        pollfd(fd: input, events: Int16(POLLOUT), revents: 0),
      ]
      guard poll(&ends, 2, 200) > 0 else { continue }
      if ends[1].revents != 0 {
        let end = input
        let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
        let count = bytes[written...].withUnsafeBytes { send(end, $0.baseAddress, $0.count, flags) }
        if count > 0 {
          written += count
        } else if errno != EAGAIN, errno != EINTR {
          // It wants no more of it.
          written = bytes.count
        }
      }
      guard ends[0].revents != 0 else { continue }
      let count = buffer.withUnsafeMutableBytes { read(output, $0.baseAddress, $0.count) }
      if count == 0 { return found }
      guard count > 0 else {
        if errno == EINTR { continue }
        return found
      }
      found.append(contentsOf: buffer[..<min(count, max(0, outputLimit - found.count))])
    }
  }
}
