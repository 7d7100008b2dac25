import Synchronization

/// Work that writes to an archive, each piece on a thread and with a writer of its own. Writers take
/// turns through the archive's lock, whether they are of this process or of another; in between, each
/// gets its work ready. Beyond ``limit`` of them, work waits in line.
final class WriterLane: @unchecked Sendable {  // all state is guarded by `monitor`
  /// Whether a piece of work is to stop.
  final class Flag: Sendable {
    private let value = Atomic<Bool>(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    func set() { value.store(true, ordering: .relaxed) }
  }

  /// The most pieces of work at once. An import takes three threads and some 30 MB.
  static let limit = 4

  private let monitor = Monitor()
  let path: String
  private var threads = 0
  private var inLine: [@Sendable () -> Void] = []
  private var running = 0
  private var isClosed = false
  private var onEmpty: [@Sendable () -> Void] = []

  init(path: String) { self.path = path }

  /// Runs `body` on a thread of its own with a writer, making the archive when there is none.
  /// Cancelling the task sets the flag; `body` is waited for all the same.
  ///
  /// - Throws: What `body` throws; ``ArchiveError``.
  func run<R: Sendable>(
    _ body: @escaping @Sendable (Archive, Flag) throws -> R
  ) async throws -> R {
    let flag = Flag()
    return try await withTaskCancellationHandler {
      try Task.checkCancellation()
      return try await withCheckedThrowingContinuation { continuation in
        start { path in
          try WriterLane.write(path) { try body($0, flag) }
        } finish: {
          continuation.resume(with: $0)
        }
      }
    } onCancel: {
      flag.set()
    }
  }

  /// Runs `body` on the calling thread with a writer.
  func runBlocking<R>(_ body: (Archive) throws -> R) throws -> R {
    try begin()
    defer { end() }
    return try WriterLane.write(path, body)
  }

  /// Runs `body` on a thread of its own.
  ///
  /// - Parameter finish: Told, on that thread, how it ended; on the calling one when it could not
  ///   begin.
  func start<R: Sendable>(
    _ body: @escaping @Sendable (String) throws -> R,
    finish: @escaping @Sendable (Result<R, any Error>) -> Void
  ) {
    do {
      try begin()
    } catch {
      return finish(.failure(error))
    }
    let path = path
    let piece: @Sendable () -> Void = {
      let result = Result { try body(path) }
      // Whoever has the result may close at once, and need not wait for this thread's end.
      self.end()
      finish(result)
    }
    let needsThread = monitor.locked {
      if threads == WriterLane.limit {
        inLine.append(piece)
        return false
      }
      threads += 1
      return true
    }
    guard needsThread else { return }
    do {
      try WorkerThread { self.serve(piece) }.detach()
    } catch {
      monitor.locked { threads -= 1 }
      end()
      finish(.failure(error))
    }
  }

  /// Does a piece of work, then what is in line.
  private func serve(_ first: @Sendable () -> Void) {
    first()
    while let next = nextInLine() { next() }
  }

  private func nextInLine() -> (@Sendable () -> Void)? {
    monitor.locked {
      if inLine.isEmpty {
        threads -= 1
        return nil
      }
      return inLine.removeFirst()
    }
  }

  /// Lets no further work in.
  ///
  /// - Parameter onEmpty: Called once the last piece has ended, at once if there is none.
  func close(onEmpty: @escaping @Sendable () -> Void = {}) {
    let isEmpty = monitor.locked {
      isClosed = true
      if running > 0 { self.onEmpty.append(onEmpty) }
      return running == 0
    }
    if isEmpty { onEmpty() }
  }

  private static func write<R>(_ path: String, _ body: (Archive) throws -> R) throws -> R {
    let archive = try Archive(path: path, access: .write)
    do {
      let result = try body(archive)
      try archive.close()
      return result
    } catch {
      // The first failure is the one to tell.
      try? archive.close()
      throw error
    }
  }

  private func begin() throws {
    try monitor.locked {
      guard !isClosed else { throw ArchiveError(.invalidArgument, "the archive is closed") }
      running += 1
    }
  }

  private func end() {
    let finished = monitor.locked { () -> [@Sendable () -> Void] in
      running -= 1
      guard running == 0 else { return [] }
      defer { onEmpty = [] }
      return onEmpty
    }
    for body in finished { body() }
  }
}
