import Glibc
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
  /// - Parameter path: The write-ahead log; there may be none before the first commit.
  init(path: String) throws {
    let state = State(path: path)
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

  /// Ends the thread.
  func stop() {
    state.stop()
    thread.join()
  }

  private final class State: @unchecked Sendable {  // guarded by `monitor`
    private let path: String
    private let monitor = Monitor()
    private var requested = 0
    private var done = 0
    private var failure: ArchiveError?
    private var isStopped = false

    init(path: String) { self.path = path }

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
      var file: Int32 = -1
      defer { if file >= 0 { close(file) } }
      while let ticket = next() {
        if file < 0 { file = open(path, O_RDWR | O_CLOEXEC) }
        let failed =
          file >= 0 && fdatasync(file) == 0
          ? nil : ArchiveFolder.failure("cannot make what was written to \(path) durable")
        monitor.locked {
          if failed == nil { done = ticket }
          failure = failed
          monitor.changedForAll()
        }
        if failed != nil { return }
      }
    }
  }
}
