import PolylogueStore

extension Archive {
  /// Deletes conversations for good, with the user's tags and stars on them.
  ///
  /// Importing the same export again, or a newer one, does not bring them back: it counts them as
  /// ``ImportReport/deletedConversations``. History that a fork or a resumed session shares with a
  /// deleted one stays with the others. The imported files stay as they are, so that each can still
  /// be written out byte for byte; what was said in a deleted conversation can be read there. A
  /// ``replica()`` is removed.
  ///
  /// - Parameters:
  ///   - ids: Those that are not there are passed over.
  ///   - isCancelled: Asked between two conversations; what was deleted by then stays deleted.
  /// - Returns: What was deleted. Search finds none of it any more.
  /// - Throws: ``ArchiveError``; `CancellationError` when it was cancelled.
  /// - Complexity: O(messages of the conversations).
  public func delete(
    _ ids: [ConversationID], isCancelled: () -> Bool = { false }
  ) throws -> DeletionReport {
    let session = try writing()
    return try translating {
      let (report, isComplete) = try session.delete(
        ids, at: Timestamp.now, isCancelled: isCancelled)
      if report.conversations > 0 {
        // If another process keeps the index, it takes the deletion in; a hit whose message is gone
        // is left out until then.
        try? IndexKeeper(folder: folder).finishIfOwned(isCancelled: isCancelled)
        forgetVectors()
        try session.checkpoint()
        // A copy of the archive as it was must not keep what the user wants gone.
        _ = try Replica.removeStale(of: folder, source: connection)
      }
      guard isComplete else { throw CancellationError() }
      return report
    }
  }
}
