import Glibc

/// A queue between two threads that never holds more than a number of bytes, except a single
/// larger item.
package final class BoundedQueue<Item: Sendable>: @unchecked Sendable {  // guarded by `monitor`
  private let monitor = Monitor()
  private var items: [(item: Item, byteCount: Int)] = []
  private var head = 0
  private var byteCount = 0
  private var isFinished = false
  private var isCancelled = false
  private var failure: (any Error)?
  private let limit: Int

  package init(limit: Int) {
    self.limit = limit
  }

  /// Adds an item, waiting for room.
  ///
  /// - Returns: How full the queue is now; 1 is full.
  /// - Throws: ``ImportCancelled`` once the reader has gone.
  @discardableResult
  package func push(_ item: Item, byteCount size: Int) throws -> Double {
    try monitor.locked {
      while byteCount > 0, byteCount + size > limit, !isCancelled { monitor.wait() }
      if isCancelled { throw ImportCancelled() }
      items.append((item, size))
      byteCount += size
      // The reader waits only for the first one.
      if items.count - head == 1 { monitor.changedForAll() }
      return Double(byteCount) / Double(limit)
    }
  }

  /// Says that nothing more will come.
  package func finish(_ error: (any Error)? = nil) {
    monitor.locked {
      isFinished = true
      failure = error
      monitor.changedForAll()
    }
  }

  /// Tells the writer of the queue to stop.
  package func cancel() {
    monitor.locked {
      isCancelled = true
      monitor.changedForAll()
    }
  }

  /// What came out of the queue.
  package enum Taken {
    case item(Item)
    /// Nothing came in time.
    case nothing
    case end
  }

  /// The next item, or nothing within a tenth of a second.
  ///
  /// - Throws: What the writer of the queue failed with.
  package func take() throws -> Taken {
    var deadline = timespec()
    clock_gettime(CLOCK_REALTIME, &deadline)
    deadline.tv_nsec += 100_000_000
    if deadline.tv_nsec >= 1_000_000_000 {
      deadline.tv_sec += 1
      deadline.tv_nsec -= 1_000_000_000
    }
    return try monitor.locked {
      while head == items.count {
        if isFinished {
          if let failure { throw failure }
          return .end
        }
        if !monitor.wait(until: deadline) { return .nothing }
      }
      let taken = items[head]
      head += 1
      if head == items.count || head > 256 {
        items.removeSubrange(..<head)
        head = 0
      }
      byteCount -= taken.byteCount
      // Waking the writer for every item would cost as much as the items; one that waits until there is
      // much room leaves a core idle.
      if byteCount <= limit / 4 * 3 { monitor.changedForAll() }
      return .item(taken.item)
    }
  }
}

/// The import was stopped from outside.
package struct ImportCancelled: Error {}
