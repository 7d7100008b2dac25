/// Says how alike messages and a question are in meaning.
public protocol MeaningSource: AnyObject {
  /// Takes words out of the question: names of those who wrote the messages, which say who is asked
  /// about and not what. Told once, before anything is asked.
  ///
  /// - Parameter isName: Tells such a word, as the index cuts and folds it.
  func leaveOut(_ isName: ([UInt8]) -> Bool)

  /// The messages most alike, the most alike first.
  ///
  /// - Parameters:
  ///   - limit: The most messages.
  ///   - rows: Only these messages, as rows of the archive; nil for all.
  /// - Returns: Of each message its nearest passage.
  func nearest(limit: Int, among rows: MessageSet?) throws -> [VectorHit]

  /// How alike given messages are, by their rows: of each its nearest passage. What has no vector is
  /// left out.
  func similarities(of messages: [Int64]) throws -> [Int64: VectorHit]
}
