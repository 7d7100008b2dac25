/// What a search found.
public struct SearchResults: Sendable {
  /// The hits in order, one a message.
  public var hits: [SearchHit]
  /// How many messages match, all pages together; at least so many where it is not exact.
  public var total: Int
  /// Whether ``total`` was counted to the end.
  public var isTotalExact: Bool
  /// Whether only the newest part of the index was searched, because the words are very common.
  public var isLimited: Bool
  /// Whether parts of the query were left out, because it is very long.
  public var isCut: Bool
}

/// A message or a conversation's title that matches.
public struct SearchHit: Sendable, Equatable {
  /// The conversation's row in the archive.
  public var conversation: Int64
  /// The message's row; nil when the conversation's title matches.
  public var message: Int64?
  /// The message's place in its conversation.
  public var position: Int
  /// Seconds since 1970.
  public var timestamp: Int64?
  /// How the rank came about.
  public var parts: ScoreParts
  /// The number of the message's passage that is nearest to the question in meaning; nil where it was
  /// not asked for, or where the message has no vector.
  public var passage: Int?
  /// The score that hits are ordered by.
  public var score: Double { parts.total }
}

/// The parts of a hit's score, which add up. A question uses all but recency; what they are then is
/// said by ``AnswerPart``.
public struct ScoreParts: Sendable, Equatable {
  /// The words, by BM25 and the fields' weights, times the kind's weight.
  public var text: Double = 0
  /// The share of the best neighbouring message.
  public var neighbour: Double = 0
  /// The share of the conversation's other hits.
  public var session: Double = 0
  /// The share of recency.
  public var recency: Double = 0
  /// The share of the author's name.
  public var author: Double = 0
  /// The share of a date that was named.
  public var date: Double = 0
  /// The share of likeness in meaning.
  public var meaning: Double = 0
  /// The share of the neighbouring messages' likeness in meaning.
  public var surroundings: Double = 0
  /// The cosine of the question and the message's closest passage, -1 to 1; nil where it was not
  /// asked for, or where the message has no vector. It is no part of the sum.
  public var similarity: Float?
  /// All together.
  public var total: Double {
    text + neighbour + session + recency + author + date + meaning + surroundings
  }

  /// All zero, but for what is given.
  init(text: Double = 0, neighbour: Double = 0, session: Double = 0, recency: Double = 0) {
    (self.text, self.neighbour, self.session, self.recency) = (text, neighbour, session, recency)
  }

  /// The parts of an answer's score.
  init(_ features: AnswerFeatures, _ weights: AnswerFeatures, similarity: Float?) {
    func part(_ part: AnswerPart) -> Double { features[part] * weights[part] }
    text = part(.words)
    neighbour = part(.neighbour)
    session = part(.session)
    author = part(.author)
    date = part(.date)
    meaning = part(.meaning)
    surroundings = part(.surroundings)
    self.similarity = similarity
  }
}
