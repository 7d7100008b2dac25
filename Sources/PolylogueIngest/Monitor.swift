import Glibc

/// A lock with a condition to wait for, as threads share it.
package final class Monitor: @unchecked Sendable {  // POSIX makes both safe between threads
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  /// A free lock.
  package init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Runs `body` holding the lock.
  package func locked<R>(_ body: () throws -> R) rethrows -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }

  /// Gives the lock away until somebody says that something has changed; only while holding it.
  package func wait() {
    pthread_cond_wait(changed, mutex)
  }

  /// As ``wait()``, for no longer than a time.
  ///
  /// - Returns: Whether something has changed in time.
  func wait(until deadline: timespec) -> Bool {
    var deadline = deadline
    return pthread_cond_timedwait(changed, mutex, &deadline) != ETIMEDOUT
  }

  /// Wakes all that wait.
  package func changedForAll() {
    pthread_cond_broadcast(changed)
  }
}
