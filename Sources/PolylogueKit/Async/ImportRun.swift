/// An import and its progress, as a sequence of what happens.
///
/// ```swift
/// let run = archive.import([export])
/// for try await event in run {
///   if case .failed(let path, let reason) = event { print("\(path): \(reason)") }
/// }
/// let report = try await run.report()
/// print(report.conversations.new, "new conversations")
/// ```
///
/// The import begins with the first event that is asked for, or with ``report()``, and happens on a
/// thread of its own. One bad file never stops the others. Every ``ImportEvent/imported(path:)``
/// arrives, and is told only after the file is durably in the archive; of progress within a file
/// only the latest state is kept. A consumer that is slow slows the import down, which waits for it
/// after a commit once ``eventLimit`` events have gathered.
///
/// Cancelling the task that iterates, or leaving the loop, stops the import within a moment: what
/// was acknowledged stays, and importing again goes on from there. A cancelled loop ends, with a
/// `CancellationError`, once the import has stopped. Closing the archive, or leaving the scope in
/// which it is open, stops it likewise.
public struct ImportRun: AsyncSequence, Sendable {
  /// The events that may wait for the consumer before the import does.
  public static let eventLimit = 256

  let feed: ImportFeed

  /// The events. There is one stream of them: two iterators share it.
  public func makeAsyncIterator() -> Iterator { Iterator(feed: feed) }

  /// What the import has done, once it has ended; it need not be iterated for that.
  ///
  /// Cancelling the task that waits for it stops the import. While a task waits for the report, the
  /// import does not wait for a consumer of events.
  ///
  /// - Returns: The report; ``ImportReport/wasCancelled`` tells whether it was stopped.
  /// - Throws: ``ArchiveError`` when the archive itself cannot be written, while bad input is in the
  ///   report; `CancellationError` when the import was stopped before it began.
  public func report() async throws -> ImportReport { try await feed.report() }

  /// Stops the import within a moment; what was acknowledged stays.
  public func cancel() { feed.cancel() }

  /// Events in the order in which they happen.
  public struct Iterator: AsyncIteratorProtocol {
    /// Stops the import when the last copy of an iterator goes.
    private final class Hold: Sendable {
      let feed: ImportFeed
      init(feed: ImportFeed) { self.feed = feed }
      deinit { feed.cancel() }
    }

    private let hold: Hold

    init(feed: ImportFeed) { hold = Hold(feed: feed) }

    /// The next event; nil once the import has ended.
    public mutating func next() async throws -> ImportEvent? { try await hold.feed.next() }
  }
}
