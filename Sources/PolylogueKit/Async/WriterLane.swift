import Synchronization

/// Work that writes to an archive, each piece on a thread and with a writer of its own. Writers take
/// turns through the archive's lock, whether they are of this process or of another.
final class WriterLane: @unchecked Sendable {  // all state is guarded by `monitor`
  /// Whether a piece of work is to stop.
  final class Flag: Sendable {
    private let value = Atomic<Bool>(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    func set() { value.store(true, ordering: .relaxed) }
  }

  private let monitor = Monitor()
  let path: String
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
      let path = path
      do {
        try WorkerThread {
          let result = Result { try body(path) }
          // Whoever has the result may close at once, and need not wait for this thread's end.
          self.end()
          finish(result)
        }.detach()
      } catch {
        end()
        throw error
      }
    } catch {
      finish(.failure(error))
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
