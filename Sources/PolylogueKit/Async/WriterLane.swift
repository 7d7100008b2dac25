import Synchronization

/// Work that writes to an archive, each piece on a thread and with a writer of its own. Writers take
/// turns through the archive's lock, whether they are of this process or of another; in between, each
/// gets its work ready. Beyond the limit of its ``Line``, work waits.
final class WriterLane: @unchecked Sendable {  // all state is guarded by `monitor`
  /// Whether a piece of work is to stop.
  final class Flag: Sendable {
    private let value = Atomic<Bool>(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    fileprivate func set() { value.store(true, ordering: .relaxed) }
  }

  /// Where a piece of work waits for a thread. A short transaction need not wait for imports.
  enum Line: Int, CaseIterable {
    case imports, transactions, embeddings

    /// The most pieces of work at once. An import takes three threads and some 30 MB.
    var limit: Int {
      switch self {
      case .imports: 4
      case .transactions, .embeddings: 1
      }
    }
  }

  /// What is waited for by some continuation.
  private struct Piece: Sendable {
    let flag: Flag
    let work: @Sendable () -> Void
    let refuse: @Sendable (any Error) -> Void
  }

  private let monitor = Monitor()
  let path: String
  private var threads = Line.allCases.map { _ in 0 }
  private var waiting = Line.allCases.map { _ in [Piece]() }
  /// How to stop what has been let in, where closing does not wait for its end.
  private var stops: [ObjectIdentifier: @Sendable () -> Void] = [:]
  /// Pieces that were let in and have not ended.
  private var open = 0
  private var isClosed = false
  private var onEmpty: [@Sendable () -> Void] = []

  init(path: String) { self.path = path }

  /// Runs `body` on a thread of its own with a writer, making the archive when there is none.
  /// Cancelling the task takes it out of the line, or sets the flag; `body` is waited for all the
  /// same.
  ///
  /// - Parameters:
  ///   - line: Where it waits for a thread.
  ///   - isStoppedByClosing: Whether closing the archive sets the flag too.
  ///   - body: What to do, with the flag.
  /// - Throws: What `body` throws; ``ArchiveError``; `CancellationError`.
  func run<R: Sendable>(
    in line: Line = .transactions, isStoppedByClosing: Bool = false,
    _ body: @escaping @Sendable (Archive, Flag) throws -> R
  ) async throws -> R {
    let flag = Flag()
    let stop: @Sendable () -> Void = { flag.set() }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        start(in: line, flag, stop: isStoppedByClosing ? stop : nil) { path in
          try WriterLane.write(path) { try body($0, flag) }
        } finish: {
          continuation.resume(with: $0)
        }
      }
    } onCancel: {
      cancel(flag)
    }
  }

  /// Runs `body` on the calling thread with a writer.
  ///
  /// - Parameter body: Gets a flag that is set when the archive is closed meanwhile.
  func runBlocking<R>(_ body: (Archive, Flag) throws -> R) throws -> R {
    let flag = Flag()
    try monitor.locked { try letIn(flag) { flag.set() } }
    defer { end(flag) }
    return try WriterLane.write(path) { try body($0, flag) }
  }

  /// Runs `body` on a thread of its own.
  ///
  /// - Parameters:
  ///   - line: Where it waits for one.
  ///   - flag: Set by ``cancel(_:)``; what waits in line then ends with a `CancellationError`.
  ///   - stop: Called when the archive is closed; without it, closing waits for the end.
  ///   - body: What to do, given the archive's path.
  ///   - finish: Told how it ended, on that thread, or on the calling one when it did not begin.
  func start<R: Sendable>(
    in line: Line, _ flag: Flag, stop: (@Sendable () -> Void)? = nil,
    _ body: @escaping @Sendable (String) throws -> R,
    finish: @escaping @Sendable (Result<R, any Error>) -> Void
  ) {
    let path = path
    let piece = Piece(
      flag: flag,
      work: {
        let result = Result { try body(path) }
        // Whoever has the result may close at once, and need not wait for this thread's end.
        self.end(flag)
        finish(result)
      }, refuse: { finish(.failure($0)) })
    do {
      let needsThread = try monitor.locked {
        if flag.isSet { throw CancellationError() }
        try letIn(flag, stop: stop)
        guard threads[line.rawValue] < line.limit else {
          waiting[line.rawValue].append(piece)
          return false
        }
        threads[line.rawValue] += 1
        return true
      }
      if needsThread { startThread(of: line, with: piece) }
    } catch {
      piece.refuse(error)
    }
  }

  /// Sets the flag of a piece of work, and takes it out of the line where it still waits there.
  func cancel(_ flag: Flag) {
    let refused = monitor.locked { () -> Piece? in
      flag.set()
      for line in waiting.indices {
        if let place = waiting[line].firstIndex(where: { $0.flag === flag }) {
          return waiting[line].remove(at: place)
        }
      }
      return nil
    }
    guard let refused else { return }
    end(flag)
    refused.refuse(CancellationError())
  }

  /// Lets no further work in, and stops what can be stopped.
  ///
  /// - Parameter onEmpty: Called once the last piece has ended, at once if there is none.
  func close(onEmpty: @escaping @Sendable () -> Void) {
    let (isEmpty, stops) = monitor.locked {
      isClosed = true
      if open > 0 { self.onEmpty.append(onEmpty) }
      return (open == 0, Array(self.stops.values))
    }
    for stop in stops { stop() }
    if isEmpty { onEmpty() }
  }

  // MARK: Threads

  private func startThread(of line: Line, with piece: Piece) {
    do {
      try WorkerThread { self.serve(line, piece) }.detach()
    } catch {
      // Where no thread is left that would come to it, what waits must not wait for ever.
      let stranded = monitor.locked { () -> [Piece] in
        threads[line.rawValue] -= 1
        guard threads[line.rawValue] == 0 else { return [] }
        defer { waiting[line.rawValue] = [] }
        return waiting[line.rawValue]
      }
      for refused in [piece] + stranded {
        end(refused.flag)
        refused.refuse(error)
      }
    }
  }

  /// Does a piece of work, then what is in line.
  private func serve(_ line: Line, _ first: Piece) {
    first.work()
    while let next = nextPiece(of: line) { next.work() }
  }

  private func nextPiece(of line: Line) -> Piece? {
    monitor.locked {
      if waiting[line.rawValue].isEmpty {
        threads[line.rawValue] -= 1
        return nil
      }
      return waiting[line.rawValue].removeFirst()
    }
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

  /// Counts a piece of work; called holding the lock.
  private func letIn(_ flag: Flag, stop: (@Sendable () -> Void)?) throws {
    guard !isClosed else { throw ArchiveError(.invalidArgument, "the archive is closed") }
    open += 1
    stops[ObjectIdentifier(flag)] = stop
  }

  private func end(_ flag: Flag) {
    let finished = monitor.locked { () -> [@Sendable () -> Void] in
      open -= 1
      stops[ObjectIdentifier(flag)] = nil
      guard open == 0 else { return [] }
      defer { onEmpty = [] }
      return onEmpty
    }
    for body in finished { body() }
  }
}
