import Glibc

/// A queue between two threads that never holds more than a number of bytes, except a single
/// larger item.
final class BoundedQueue<Item: Sendable>: @unchecked Sendable {  // all state is guarded by `mutex`
  private var mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var items: [(item: Item, byteCount: Int)] = []
  private var head = 0
  private var byteCount = 0
  private var isFinished = false
  private var isCancelled = false
  private var failure: (any Error)?
  private let limit: Int

  init(limit: Int) {
    self.limit = limit
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Adds an item, waiting for room.
  ///
  /// - Throws: ``ImportCancelled`` once the reader has gone.
  func push(_ item: Item, byteCount size: Int) throws {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while byteCount > 0, byteCount + size > limit, !isCancelled {
      pthread_cond_wait(changed, mutex)
    }
    if isCancelled { throw ImportCancelled() }
    items.append((item, size))
    byteCount += size
    pthread_cond_broadcast(changed)
  }

  /// Says that nothing more will come.
  func finish(_ error: (any Error)? = nil) {
    pthread_mutex_lock(mutex)
    isFinished = true
    failure = error
    pthread_cond_broadcast(changed)
    pthread_mutex_unlock(mutex)
  }

  /// Tells the writer of the queue to stop.
  func cancel() {
    pthread_mutex_lock(mutex)
    isCancelled = true
    pthread_cond_broadcast(changed)
    pthread_mutex_unlock(mutex)
  }

  /// What came out of the queue.
  enum Taken {
    case item(Item)
    /// Nothing came in time.
    case nothing
    case end
  }

  /// The next item, or nothing within a tenth of a second.
  ///
  /// - Throws: What the writer of the queue failed with.
  func take() throws -> Taken {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    var deadline = timespec()
    clock_gettime(CLOCK_REALTIME, &deadline)
    deadline.tv_nsec += 100_000_000
    if deadline.tv_nsec >= 1_000_000_000 {
      deadline.tv_sec += 1
      deadline.tv_nsec -= 1_000_000_000
    }
    while head == items.count {
      if isFinished {
        if let failure { throw failure }
        return .end
      }
      if pthread_cond_timedwait(changed, mutex, &deadline) == ETIMEDOUT { return .nothing }
    }
    let taken = items[head]
    head += 1
    if head == items.count || head > 256 {
      items.removeSubrange(..<head)
      head = 0
    }
    byteCount -= taken.byteCount
    pthread_cond_broadcast(changed)
    return .item(taken.item)
  }
}

/// The import was stopped from outside.
struct ImportCancelled: Error {}
