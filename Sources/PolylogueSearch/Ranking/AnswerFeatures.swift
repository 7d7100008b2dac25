/// The parts of an answer's score.
public enum AnswerPart: Int, Sendable, CaseIterable {
  /// Its own words.
  case words
  /// What the messages around add: words that they have and it has not, or that count more there.
  case neighbour
  /// The words of its whole conversation.
  case session
  /// That the question names who wrote it.
  case author
  /// That the question names when it was written.
  case date
  /// Its meaning.
  case meaning
  /// The meaning of the messages around.
  case surroundings
}

/// A number for each part of an answer's score: features, or their weights.
///
/// All are on one scale: 1 is a word that stands in no other message, or the same meaning.
public struct AnswerFeatures: Sendable, Equatable {
  private var values = SIMD8<Double>()

  /// All zero.
  public init() {}

  /// The number of a part.
  public subscript(part: AnswerPart) -> Double {
    get { values[part.rawValue] }
    set { values[part.rawValue] = newValue }
  }

  /// The sum of all parts, each times its weight.
  public func score(_ weights: AnswerFeatures) -> Double { (values * weights.values).sum() }

  /// The weights that answers are ranked with; docs/search.md says how they were chosen.
  public static let standardWeights: AnswerFeatures = {
    var weights = AnswerFeatures()
    weights[.words] = 1
    weights[.neighbour] = 1
    weights[.session] = 0.3
    weights[.author] = 0.5
    weights[.date] = 0.5
    weights[.meaning] = 1
    weights[.surroundings] = 0.3
    return weights
  }()
}

/// A message or title that may answer a question.
public struct AnswerCandidate: Sendable {
  /// The conversation's row in the archive.
  public var conversation: Int64
  /// The message's row; nil for the conversation's title.
  public var message: Int64?
  /// The parts of its score before their weights.
  public var features: AnswerFeatures
}
