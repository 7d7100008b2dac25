import PolylogueKit
import PolylogueModel

/// How the program ends.
public enum ExitStatus: Int32, Sendable, CaseIterable {
  /// All was done.
  case done = 0
  /// It failed; one line on standard error says why.
  case failed = 1
  /// The command line made no sense.
  case usage = 2
  /// It was done, but some inputs failed, wholly or in part; each is named on standard error.
  case partlyFailed = 3

  /// What the status tells.
  var meaning: String {
    switch self {
    case .done: "Done."
    case .failed: "Failed; one line on standard error says what, why, and what to do."
    case .usage: "Wrong usage: an unknown command or flag, or a value that makes no sense."
    case .partlyFailed:
      "Done, but some inputs failed, wholly or in part; each is named on standard error."
    }
  }

  /// The status for an error, and the line that tells it; nil where nothing is to be said.
  ///
  /// This is the only place where errors become statuses.
  static func judge(_ error: any Error) -> (status: ExitStatus, line: String?) {
    switch error {
    case let error as UsageError:
      let help = error.command.map { "polylogue help \($0)" } ?? "polylogue help"
      return (.usage, "\(error.message) (see “\(help)”)")
    case is CancellationError:
      return (.failed, "interrupted")
    case OutputError.closed:
      return (.done, nil)
    case let error as CommandError:
      return (.failed, error.message)
    case let error as ArchiveError:
      return (.failed, error.remedy.map { "\(error.message); \($0.command)" } ?? error.message)
    default:
      return (.failed, String(describing: error))
    }
  }
}

/// A failure of a command; the program ends with status 1.
struct CommandError: Error {
  /// What failed, why, and what to do.
  let message: String

  init(_ message: String) { self.message = message }
}

extension ArchiveError {
  /// The line that tells why a conversation is left out.
  func reason(toLeaveOut id: ConversationID) -> String {
    "\(id) is left out: \(remedy.map { "\(message); \($0.command)" } ?? message)"
  }
}

extension ArchiveError.Remedy {
  /// What to do, on the command line.
  var command: String {
    switch self {
    case .makeArchive: "import something first, or name another folder with --archive"
    case .upgrade: "copy its folder to where it can be written, and it is brought up to date there"
    case .restore: "restore a backup, or name another folder with --archive"
    case .verify: "run “polylogue verify --deep”"
    case .reindex: "“polylogue reindex” makes it again from the archive"
    case .list: "“polylogue list” shows the ids"
    case .imports: "“polylogue raw list” shows them"
    }
  }
}
