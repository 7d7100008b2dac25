import PolylogueModel
import PolylogueSQL
import PolylogueSearch
import PolylogueStore

@_exported import struct PolylogueSearch.AnswerFeatures
@_exported import enum PolylogueSearch.AnswerPart
@_exported import struct PolylogueSearch.MeanEstimate
@_exported import struct PolylogueSearch.RankingMetrics

/// How well a mode of search answers a set of questions.
public struct ModeEvaluation: Sendable {
  /// The mode.
  public var mode: SearchMode
  /// The measures of each question, in their order.
  public var measures: [RankingMetrics]

  /// The share of questions with an answer among the first 1, 5, 10 and 20 hits.
  public var hits: [MeanEstimate] {
    RankingMetrics.depths.indices.map { depth in MeanEstimate(measures.map { $0.hit[depth] }) }
  }
  /// The share of a question's answers among the first 1, 5, 10 and 20 hits.
  public var recalls: [MeanEstimate] {
    RankingMetrics.depths.indices.map { depth in MeanEstimate(measures.map { $0.recall[depth] }) }
  }
  /// The mean reciprocal rank of the first answer, among ten hits.
  public var reciprocalRank: MeanEstimate { MeanEstimate(measures.map(\.reciprocalRank)) }
  /// The normalised discounted cumulative gain of ten hits.
  public var nDCG: MeanEstimate { MeanEstimate(measures.map(\.nDCG)) }
}

/// What an evaluation says.
public struct EvaluationReport: Sendable {
  /// A mode each, in the order asked for.
  public var modes: [ModeEvaluation]
  /// Questions none of whose answers is in the archive; they count as not answered.
  public var unanswerable: Int
  /// The weights of the ranking that were in use.
  public var weights = AnswerFeatures.standardWeights
  /// What is wrong with questions, in their order: ids and filters that name nothing.
  public var problems: [EvaluationProblem] = []
  /// What a person should know, such as that there is no model.
  public var notes: [String]
}

/// Something about a question that cannot be right, so that its measures say little.
public struct EvaluationProblem: Sendable, Equatable {
  /// The question's place among all, from 0.
  public var question: Int
  /// The line of the file that it was read from, counted from 1.
  public var line: Int?
  /// What is wrong and what to do.
  public var message: String
}

/// Weights that were chosen by questions.
public struct TuningReport: Sendable {
  /// How the questions were asked.
  public var mode: SearchMode
  /// The measures of each question by weights that were chosen without its group.
  public var heldOut: ModeEvaluation
  /// The weights that are best for all questions.
  public var best: AnswerFeatures
  /// Those that are best without a group, by the group's name.
  public var byGroup: [String: AnswerFeatures]
}

/// A question with its answers found in the archive.
struct ResolvedQuestion {
  var question: EvaluationQuestion
  var request: SearchRequest
  /// The rows of the messages, or of the conversations, that answer it.
  var answers: Set<Int64>
  var text: String
  /// What is wrong with it, and what to do.
  var problems: [String]

  /// Where the answers stand among hits.
  func places(in hits: [PolylogueSearch.SearchHit]) -> [Int] {
    hits.indices.filter { place in
      question.asksForConversations
        ? answers.contains(hits[place].conversation)
        : hits[place].message.map(answers.contains) ?? false
    }
  }
}

