import PolylogueModel
import PolylogueSQL
import PolylogueSearch
import PolylogueStore

extension Archive {
  /// The fewest words of a sentence that a question is made of.
  private static let sentenceWords = 6
  /// The most words of a question.
  private static let questionWords = 5
  /// The fewest.
  private static let leastQuestionWords = 3
  /// Messages that are looked at for one question, before fewer are made than were asked for.
  private static let triesPerQuestion = 20

  /// Makes questions from the archive's own messages, each of which is the answer to one: known items,
  /// after Azzopardi, de Rijke and Balog, *Building Simulated Queries for Known-Item Topics* (2007).
  ///
  /// A question is made of the most telling words of one sentence, in their order. It uses the
  /// message's own words, so it measures how search by words finds again what is half remembered,
  /// and not whether it understands a paraphrase.
  ///
  /// - Parameters:
  ///   - count: How many to make; fewer where the archive has not enough prose.
  ///   - seed: Decides the choice: the same of the same archive gives the same questions.
  /// - Complexity: Some 20 messages are read a question at most.
  public func knownItemQuestions(count: Int, seed: UInt64 = 1) throws -> [EvaluationQuestion] {
    try translating {
      var notes: [String] = []
      guard let index = try currentIndex(notes: &notes),
        let newest = try connection.integer("SELECT max(id) FROM message"), newest > 0
      else { return [] }
      var random = SplitMix64(seed: seed)
      var questions: [EvaluationQuestion] = []
      var used: Set<Int64> = []
      // More questions than messages cannot be made.
      let tries = Int(min(Int64(max(0, count)), newest)) * Archive.triesPerQuestion
      for _ in 0..<tries where questions.count < count {
        try connection.checkInterruption()
        let row = Int64.random(in: 1...newest, using: &random)
        guard used.insert(row).inserted, let found = try reader.hit(message: row),
          found.message.kind == .message, found.message.isActive,
          let sentence = Archive.sentence(of: found.message.text, &random)
        else { continue }
        let telling = try onIndex {
          try index.tellingWords(of: sentence, limit: Archive.questionWords)
        }
        let words = sentence.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
        let query = words.filter { telling.contains($0) }
        guard query.count >= Archive.leastQuestionWords else { continue }
        questions.append(
          EvaluationQuestion(
            query: query.joined(separator: " "),
            relevant: ["\(found.conversation)/\(found.message.id)"]))
      }
      return questions
    }
  }

  /// A sentence of a text, chosen by chance; nil where none is long enough.
  private static func sentence(of text: String, _ random: inout SplitMix64) -> String? {
    let sentences = text.prefix(1 << 16).split { ".!?\n".contains($0) }.filter {
      $0.split(separator: " ").count >= sentenceWords && $0.utf8.count < 1000
    }
    return sentences.randomElement(using: &random).map(String.init)
  }
}
