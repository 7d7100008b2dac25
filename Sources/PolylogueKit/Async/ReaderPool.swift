import Glibc

/// Readers of one archive, each with connections and a thread of its own.
///
/// A query blocks its thread while SQLite works; on threads of the pool it keeps no task of Swift's
/// own few waiting. Threads start when they are needed and stay, so that a warm query opens nothing.
final class ReaderPool: @unchecked Sendable {  // all state is guarded by `mutex`
  /// What a reader is to do, with a question whether it was cancelled meanwhile.
  private struct Job {
    let id: UInt64
    let work: @Sendable (Archive, () -> Bool) -> Void
    let refuse: @Sendable (any Error) -> Void
  }

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let path: String
  /// The most readers.
  let size: Int
  private var waiting: [Job] = []
  private var running: [UInt64: Archive?] = [:]
  private var cancelled: Set<UInt64> = []
  private var threads = 0
  private var idle = 0
  private var lastID: UInt64 = 0
  private var isClosed = false
  private var onEmpty: [@Sendable () -> Void] = []

  /// A pool for the archive in a folder; nothing is opened yet.
  init(path: String, size: Int) {
    self.path = path
    self.size = max(1, size)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  private func locked<R>(_ body: () throws -> R) rethrows -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }

  // MARK: Doors

  /// Runs a query on a reader. Cancelling the task interrupts it.
  ///
  /// - Throws: What `body` throws; `CancellationError` when the task was cancelled.
  func run<R: Sendable>(_ body: @escaping @Sendable (Archive) throws -> R) async throws -> R {
    let id = newID()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        submit(id, body) { continuation.resume(with: $0) }
      }
    } onCancel: {
      cancel(id)
    }
  }

  /// Runs a query on a reader and waits for it.
  func runBlocking<R: Sendable>(_ body: @escaping @Sendable (Archive) throws -> R) throws -> R {
    let answer = Answer<R>()
    submit(newID(), body) { answer.set($0) }
    return try answer.wait().get()
  }

  /// Lets no further query in and ends the threads once those under way are done.
  ///
  /// - Parameter onEmpty: Called once the last one has ended, at once if there is none.
  func close(onEmpty: @escaping @Sendable () -> Void = {}) {
    let isEmpty = locked {
      isClosed = true
      if threads > 0 { self.onEmpty.append(onEmpty) }
      pthread_cond_broadcast(changed)
      return threads == 0
    }
    if isEmpty { onEmpty() }
  }

  // MARK: Jobs

  private func newID() -> UInt64 {
    locked {
      lastID += 1
      return lastID
    }
  }

  private func submit<R: Sendable>(
    _ id: UInt64, _ body: @escaping @Sendable (Archive) throws -> R,
    _ finish: @escaping @Sendable (Result<R, any Error>) -> Void
  ) {
    let job = Job(
      id: id,
      work: { archive, isCancelled in
        let result = Result { try body(archive) }
        // An interrupted statement fails like a broken one.
        if case .failure = result, isCancelled() {
          finish(.failure(CancellationError()))
        } else {
          finish(result)
        }
      },
      refuse: { finish(.failure($0)) })
    let (refusal, needsThread) = locked { () -> ((any Error)?, Bool) in
      if cancelled.remove(id) != nil { return (CancellationError(), false) }
      if isClosed { return (ArchiveError(.invalidArgument, "the archive is closed"), false) }
      waiting.append(job)
      pthread_cond_signal(changed)
      guard waiting.count > idle, threads < size else { return (nil, false) }
      threads += 1
      return (nil, true)
    }
    if let refusal { job.refuse(refusal) }
    if needsThread { startThread() }
  }

  private func cancel(_ id: UInt64) {
    let refused = locked { () -> Job? in
      if let index = waiting.firstIndex(where: { $0.id == id }) { return waiting.remove(at: index) }
      cancelled.insert(id)
      // The reader cannot leave the job before it has the lock: its connection is still there.
      if let archive = running[id] { archive?.interrupt() }
      return nil
    }
    refused?.refuse(CancellationError())
  }

  // MARK: Threads

  private func startThread() {
    do {
      try WorkerThread { self.serve() }.detach()
    } catch {
      let refused = locked { () -> [Job] in
        threads -= 1
        // Other threads will take what waits.
        guard threads == 0 else { return [] }
        defer { waiting = [] }
        return waiting
      }
      for job in refused { job.refuse(error) }
    }
  }

  private func serve() {
    var archive: Archive?
    while let job = next() {
      do {
        let reader = try archive ?? Archive(path: path, access: .read)
        archive = reader
        locked { running[job.id] = .some(reader) }
        job.work(reader) { locked { cancelled.contains(job.id) } }
      } catch {
        job.refuse(error)
      }
      locked {
        running[job.id] = nil
        cancelled.remove(job.id)
      }
    }
    archive = nil
    let finished = locked { () -> [@Sendable () -> Void] in
      threads -= 1
      guard threads == 0 else { return [] }
      defer { onEmpty = [] }
      return onEmpty
    }
    for body in finished { body() }
  }

  /// The next job; nil once the pool is closed and nothing waits.
  private func next() -> Job? {
    locked {
      while waiting.isEmpty, !isClosed {
        idle += 1
        pthread_cond_wait(changed, mutex)
        idle -= 1
      }
      return waiting.isEmpty ? nil : waiting.removeFirst()
    }
  }
}

/// A result that one thread waits for.
private final class Answer<R: Sendable>: @unchecked Sendable {  // `result` is guarded by `mutex`
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var result: Result<R, any Error>?

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  func set(_ result: Result<R, any Error>) {
    pthread_mutex_lock(mutex)
    self.result = result
    pthread_cond_signal(changed)
    pthread_mutex_unlock(mutex)
  }

  func wait() -> Result<R, any Error> {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let result { return result }
      pthread_cond_wait(changed, mutex)
    }
  }
}
