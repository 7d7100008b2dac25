import Glibc

/// Tells when an archive's change feed has grown.
///
/// A thread, started for the first one that waits, listens for changes of the archive's files and
/// looks at the newest number. It sleeps while nobody waits.
final class ChangeWatcher: @unchecked Sendable {  // all state is guarded by `monitor`
  /// A look at the archive is due after so many milliseconds, whatever the system tells.
  private static let patience: Int32 = 1000
  /// After a file has changed, the commit shows within a moment: one look each so many milliseconds,
  /// so many times.
  private static let settling: (milliseconds: Int32, looks: Int) = (20, 10)

  private struct Waiter {
    var after: Int64
    var continuation: CheckedContinuation<Bool, any Error>
  }

  private let monitor = Monitor()
  private let path: String
  private var waiters: [UInt64: Waiter] = [:]
  private var lastID: UInt64 = 0
  private var hasThread = false
  private var closed = false
  private var onEnd: [@Sendable () -> Void] = []
  /// Written to in order to wake the thread; -1 while there is none.
  private var alarm: Int32 = -1

  init(path: String) { self.path = path }

  /// Whether nothing is told any more.
  var isClosed: Bool { monitor.locked { closed } }

  /// Waits until the feed has a higher number.
  ///
  /// - Returns: false once the archive is closed.
  /// - Throws: `CancellationError`; ``ArchiveError`` when the archive cannot be read.
  func wait(after sequence: Int64) async throws -> Bool {
    let id = monitor.locked {
      lastID += 1
      return lastID
    }
    let answer = try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        register(id, Waiter(after: sequence, continuation: continuation))
      }
    } onCancel: {
      let waiter = monitor.locked { waiters.removeValue(forKey: id) }
      waiter?.continuation.resume(throwing: CancellationError())
    }
    return answer
  }

  /// Ends all waiting.
  ///
  /// - Parameter onEnd: Called once the thread has let go of the archive, at once if there is none.
  func close(onEnd: @escaping @Sendable () -> Void = {}) {
    let (ended, isIdle) = monitor.locked {
      closed = true
      defer { waiters = [:] }
      if hasThread { self.onEnd.append(onEnd) }
      wakeThread()
      return (Array(waiters.values), !hasThread)
    }
    for waiter in ended { waiter.continuation.resume(returning: false) }
    if isIdle { onEnd() }
  }

  private func register(_ id: UInt64, _ waiter: Waiter) {
    let (refusal, needsThread) = monitor.locked { () -> (Result<Bool, any Error>?, Bool) in
      if closed { return (.success(false), false) }
      // Cancelled before it was registered: the handler has found nothing to resume.
      if Task.isCancelled { return (.failure(CancellationError()), false) }
      waiters[id] = waiter
      wakeThread()
      defer { hasThread = true }
      return (nil, !hasThread)
    }
    if let refusal { waiter.continuation.resume(with: refusal) }
    guard needsThread else { return }
    do {
      try WorkerThread { self.serve() }.detach()
    } catch {
      endThread()
      fail(error)
    }
  }

  private func endThread() {
    let told = monitor.locked {
      hasThread = false
      defer { onEnd = [] }
      return onEnd
    }
    for body in told { body() }
  }

  /// Called holding the lock.
  private func wakeThread() {
    monitor.changedForAll()
    var byte: UInt8 = 1
    // A pipe that is full wakes the thread just as well.
    if alarm >= 0 { _ = Glibc.write(alarm, &byte, 1) }
  }

  private func fail(_ error: any Error) {
    let failed = monitor.locked {
      defer { waiters = [:] }
      return Array(waiters.values)
    }
    for waiter in failed { waiter.continuation.resume(throwing: error) }
  }

  // MARK: The thread

  private func serve() {
    let events = FileEvents(folder: path)
    monitor.locked { alarm = events.alarm }
    var archive: Archive?
    var looks = 0
    while waitForWaiters() {
      do {
        let reader = try archive ?? Archive(path: path, access: .read)
        archive = reader
        let newest = try reader.newestChange()
        if tell(newest) { looks = 0 }
      } catch {
        archive = nil
        fail(error)
      }
      if looks > 0 {
        looks -= 1
        events.wait(milliseconds: ChangeWatcher.settling.milliseconds, forFiles: false)
      } else if events.wait(milliseconds: ChangeWatcher.patience, forFiles: true) {
        looks = ChangeWatcher.settling.looks
      }
    }
    monitor.locked {
      alarm = -1
      events.close()
    }
    archive = nil
    endThread()
  }

  /// Sleeps while nobody waits.
  ///
  /// - Returns: false once the archive is closed.
  private func waitForWaiters() -> Bool {
    monitor.locked {
      while waiters.isEmpty, !closed { monitor.wait() }
      return !closed
    }
  }

  /// Wakes those that wait for less than this number.
  ///
  /// - Returns: Whether there were any.
  private func tell(_ newest: Int64) -> Bool {
    let told = monitor.locked {
      let due = waiters.filter { $0.value.after < newest }
      for id in due.keys { waiters[id] = nil }
      return due.values
    }
    for waiter in told { waiter.continuation.resume(returning: true) }
    return !told.isEmpty
  }
}

/// What the system tells of the files in a folder, and an alarm that other threads can ring.
private struct FileEvents {
  private let notifier: Int32
  private let bell: Int32
  /// A byte written to it ends a wait.
  let alarm: Int32

  /// Where the system cannot watch the folder, every wait lasts to its end.
  init(folder: String) {
    notifier = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
    if notifier >= 0 {
      // The log is written by every commit.
      inotify_add_watch(notifier, folder, UInt32(IN_MODIFY | IN_CREATE | IN_MOVED_TO))
    }
    var ends: [Int32] = [-1, -1]
    if pipe(&ends) != 0 { ends = [-1, -1] }
    for end in ends where end >= 0 {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    (bell, alarm) = (ends[0], ends[1])
  }

  /// Waits for the alarm, and for changed files when asked to.
  ///
  /// - Returns: Whether files have changed.
  @discardableResult
  func wait(milliseconds: Int32, forFiles: Bool) -> Bool {
    // A negative descriptor is passed over.
    var polled = [
      pollfd(fd: bell, events: Int16(POLLIN), revents: 0),
      pollfd(fd: forFiles ? notifier : -1, events: Int16(POLLIN), revents: 0),
    ]
    guard poll(&polled, 2, milliseconds) > 0 else { return false }
    FileEvents.drain(bell)
    FileEvents.drain(notifier)
    return polled[1].revents != 0
  }

  func close() {
    for descriptor in [notifier, bell, alarm] where descriptor >= 0 { Glibc.close(descriptor) }
  }

  private static func drain(_ descriptor: Int32) {
    guard descriptor >= 0 else { return }
    var buffer = [UInt8](repeating: 0, count: 4096)
    while read(descriptor, &buffer, buffer.count) > 0 {}
  }
}
