import PolylogueModel

/// The constants of the ranking.
enum RankingWeights {
  /// Messages of the first stage that the second one looks at.
  static let candidates = 300
  /// The most hits that can be paged through in order of relevance or time.
  static let deepest = 10_000
  /// The share of the best message at most two places away.
  static let neighbour = 0.3
  /// How far a neighbour may be.
  static let neighbourDistance = 2
  /// The most that a conversation's other hits can add, as a share of the best score.
  static let session = 0.5
  /// The most that recency can add, as a share of the best score.
  static let recency = 0.02
  /// The age, in seconds, at which recency counts half.
  static let recencyHalfLife = 180.0 * 86_400
  /// Factor of scores from impacts: k1 + 1 over the largest impact.
  static let impactScale: Float = 2.2 / 63
  /// What a phrase's words count more for standing together.
  static let phrase: Float = 1.5
  /// Postings read before older segments are left out.
  static let postingBudget = 16_000_000
  /// The most terms that a prefix stands for in a segment.
  static let prefixTerms = 512

  /// How much a message counts by where its text comes from.
  static func weight(ofKind kind: Int64) -> Double {
    switch MessageKind(rawValue: UInt8(truncatingIfNeeded: kind)) {
    case .message, nil: 1
    case .toolResult: 0.9
    case .summary: 0.8
    case .injected, .command, .notice: 0.6
    }
  }

  /// How rare a word is.
  static func inverseFrequency(found: Int, of documents: Int) -> Float {
    let n = Float(max(documents, found, 1))
    let df = Float(found)
    // Above zero also for a word that is in every message.
    return logarithm(onePlus: (n - df + 0.5) / (df + 0.5))
  }
}
