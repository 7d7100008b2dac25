import PolylogueSearch
import Testing

@Suite struct `Measures of a ranking` {
  @Test func `are those of the textbook`() {
    // Answers at places 1, 3 and 12 of four.
    let some = RankingMetrics(places: [0, 2, 11], answers: 4)
    #expect(some.hit == [1, 1, 1, 1])
    #expect(some.recall == [0.25, 0.5, 0.5, 0.75])
    #expect(some.reciprocalRank == 1)
    // (1 + 1/2) / (1 + 1/log2 3 + 1/2 + 1/log2 5)
    #expect(abs(some.nDCG - 1.5 / 2.561_606_31) < 1e-6)
    let late = RankingMetrics(places: [10], answers: 1)
    #expect(late.hit == [0, 0, 0, 1] && late.reciprocalRank == 0 && late.nDCG == 0)
    let none = RankingMetrics(places: [], answers: 3)
    #expect(none.hit == [0, 0, 0, 0] && none.recall == [0, 0, 0, 0] && none.nDCG == 0)
    #expect(RankingMetrics(places: Array(0..<30), answers: 30).nDCG == 1)
  }

  @Test func `an interval holds the mean, and narrows with more questions`() {
    let few = MeanEstimate((0..<20).map { $0 % 2 == 0 ? 1 : 0 })
    let many = MeanEstimate((0..<2000).map { $0 % 2 == 0 ? 1 : 0 })
    #expect(few.mean == 0.5 && many.mean == 0.5)
    #expect(few.low < 0.5 && few.high > 0.5)
    #expect(many.high - many.low < (few.high - few.low) / 5)
    // For a share p of n: ± 1.96 √(p (1 − p) / n).
    #expect(abs((many.high - many.low) / 2 - 0.0219) < 0.003)
    #expect(MeanEstimate([]) == MeanEstimate([]))
    #expect(MeanEstimate([1, 1, 1]).low == 1)
  }

  @Test func `weights are chosen on other questions than they are measured on`() {
    func question(_ group: String, byWords: Bool) -> TuningQuestion {
      var right = AnswerFeatures()
      var wrong = AnswerFeatures()
      right[byWords ? .words : .meaning] = 0.4
      wrong[byWords ? .meaning : .session] = 0.9
      let others = (0..<30).map { _ in wrong }
      return TuningQuestion(
        features: [right] + others, units: Array(0..<31), answers: [0], answerCount: 1,
        group: group)
    }
    // Meaning misleads in all groups but one, which cannot have its way.
    let questions =
      (0..<6).map { question("g\($0 % 3)", byWords: true) }
      + [question("odd", byWords: false)]
    let tuning = WeightTuning(questions, parts: [.meaning, .session])
    #expect(tuning.groups == ["g0", "g1", "g2", "odd"])
    let (measures, weights) = tuning.leaveOneGroupOut()
    #expect(measures.count == 7)
    #expect(measures.prefix(6).allSatisfy { $0.hit[0] == 1 })
    #expect(weights["odd"]?[.meaning] ?? 1 < 0.5)
    #expect(weights["odd"]?[.words] == 1)
  }
}
