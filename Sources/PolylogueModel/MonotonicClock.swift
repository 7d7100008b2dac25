import Glibc

/// A clock that only goes forward, for measuring how long something takes.
package enum MonotonicClock {
  /// Seconds since a moment that stays the same while the machine runs.
  package static var seconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
