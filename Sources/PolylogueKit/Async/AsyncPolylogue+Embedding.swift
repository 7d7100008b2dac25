public import PolylogueModel

extension AsyncPolylogue {
  /// Computes the vectors of all messages that have none yet; see
  /// ``Archive/embed(with:limit:onProgress:isCancelled:)``.
  ///
  /// It has a thread of its own, for hours if need be: queries, imports and deletions go on beside it.
  /// Cancelling the task, or closing the archive, ends it within moments.
  ///
  /// - Parameters:
  ///   - limit: The most messages to look at; nil for all.
  ///   - onProgress: Told after each group, on that thread.
  ///   - makeEmbedder: Makes the model, on that thread, which alone uses it.
  /// - Returns: What was done; ``EmbedReport/wasCancelled`` says whether it was stopped.
  /// - Throws: As ``Archive/embed(with:limit:onProgress:isCancelled:)``, and what `makeEmbedder` throws.
  public func embed(
    limit: Int? = nil, onProgress: @escaping @Sendable (EmbedProgress) -> Void = { _ in },
    with makeEmbedder: @escaping @Sendable () throws -> any TextEmbedder
  ) async throws -> EmbedReport {
    _ = try await pool.run { $0.path }
    return try await lane.run(in: .embeddings, isStoppedByClosing: true) { archive, flag in
      try archive.embed(
        with: makeEmbedder(), limit: limit, onProgress: onProgress,
        isCancelled: { flag.isSet })
    }
  }
}
