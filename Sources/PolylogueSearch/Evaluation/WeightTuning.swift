/// What a question's ranking has to choose from, so that weights can be tried without searching again.
public struct TuningQuestion: Sendable {
  /// The candidates' features.
  public var features: [AnswerFeatures]
  /// What hit each candidate would be: its message, or its conversation.
  public var units: [Int64]
  /// The units that answer the question.
  public var answers: Set<Int64>
  /// How many answers there are, those that are no candidate included.
  public var answerCount: Int
  /// Which questions it is left out with.
  public var group: String

  /// A question with its candidates, of which there are as many features as units.
  public init(
    features: [AnswerFeatures], units: [Int64], answers: Set<Int64>, answerCount: Int, group: String
  ) {
    self.features = features
    self.units = units
    self.answers = answers
    self.answerCount = answerCount
    self.group = group
  }

  /// How well weights answer it.
  func metrics(_ weights: AnswerFeatures) -> RankingMetrics {
    RankingMetrics(places: places(weights), answers: answerCount)
  }

  /// How early weights answer it: the share of the depths from 5 to 20 at which it is answered. It moves
  /// with every place, where a measure at one depth jumps.
  func earliness(_ weights: AnswerFeatures) -> Double {
    guard let first = places(weights).min(), first < 20 else { return 0 }
    return Double(20 - max(4, first)) / 16
  }

  /// Where the answers stand among the units, each ranked by its best candidate.
  private func places(_ weights: AnswerFeatures) -> [Int] {
    var best: [Int64: Double] = [:]
    for (place, unit) in units.enumerated() {
      let score = features[place].score(weights)
      best[unit] = max(best[unit] ?? -.infinity, score)
    }
    return answers.compactMap { answer in
      best[answer].map { score in best.values.count { $0 > score } }
    }
  }
}

/// Finds weights of a ranking on some questions, and measures them on others.
public struct WeightTuning: Sendable {
  /// What a weight may be, times its standard value.
  private static let factors = [0, 0.3, 0.5, 0.7, 0.85, 1, 1.2, 1.4, 1.7, 2.2, 3]
  /// What a weight has to bring to be changed, in questions of a hundred: less is chance.
  private static let leastGain = 0.1
  /// The rounds through all weights.
  private static let rounds = 2

  /// The questions.
  public let questions: [TuningQuestion]
  /// The weights that are chosen; the others stay.
  public let parts: [AnswerPart]

  /// Prepares to tune some weights.
  public init(_ questions: [TuningQuestion], parts: [AnswerPart]) {
    self.questions = questions
    self.parts = parts
  }

  /// The groups, each of which is left out once.
  public var groups: [String] { Set(questions.map(\.group)).sorted() }

  /// The weights that answer some questions best: for one weight after the other every value is tried.
  ///
  /// - Complexity: 22 rankings of every question a weight.
  public func best(on questions: [TuningQuestion]) -> AnswerFeatures {
    var weights = AnswerFeatures.standardWeights
    var bestValue = WeightTuning.value(of: weights, questions)
    let leastGain = WeightTuning.leastGain / 100 * Double(questions.count)
    for _ in 0..<WeightTuning.rounds {
      for part in parts {
        for factor in WeightTuning.factors {
          var tried = weights
          tried[part] = AnswerFeatures.standardWeights[part] * factor
          let value = WeightTuning.value(of: tried, questions)
          if value > bestValue + leastGain { (weights, bestValue) = (tried, value) }
        }
      }
    }
    return weights
  }

  /// The measures of every question by weights that were chosen without its group, in the order of
  /// ``groups``, and these weights by group.
  public func leaveOneGroupOut() -> (measures: [RankingMetrics], weights: [String: AnswerFeatures])
  {
    var measures: [RankingMetrics] = []
    var weights: [String: AnswerFeatures] = [:]
    for group in groups {
      let best = best(on: questions.filter { $0.group != group })
      weights[group] = best
      measures += questions.filter { $0.group == group }.map { $0.metrics(best) }
    }
    return (measures, weights)
  }

  /// What is made as large as possible; see ``TuningQuestion``.
  private static func value(of weights: AnswerFeatures, _ questions: [TuningQuestion]) -> Double {
    questions.reduce(0) { $0 + $1.earliness(weights) }
  }
}
