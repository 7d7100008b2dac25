import Glibc
import Synchronization

/// How often the person has asked to stop (Ctrl-C, or `kill`).
private let requests = Atomic<Int>(0)
/// Whether the running command finishes what it is at when it is asked to stop.
private let isAwaited = Atomic<Bool>(true)

/// Asking a running command to stop.
enum Interruption {
  /// Whether to stop at the next safe moment.
  static var isRequested: Bool { requests.load(ordering: .relaxed) > 0 }

  /// Asks on the person's behalf: their terminal or pipe is gone.
  static func request() { requests.add(1, ordering: .relaxed) }

  /// The line that tells what stopping meant.
  static let notice = "interrupted; what was acknowledged is kept; run again to complete"

  /// Says whether what runs now stops by itself when it is asked to; else a signal ends it.
  static func await(_ stopsByItself: Bool) {
    isAwaited.store(stopsByItself, ordering: .relaxed)
  }

  /// Takes the signals: the first asks a command that stops by itself, the second, or the first for
  /// any other, ends the program at once. What was acknowledged is durable either way.
  static func install() {
    // Initialised before a handler can run.
    requests.store(0, ordering: .relaxed)
    isAwaited.store(true, ordering: .relaxed)
    signal(SIGPIPE, SIG_IGN)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { number in
        if !isAwaited.load(ordering: .relaxed) {
          // Whoever started it sees which signal ended it.
          signal(number, SIG_DFL)
          raise(number)
        }
        if requests.add(1, ordering: .relaxed).oldValue > 0 { _exit(ExitStatus.failed.rawValue) }
      }
      sigaction(number, &action, nil)
    }
  }
}
