/// Committed changes of an archive, oldest first, without an end until the archive is closed.
///
/// They are read from the archive's change feed when they are asked for: a slow consumer costs no
/// memory and misses nothing, and one that keeps the last ``ArchiveChange/sequence`` goes on from
/// there after a restart. A commit of any process arrives at once where the system tells of changed
/// files, else within a second. Where there is no archive yet, it is waited for, and all that is in
/// it then is told. While nothing happens, a look at the archive each second is all that
/// it costs, and nothing at all while no one waits.
public struct ArchiveChanges: AsyncSequence, Sendable {
  /// Lines of the change feed that are read at once.
  static let batchSize = 500
  /// Between two looks for an archive that is not there yet.
  static let pause = Duration.milliseconds(500)

  let archive: AsyncPolylogue
  let start: Int64?

  /// The changes from the start on.
  public func makeAsyncIterator() -> Iterator { Iterator(archive: archive, position: start) }

  /// Changes in the order of their numbers.
  public struct Iterator: AsyncIteratorProtocol {
    private let archive: AsyncPolylogue
    private var position: Int64?
    private var changes: [ArchiveChange] = []
    private var next = 0

    init(archive: AsyncPolylogue, position: Int64?) {
      self.archive = archive
      self.position = position
    }

    /// The next change, waited for if need be; nil once the archive is closed.
    ///
    /// - Throws: `CancellationError` when the task is cancelled; ``ArchiveError``.
    public mutating func next() async throws -> ArchiveChange? {
      do {
        while next == changes.count {
          do {
            guard try await readBatch() else { return nil }
          } catch let error as ArchiveError where error.code == .notFound && changes.isEmpty {
            position = position ?? 0
            try await Task.sleep(for: ArchiveChanges.pause)
            if archive.watcher.isClosed { return nil }
          }
        }
      } catch let error as ArchiveError where archive.watcher.isClosed {
        // Whoever closes the archive wants the stream to end.
        _ = error
        return nil
      }
      defer { next += 1 }
      return changes[next]
    }

    /// Reads what there is, or waits until there is something.
    ///
    /// - Returns: false once the archive is closed.
    private mutating func readBatch() async throws -> Bool {
      try Task.checkCancellation()
      guard let position else {
        position = try await archive.newestChange()
        return true
      }
      let (found, through) = try await archive.pool.run { archive in
        var through = position
        let found = try archive.changes(after: &through, limit: ArchiveChanges.batchSize)
        return (found, through)
      }
      (changes, next, self.position) = (found, 0, through)
      return found.isEmpty ? try await archive.watcher.wait(after: through) : true
    }
  }
}
