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
    var best: [Int64: Double] = [:]
    for (place, unit) in units.enumerated() {
      let score = features[place].score(weights)
      best[unit] = max(best[unit] ?? -.infinity, score)
    }
    let places = answers.compactMap { answer in
      best[answer].map { score in best.values.count { $0 > score } }
    }
    return RankingMetrics(places: places, answers: answerCount)
  }
}

/// Finds weights of a ranking on some questions, and measures them on others.
public struct WeightTuning: Sendable {
  /// What a weight may be, times its standard value.
  private static let factors = [0, 0.25, 0.5, 0.75, 1, 1.35, 1.8, 2.5, 4]
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
  /// - Complexity: 18 rankings of every question a weight.
  public func best(on questions: [TuningQuestion]) -> AnswerFeatures {
    var weights = AnswerFeatures.standardWeights
    var bestValue = WeightTuning.value(of: weights, questions)
    for _ in 0..<WeightTuning.rounds {
      for part in parts {
        for factor in WeightTuning.factors {
          var tried = weights
          tried[part] = AnswerFeatures.standardWeights[part] * factor
          let value = WeightTuning.value(of: tried, questions)
          if value > bestValue { (weights, bestValue) = (tried, value) }
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

  /// What is made as large as possible: questions answered among the first ten, and where these are
  /// equally many, how early.
  private static func value(of weights: AnswerFeatures, _ questions: [TuningQuestion]) -> Double {
    let ten = RankingMetrics.depths.firstIndex(of: RankingMetrics.depth) ?? 0
    return questions.reduce(0) {
      let metrics = $1.metrics(weights)
      return $0 + metrics.hit[ten] + 0.2 * metrics.nDCG
    }
  }
}
