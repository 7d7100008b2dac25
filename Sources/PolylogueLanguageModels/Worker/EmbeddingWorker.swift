import Glibc
import PolylogueModel

/// The other process: it loads a model and computes vectors for the process that started it.
///
/// It runs on one thread, at low priority unless somebody waits for its answers, takes its requests from the socket that is its standard
/// input, and ends when that closes, when nothing was asked of it for a while, and when the process
/// that started it is gone.
package enum EmbeddingWorker {
  /// The word behind the program's name that makes a process one. It is no command for people.
  package static let command = "embedding-worker"

  /// The seconds that half a request may take to come or an answer to be taken.
  private static let transferSeconds = 60.0

  /// Works until there is nothing left to do.
  ///
  /// - Parameter arguments: The model's folder, the idle seconds after which it ends, and how much
  ///   lower than its parent's its priority is, as `nice` counts it.
  /// - Returns: The status to exit with: 0 done, 1 the model cannot be loaded, 2 wrong arguments.
  package static func run(_ arguments: [String]) -> Int32 {
    var kind: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    guard arguments.count == 3, let idle = Double(arguments[1]), idle > 0,
      let niceness = Int32(arguments[2]), niceness >= 0,
      getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &kind, &size) == 0
    else {
      let words = "polylogue: \(command) is started by polylogue itself, not by hand\n"
      _ = words.withCString { write(STDERR_FILENO, $0, strlen($0)) }
      return 2
    }
    closeInherited()
    becomeQuiet(niceness)
    guard watchParent() else { return 1 }
    let channel = WorkerChannel(descriptor: STDIN_FILENO)
    let embedder: OpenVINOEmbedder
    do {
      embedder = try OpenVINOEmbedder(folder: ModelFolder(reading: resolved(arguments[0])))
    } catch {
      try? channel.send(
        WorkerFrame(kind: .failure, request: 0, payload: Array(error.message.utf8)),
        by: MonotonicClock.seconds + transferSeconds)
      return 1
    }
    // Nobody is left to tell when the connection fails.
    try? serve(embedder, channel, idle: idle)
    return 0
  }

  /// The path without links, by which OpenVINO knows again what it has made of the weights.
  private static func resolved(_ path: String) -> String {
    guard let found = realpath(path, nil) else { return path }
    defer { free(found) }
    return String(cString: found)
  }

  private static func serve(
    _ embedder: OpenVINOEmbedder, _ channel: WorkerChannel, idle: Double
  ) throws(WorkerChannel.Failure) {
    try channel.send(
      WorkerFrame(kind: .ready, request: 0, payload: Array(embedder.model.description.utf8)),
      by: MonotonicClock.seconds + transferSeconds)
    while true {
      try channel.wait(for: Int16(POLLIN), by: MonotonicClock.seconds + idle)
      let frame = try channel.receive(by: MonotonicClock.seconds + transferSeconds)
      guard frame.kind == .texts, let texts = frame.texts else { throw .garbage }
      try channel.send(
        answer(frame, texts, embedder), by: MonotonicClock.seconds + transferSeconds)
    }
  }

  private static func answer(
    _ frame: WorkerFrame, _ texts: [Range<Int>], _ embedder: OpenVINOEmbedder
  ) -> WorkerFrame {
    do {
      let vectors = try frame.payload.withUnsafeBufferPointer {
        payload throws(LanguageModelError) in
        try embedder.vectors(count: texts.count) { index, body in
          body(UnsafeBufferPointer(rebasing: payload[texts[index]]))
        }
      }
      return .answering(
        vectors, count: texts.count, dimensions: embedder.model.dimensions, request: frame.request)
    } catch {
      return WorkerFrame(
        kind: .failure, request: frame.request, payload: Array(error.message.utf8))
    }
  }

  /// Steps behind what people wait for, and leaves signals to the parent.
  private static func becomeQuiet(_ niceness: Int32) {
    signal(SIGPIPE, SIG_IGN)
    // Ctrl-C reaches all processes of a terminal; the parent decides what it means.
    signal(SIGINT, SIG_IGN)
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    guard niceness > 0 else { return }
    _ = nice(niceness)
    var parameters = sched_param()
    _ = sched_setscheduler(0, batchScheduling, &parameters)
  }

  /// `SCHED_BATCH`, which Glibc's headers show to GNU sources alone.
  private static let batchScheduling: Int32 = 3

  /// Closes what a library in the parent has left open to be inherited; ours inherit nothing.
  private static func closeInherited() {
    guard let folder = opendir("/proc/self/fd") else { return }
    var found: [Int32] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let descriptor = Int32(name), descriptor > STDERR_FILENO { found.append(descriptor) }
    }
    let own = dirfd(folder)
    for descriptor in found where descriptor != own { close(descriptor) }
    closedir(folder)
  }

  /// Ends this process, whatever it is doing, once the one that started it is gone.
  ///
  /// `PR_SET_PDEATHSIG` would do so when the starting thread ends, which is no reason to. The
  /// connection closes with the process; where a copy of the other end survives it, as after a fork,
  /// the parent's number has changed.
  private static func watchParent() -> Bool {
    // The number travels as an address: it is all that the thread needs to know.
    let parent = UnsafeMutableRawPointer(bitPattern: Int(getppid()))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { parent in
        let parent = Int32(truncatingIfNeeded: Int(bitPattern: parent))
        while true {
          var entry = pollfd(fd: STDIN_FILENO, events: 0, revents: 0)
          let found = poll(&entry, 1, 1000)
          let isClosed = found > 0 && entry.revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0
          if isClosed || getppid() != parent { _exit(0) }
        }
      }, parent)
    guard code == 0 else { return false }
    pthread_detach(thread)
    return true
  }
}
