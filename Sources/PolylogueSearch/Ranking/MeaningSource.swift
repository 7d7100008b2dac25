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
  /// - Returns: Rows with the cosine of the best of their passages, -1 to 1.
  func nearest(limit: Int, among rows: MessageSet?) throws -> [(message: Int64, similarity: Float)]

  /// How alike given messages are, by their rows; what has no vector is left out.
  func similarities(of messages: [Int64]) throws -> [Int64: Float]
}
