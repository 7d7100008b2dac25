import Glibc
import PolylogueModel
import Synchronization

/// A process that was started here.
///
/// A thread waits for its end, so that it does not stay as a zombie however long nobody asks.
final class ChildProcess: Sendable {
  private enum State {
    case running
    /// How it ended, as `waitpid` tells it; nil where somebody else has collected it.
    case ended(Int32?)
  }

  let identifier: pid_t
  private let state = Mutex(State.running)

  /// Watches a child of this process.
  ///
  /// - Returns: Nil, with the child ended, when there can be no thread.
  init?(watching identifier: pid_t) {
    self.identifier = identifier
    var thread = pthread_t()
    let context = Unmanaged.passRetained(self)
    let code = pthread_create(
      &thread, nil,
      { context in
        if let context {
          Unmanaged<ChildProcess>.fromOpaque(context).takeRetainedValue().watch()
        }
        return nil
      }, context.toOpaque())
    guard code == 0 else {
      context.release()
      Glibc.kill(identifier, SIGKILL)
      while waitpid(identifier, nil, 0) < 0, errno == EINTR {}
      return nil
    }
    pthread_detach(thread)
  }

  private func watch() {
    // Its number is nobody else's until it is collected: that is done while nobody can signal it.
    var found = siginfo_t()
    while waitid(P_PID, id_t(identifier), &found, WEXITED | WNOWAIT) < 0, errno == EINTR {}
    state.withLock { state in
      var status: Int32 = 0
      let isOurs = waitpid(identifier, &status, WNOHANG) == identifier
      state = .ended(isOurs ? status : nil)
    }
  }

  /// Ends it at once, if it has not ended.
  func kill() {
    state.withLock { state in
      if case .running = state { Glibc.kill(identifier, SIGKILL) }
    }
  }

  /// How it has ended, as `waitpid` tells it; nil where it runs on or that is not known.
  ///
  /// - Parameter seconds: How long to wait for its end.
  func status(within seconds: Double) -> Int32? {
    let deadline = MonotonicClock.seconds + seconds
    while true {
      let state = state.withLock { $0 }
      if case .ended(let status) = state { return status }
      guard MonotonicClock.seconds < deadline else { return nil }
      usleep(2000)
    }
  }
}
