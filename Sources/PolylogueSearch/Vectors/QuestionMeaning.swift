import PolylogueSQL

/// What messages have in common with a question in meaning, by their vectors.
public final class QuestionMeaning: MeaningSource {
  private var text: String
  private let index: VectorIndexReader
  private let embed: (String) throws -> [Float]
  private var known: [Float]?

  /// Asks about a text.
  ///
  /// - Parameters:
  ///   - text: The question.
  ///   - index: The messages' vectors.
  ///   - embed: Computes the vector of a text by the index's model; called once, when it is needed.
  public init(
    _ text: String, in index: VectorIndexReader, embed: @escaping (String) throws -> [Float]
  ) {
    self.text = text
    self.index = index
    self.embed = embed
  }

  /// Asks about a vector of the index's model.
  public init(_ vector: [Float], in index: VectorIndexReader) {
    text = ""
    known = vector
    self.index = index
    embed = { _ in vector }
  }

  private func vector() throws -> [Float] {
    if let known { return known }
    let vector = try embed(text)
    known = vector
    return vector
  }

  /// Takes words out of the question, unless nothing would be left.
  public func leaveOut(_ isName: ([UInt8]) -> Bool) {
    guard known == nil else { return }
    let kept = text.split { $0.isWhitespace }.filter { word in
      let terms = TermScanner.terms(of: String(word))
      // A name and what hangs on it, as in “Aurelia's”.
      return terms.isEmpty || terms.count > 2 || !isName(terms[0].bytes)
    }
    guard kept.contains(where: { !TermScanner.terms(of: String($0)).isEmpty }) else { return }
    text = kept.joined(separator: " ")
  }

  /// The messages most alike, the most alike first.
  public func nearest(limit: Int, among rows: MessageSet?) throws -> [VectorHit] {
    let vector = try vector()
    return try reading { try index.nearest(to: vector, limit: limit, among: rows) }
  }

  /// How alike given messages are, by their rows.
  public func similarities(of messages: [Int64]) throws -> [Int64: VectorHit] {
    let vector = try vector()
    return try reading { try index.scores(of: messages, to: vector) }
  }

  /// The name of a passage's text; nil when the index has no such passage.
  ///
  /// - Parameters:
  ///   - passage: The passage's number in its message.
  ///   - message: The message's row.
  public func hash(ofPassage passage: Int, of message: Int64) throws -> TextHash? {
    try reading { try index.hash(ofPassage: passage, of: message) }
  }

  /// Tells damage of the vectors from that of the text index, which is read beside them.
  private func reading<R>(_ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch let error as SQLError where error.isDamage {
      throw VectorIndexError.damage
    }
  }
}
