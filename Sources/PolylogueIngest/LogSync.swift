import PolylogueStore

/// Makes what was committed durable, on a thread of its own: the disk works while the next group is
/// put together.
///
/// A group that was committed without waiting is whole or absent after a power failure, and every
/// group before it is there too: the write-ahead log is a chain of checksums
/// (<https://www.sqlite.org/fileformat2.html#walformat>). Nobody may be told of it before ``wait(for:)``
/// has returned.
final class LogSync {
  private let state: State
  private let thread: WorkerThread

  /// Starts the thread.
  ///
  /// - Parameter folder: The archive's.
  init(folder: ArchiveFolder) throws {
    let state = State(folder: folder)
    self.state = state
    thread = try WorkerThread { state.run() }
  }

  /// Asks for all that was committed so far to be made durable.
  ///
  /// - Returns: What ``wait(for:)`` is called with.
  func request() -> Int { state.request() }

  /// Waits until what was asked for is durable.
  ///
  /// - Throws: ``ArchiveError`` when the disk failed: nothing since the last success is certain.
  func wait(for ticket: Int) throws { try state.wait(for: ticket) }

  /// Whether the disk failed.
  var hasFailed: Bool { state.hasFailed }

  /// Ends the thread.
  func stop() {
    state.stop()
    thread.join()
  }

  private final class State: @unchecked Sendable {  // guarded by `monitor`
    private let folder: ArchiveFolder
    private let monitor = Monitor()
    private var requested = 0
    private var done = 0
    private var failure: (any Error)?
    private var isStopped = false

    init(folder: ArchiveFolder) { self.folder = folder }

    var hasFailed: Bool { monitor.locked { failure != nil } }

    func request() -> Int {
      monitor.locked {
        requested += 1
        monitor.changedForAll()
        return requested
      }
    }

    func wait(for ticket: Int) throws {
      try monitor.locked {
        while done < ticket, failure == nil { monitor.wait() }
        if let failure { throw failure }
      }
    }

    func stop() {
      monitor.locked {
        isStopped = true
        monitor.changedForAll()
      }
    }

    /// The newest request; nil when there will be none.
    private func next() -> Int? {
      monitor.locked {
        while requested == done, !isStopped { monitor.wait() }
        return isStopped ? nil : requested
      }
    }

    func run() {
      while let ticket = next() {
        let result = Result { try folder.synchronizeLog() }
        monitor.locked {
          switch result {
          case .success: done = ticket
          case .failure(let error): failure = error
          }
          monitor.changedForAll()
        }
        if case .failure = result { return }
      }
    }
  }
}