extension Archive {
  /// Measures how well search answers questions whose answers are known.
  ///
  /// Where a question's answers are messages, hits are messages; where they are conversations, hits are
  /// conversations. In mode ``SearchMode/text`` all words of a question are required.
  ///
  /// - Parameters:
  ///   - questions: The questions.
  ///   - modes: The modes to compare; ``SearchMode/automatic`` is left out.
  ///   - onProgress: Told the questions answered and all to be answered; throwing from it ends the work.
  public func evaluate(
    _ questions: [EvaluationQuestion], modes: [SearchMode] = [.text, .words, .semantic, .hybrid],
    onProgress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> EvaluationReport {
    try translating {
      var notes: [String] = []
      guard let index = try currentIndex(notes: &notes) else {
        return EvaluationReport(modes: [], unanswerable: questions.count, notes: notes)
      }
      let resolved = try resolve(questions)
      let modes = try usable(modes, notes: &notes)
      var report = EvaluationReport(
        modes: [], unanswerable: resolved.count { $0.answers.isEmpty }, notes: notes)
      report.weights = rankingWeights(notes: &report.notes)
      for (place, question) in resolved.enumerated() {
        report.problems += question.problems.map {
          EvaluationProblem(question: place, line: question.question.line, message: $0)
        }
      }
      var done = 0
      for mode in modes {
        var measures: [RankingMetrics] = []
        for question in resolved {
          let hits = try answers(to: question, mode: mode, from: index)
          measures.append(
            RankingMetrics(
              places: question.places(in: hits), answers: question.question.relevant.count))
          done += 1
          try onProgress(done, resolved.count * modes.count)
        }
        report.modes.append(ModeEvaluation(mode: mode, measures: measures))
      }
      return report
    }
  }

  /// Looks for weights of the ranking that answer questions better than the standard ones, and measures
  /// them on questions that they were not chosen by.
  ///
  /// Groups of questions are left out one after the other; questions without a group make up two.
  ///
  /// - Parameters:
  ///   - questions: The questions.
  ///   - mode: ``SearchMode/words`` or ``SearchMode/hybrid``.
  ///   - onProgress: Told the questions read and their number; throwing from it ends the work.
  /// - Returns: Nil where meaning is asked for and cannot be had.
  public func tune(
    _ questions: [EvaluationQuestion], mode: SearchMode,
    onProgress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> TuningReport? {
    try translating {
      var notes: [String] = []
      guard let index = try currentIndex(notes: &notes), try usable([mode], notes: &notes) == [mode]
      else { return nil }
      let resolved = try resolve(questions)
      var tuned: [TuningQuestion] = []
      for (number, question) in resolved.enumerated() {
        let meaning = mode == .words ? nil : try meaning(of: question.text, notes: &notes)
        let candidates = try onIndex {
          try index.answerCandidates(question.request, meaning: meaning)
        }
        let isByConversation = question.question.asksForConversations
        let usable = candidates.filter { isByConversation || $0.message != nil }
        tuned.append(
          TuningQuestion(
            features: usable.map(\.features),
            units: usable.map { isByConversation ? $0.conversation : $0.message ?? 0 },
            answers: question.answers, answerCount: question.question.relevant.count,
            group: question.question.group ?? (number % 2 == 0 ? "even" : "odd")))
        try onProgress(number + 1, resolved.count)
      }
      let parts = AnswerPart.allCases.filter {
        $0 != .words && (mode != .words || $0 != .meaning)
      }
      let tuning = WeightTuning(tuned, parts: parts)
      let (measures, weights) = tuning.leaveOneGroupOut()
      return TuningReport(
        mode: mode, heldOut: ModeEvaluation(mode: mode, measures: measures),
        best: tuning.best(on: tuned), byGroup: weights)
    }
  }

  private func usable(_ modes: [SearchMode], notes: inout [String]) throws -> [SearchMode] {
    let modes = modes.filter { $0 != .automatic }
    let needsMeaning = modes.contains(.semantic) || modes.contains(.hybrid)
    guard needsMeaning, try meaning(of: "what is this about", notes: &notes) == nil else {
      return modes
    }
    return modes.filter { $0 != .semantic && $0 != .hybrid }
  }

  private func answers(
    to question: ResolvedQuestion, mode: SearchMode, from index: TextIndexReader
  ) throws -> [PolylogueSearch.SearchHit] {
    var request = question.request
    request.usesWords = mode != .semantic
    return try onIndex {
      if mode == .text { return try index.search(request).hits }
      var notes: [String] = []
      let meaning = mode == .words ? nil : try meaning(of: question.text, notes: &notes)
      return try index.answer(request, meaning: meaning, weights: rankingWeights(notes: &notes))
        .hits
    }
  }
}
