import PolylogueIngest
import PolylogueStore

/// Keeps the text index on a thread of its own while an import writes the archive.
///
/// A few groups of changes may wait while another is taken in; after that, ``take(_:through:)``
/// waits, so that memory stays bounded.
final class IndexThread {
  /// The most groups that wait, some 2 MB each: what is committed while a segment is being written.
  private static let groupLimit = 3

  private struct Group: Sendable {
    var items: [FeedItem]
    var span: FeedSpan
  }

  private let state: State
  private let thread: WorkerThread
  private var isRunning = true

  /// Starts the thread, which alone uses the keeper until it is stopped.
  init(keeper: IndexKeeper) throws {
    let state = State(keeper: keeper)
    self.state = state
    thread = try WorkerThread { state.run() }
  }

  /// Hands over what was just committed.
  ///
  /// - Throws: What the index failed with before.
  func take(_ items: [FeedItem], through span: FeedSpan) throws {
    do {
      try state.queue.push(Group(items: items, span: span), byteCount: 1)
    } catch is ImportCancelled {
      join()
      if let failure = state.failure { throw failure }
    }
  }

  /// Takes in all that is left and makes it durable.
  ///
  /// - Throws: What the index failed with before; as ``IndexKeeper/finish(isCancelled:)``.
  func finish(isCancelled: () -> Bool) throws {
    stop()
    if let failure = state.failure { throw failure }
    try state.keeper.finish(isCancelled: isCancelled)
  }

  /// Ends the thread. What it has not made durable, the next import takes in from the change feed.
  func stop() {
    state.queue.finish()
    join()
  }

  private func join() {
    guard isRunning else { return }
    isRunning = false
    thread.join()
  }

  /// What the thread works with.
  private final class State: @unchecked Sendable {  // others use it only after the thread has ended
    let queue = BoundedQueue<Group>(limit: IndexThread.groupLimit)
    let keeper: IndexKeeper
    private(set) var failure: (any Error)?

    init(keeper: IndexKeeper) { self.keeper = keeper }

    func run() {
      do {
        while true {
          switch try queue.take() {
          case .item(let group): try keeper.take(group.items, through: group.span)
          case .nothing: continue
          case .end: return
          }
        }
      } catch {
        failure = error
        queue.cancel()
      }
    }
  }
}
