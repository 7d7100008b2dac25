import CPolylogueSQLite
import Synchronization

/// Asks the work on connections to end, from any thread.
///
/// It stays asked for until ``clear()``: unlike SQLite's own interruption it also ends a statement
/// that has not begun yet.
public final class Interruption: Sendable {
  private let flag = Atomic(false)

  /// An interruption that nobody has asked for.
  public init() {}

  /// Whether it was asked for. Cost: a load.
  public var isRequested: Bool { flag.load(ordering: .relaxed) }

  /// Asks for it.
  public func request() { flag.store(true, ordering: .relaxed) }

  /// Forgets that it was asked for.
  public func clear() { flag.store(false, ordering: .relaxed) }

  static let error = SQLError(code: SQLITE_INTERRUPT, message: "interrupted")
}
