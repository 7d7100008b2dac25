import Glibc
import Synchronization

/// How often the person has asked to stop (Ctrl-C, or `kill`).
private let requests = Atomic<Int>(0)

/// Asking a running command to stop.
enum Interruption {
  /// Whether to stop at the next safe moment.
  static var isRequested: Bool { requests.load(ordering: .relaxed) > 0 }

  /// Asks on the person's behalf: their terminal or pipe is gone.
  static func request() { requests.add(1, ordering: .relaxed) }

  /// The line that tells what stopping meant.
  static let notice = "interrupted; what was acknowledged is kept; run again to complete"

  /// Takes the signals: the first asks, the second ends the program at once. What was acknowledged
  /// is durable either way.
  static func install() {
    // Initialised before a handler can run.
    requests.store(0, ordering: .relaxed)
    signal(SIGPIPE, SIG_IGN)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { _ in
        if requests.add(1, ordering: .relaxed).oldValue > 0 { _exit(ExitStatus.failed.rawValue) }
      }
      sigaction(number, &action, nil)
    }
  }
}
