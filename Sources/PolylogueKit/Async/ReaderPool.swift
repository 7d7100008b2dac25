import PolylogueSQL
import PolylogueSearch

/// Readers of one archive, each with connections and a thread of its own.
///
/// A query blocks its thread while SQLite works; on threads of the pool it keeps no task of Swift's
/// own few waiting. Threads start when they are needed and stay, so that a warm query opens nothing.
final class ReaderPool: @unchecked Sendable {  // all state is guarded by `monitor`
  /// What a reader is to do, with a question whether it was cancelled meanwhile.
  private struct Job {
    let id: UInt64
    let work: @Sendable (Archive, () -> Bool) -> Void
    let refuse: @Sendable (any Error) -> Void
  }

  private let monitor = Monitor()
  private let path: String
  private let indexCache = TextIndexCache()
  private let queries = QueryVectors()
  private let vectorCache = VectorCache()
  /// The most readers.
  let size: Int
  private var waiting: [Job] = []
  private var running: [UInt64: Interruption] = [:]
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
  }

  // MARK: Doors

  /// Runs a query on a reader. Cancelling the task interrupts it.
  ///
  /// - Throws: What `body` throws; `CancellationError` when the task was cancelled.
  func run<R: Sendable>(_ body: @escaping @Sendable (Archive) throws -> R) async throws -> R {
    let id = newID()
    // A task may be cancelled in the moment in which its query ends.
    defer { monitor.locked { _ = cancelled.remove(id) } }
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
    let isEmpty = monitor.locked {
      isClosed = true
      if threads > 0 { self.onEmpty.append(onEmpty) }
      monitor.changedForAll()
      return threads == 0
    }
    if isEmpty { onEmpty() }
  }

  // MARK: Jobs

  private func newID() -> UInt64 {
    monitor.locked {
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
        guard !isCancelled() else { return finish(.failure(CancellationError())) }
        let result = Result { try body(archive) }
        // An interrupted statement fails like a broken one.
        if case .failure = result, isCancelled() {
          finish(.failure(CancellationError()))
        } else {
          finish(result)
        }
      },
      refuse: { finish(.failure($0)) })
    let (refusal, needsThread) = monitor.locked { () -> ((any Error)?, Bool) in
      if cancelled.contains(id) { return (CancellationError(), false) }
      if isClosed { return (ArchiveError(.invalidArgument, "the archive is closed"), false) }
      waiting.append(job)
      monitor.changedForAll()
      guard waiting.count > idle, threads < size else { return (nil, false) }
      threads += 1
      return (nil, true)
    }
    if let refusal { job.refuse(refusal) }
    if needsThread { startThread() }
  }

  private func cancel(_ id: UInt64) {
    let refused = monitor.locked { () -> Job? in
      if let index = waiting.firstIndex(where: { $0.id == id }) { return waiting.remove(at: index) }
      cancelled.insert(id)
      // The reader cannot leave the job before it has the lock: it is no other job that ends.
      running[id]?.request()
      return nil
    }
    refused?.refuse(CancellationError())
  }

  // MARK: Threads

  private func startThread() {
    do {
      try WorkerThread { self.serve() }.detach()
    } catch {
      let refused = monitor.locked { () -> [Job] in
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
        let reader =
          try archive
          ?? Archive(
            path: path, access: .read, indexCache: indexCache, queries: queries,
            vectorCache: vectorCache)
        archive = reader
        monitor.locked {
          reader.interruption.clear()
          running[job.id] = reader.interruption
        }
        job.work(reader) { monitor.locked { cancelled.contains(job.id) } }
      } catch {
        job.refuse(error)
      }
      monitor.locked { running[job.id] = nil }
    }
    archive = nil
    let finished = monitor.locked { () -> [@Sendable () -> Void] in
      threads -= 1
      guard threads == 0 else { return [] }
      defer { onEmpty = [] }
      return onEmpty
    }
    for body in finished { body() }
  }

  /// The next job; nil once the pool is closed and nothing waits.
  private func next() -> Job? {
    monitor.locked {
      while waiting.isEmpty, !isClosed {
        idle += 1
        monitor.wait()
        idle -= 1
      }
      return waiting.isEmpty ? nil : waiting.removeFirst()
    }
  }
}

/// A result that one thread waits for.
final class Answer<R: Sendable>: @unchecked Sendable {  // `result` is guarded by `monitor`
  private let monitor = Monitor()
  private var result: Result<R, any Error>?

  func set(_ result: Result<R, any Error>) {
    monitor.locked {
      self.result = result
      monitor.changedForAll()
    }
  }

  func wait() -> Result<R, any Error> {
    monitor.locked {
      while true {
        if let result { return result }
        monitor.wait()
      }
    }
  }
}
