import Glibc
import PolylogueModel

/// A running embedding worker, as the process that started it sees it.
final class WorkerProcess {
  /// How to start one.
  struct Options {
    /// The idle seconds after which it ends by itself.
    var idleSeconds = 30.0
    /// How much lower its priority is than this process's, as `nice` counts it.
    var niceness = 10
    /// The seconds that loading may take.
    var loadSeconds = 60.0
    /// The seconds that a batch may take, beside those of its texts.
    var batchSeconds = 60.0
    /// The seconds that each text of a batch may take: a hundred times what it takes alone.
    var textSeconds = 2.0
  }

  /// Why there is no answer.
  enum Failure: Error {
    /// It is gone, or had to be ended; another one may do better.
    case lost(String)
    /// It had ended because nothing was asked of it.
    case idle
    /// It cannot work at all.
    case refused(LanguageModelError)
    /// Nobody wants the answer any more; it is still at work, and can be asked again.
    case cancelled
  }

  /// Its number.
  var identifier: pid_t { child.identifier }
  private let child: ChildProcess
  private let channel: WorkerChannel
  private let options: Options
  private let executable: String
  private var isReady = false
  private var hasEnded = false
  private var request: UInt32 = 0
  /// Requests whose answers were not waited for, which come before that of the next, and their texts.
  private var abandoned = 0
  private var abandonedTexts = 0

  /// Starts one; loading goes on while this returns.
  ///
  /// - Parameters:
  ///   - executable: The program `polylogue`.
  ///   - folder: The model's folder.
  ///   - options: How to start it.
  /// - Throws: ``LanguageModelError/Code/unavailable`` when it cannot be started.
  init(executable: String, folder: String, options: Options) throws(LanguageModelError) {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else {
      throw WorkerProcess.unavailable(executable, errno)
    }
    defer { close(ends[1]) }
    do throws(LanguageModelError) {
      let identifier = try WorkerProcess.spawn(
        [
          executable, EmbeddingWorker.command, folder, "\(options.idleSeconds)",
          "\(options.niceness)",
        ], input: ends[1])
      guard let child = ChildProcess(watching: identifier) else {
        throw WorkerProcess.unavailable(executable, EAGAIN)
      }
      self.child = child
    } catch {
      close(ends[0])
      throw error
    }
    channel = WorkerChannel(descriptor: ends[0])
    self.options = options
    self.executable = executable
  }

  deinit { end() }

  private static func spawn(_ command: [String], input: Int32) throws(LanguageModelError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    // What libraries print has no place in a protocol or on somebody's terminal.
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    // Its behaviour depends on nothing but where the system's libraries are.
    let path = getenv("LD_LIBRARY_PATH").map { "LD_LIBRARY_PATH=" + String(cString: $0) }
    var environment: [UnsafeMutablePointer<CChar>?] = [path.map { strdup($0) } ?? nil, nil]
    defer {
      for word in words { free(word) }
      for variable in environment { free(variable) }
    }
    var child: pid_t = 0
    let code = posix_spawn(&child, command[0], &actions, &attributes, &words, &environment)
    guard code == 0 else { throw unavailable(command[0], code) }
    return child
  }

  private static func unavailable(_ executable: String, _ code: Int32) -> LanguageModelError {
    LanguageModelError(
      .unavailable,
      "cannot start \(executable) to compute vectors: \(String(cString: strerror(code)))")
  }

  // MARK: Work

  /// The vectors of at most ``WorkerFrame/textLimit`` texts.
  ///
  /// - Parameters:
  ///   - texts: What to compute.
  ///   - model: What the vectors have to be of.
  ///   - isCancelled: Asked several times a second.
  func vectors(
    of texts: ArraySlice<String>, by model: EmbeddingModel, unless isCancelled: () -> Bool
  ) throws(Failure) -> [Float] {
    try becomeReady(model, unless: isCancelled)
    request &+= 1
    var answer: WorkerFrame
    do {
      let seconds =
        options.batchSeconds + options.textSeconds * Double(texts.count + abandonedTexts)
      let deadline = MonotonicClock.seconds + seconds
      try channel.send(.asking(texts, request: request), by: deadline)
      answer = try channel.receive(by: deadline, unless: isCancelled)
      while abandoned > 0, answer.request != request {
        abandoned -= 1
        answer = try channel.receive(by: deadline, unless: isCancelled)
      }
    } catch {
      if case .cancelled = error {
        abandoned += 1
        abandonedTexts += texts.count
      }
      throw judge(error)
    }
    abandonedTexts = 0
    if answer.kind == .failure { throw .lost(WorkerProcess.words(answer)) }
    guard answer.request == request,
      let vectors = answer.vectors(count: texts.count, dimensions: model.dimensions)
    else { throw judge(.garbage) }
    return vectors
  }

  private func becomeReady(
    _ model: EmbeddingModel, unless isCancelled: () -> Bool
  ) throws(Failure) {
    guard !isReady else { return }
    let frame: WorkerFrame
    do {
      frame = try channel.receive(
        by: MonotonicClock.seconds + options.loadSeconds, unless: isCancelled)
    } catch {
      throw judge(error)
    }
    if frame.kind == .failure {
      throw .refused(LanguageModelError(.failed, WorkerProcess.words(frame)))
    }
    guard frame.kind == .ready else { throw judge(.garbage) }
    let loaded = WorkerProcess.words(frame)
    guard Array(loaded.utf8) == Array(model.description.utf8) else {
      throw .refused(
        LanguageModelError(
          .changed, "the model \(loaded) has taken the place of \(model) meanwhile; start again"))
    }
    isReady = true
  }

  private static func words(_ frame: WorkerFrame) -> String {
    String(decoding: frame.payload.prefix(2048), as: UTF8.self)
  }

  // MARK: The end

  private func judge(_ failure: WorkerChannel.Failure) -> Failure {
    let wasReady = isReady
    switch failure {
    case .cancelled: return .cancelled
    case .late:
      end()
      return .lost("it did not answer in time")
    case .garbage:
      end()
      return .refused(
        LanguageModelError(
          .unavailable,
          "\(executable) answers as no embedding worker of this version does; "
            + "POLYLOGUE_EXECUTABLE can name another one"))
    case .closed:
      // It closes its end by ending; a moment may pass in between.
      let status = child.status(within: 1)
      end()
      if wasReady, status == 0 { return .idle }
      guard let status, status & 0x7F == 0 else {
        return .lost(status.map { "it was ended by signal \($0 & 0x7F)" } ?? "it is gone")
      }
      return wasReady
        ? .lost("it ended with status \(status >> 8)")
        : .refused(
          LanguageModelError(
            .unavailable,
            "\(executable) ended with status \(status >> 8) instead of computing vectors; "
              + "POLYLOGUE_EXECUTABLE can name another one"))
    }
  }

  /// Ends it, whatever it is doing; it has nothing to lose.
  private func end() {
    guard !hasEnded else { return }
    hasEnded = true
    close(channel.descriptor)
    child.kill()
  }
}
