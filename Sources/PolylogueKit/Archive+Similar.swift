import PolylogueModel
import PolylogueSearch
import PolylogueStore

/// More like this.
extension Archive {
  /// The vectors of a conversation whose mean stands for it.
  private static let vectorLimit = 512
  /// The bytes of a conversation that its telling words are taken from.
  private static let exampleByteLimit = 1 << 16

  /// The conversations most like a conversation or one of its messages, by their words and, where there
  /// are vectors, by what they mean.
  ///
  /// - Parameters:
  ///   - id: The id of a conversation, or an unambiguous beginning of one, or the id of a message.
  ///   - filter: Conditions that what is found has to meet.
  ///   - limit: The most hits.
  ///   - offset: Hits left out at the start.
  ///   - unit: What a hit is.
  /// - Throws: ``ArchiveError``: `notFound`, or `ambiguous` with candidates named.
  public func similar(
    to id: String, filter: Filter = Filter(), limit: Int = 20, offset: Int = 0,
    per unit: HitUnit = .conversation
  ) throws -> SearchPage {
    try translating {
      var notes: [String] = []
      var page = SearchPage(
        query: id, mode: SearchMode.words.rawValue, hits: [], total: 0, totalIsExact: true,
        isLimited: false, notes: [])
      let example = try example(id)
      guard let index = try currentIndex(notes: &notes) else {
        page.notes = notes
        return page
      }
      let filters = SearchFilters(filter)
      let words = try onIndex {
        try index.tellingWords(of: example.text, limit: Archive.tellingWordLimit)
      }
      var request = SearchRequest(
        query: SearchQuery(anyOf: words), filters: filters,
        conversations: try conversationRows(filters), messages: try messageRows(filters),
        limit: limit, offset: offset, now: Timestamp.now)
      request.excludedConversation = example.conversation
      request.isOnePerConversation = unit == .conversation
      var meaning: QuestionMeaning?
      if let vectors = try meaningIndex(notes: &notes),
        let mean = try Archive.mean(of: example.messages, in: vectors)
      {
        meaning = QuestionMeaning(mean, in: vectors)
        page.mode = SearchMode.hybrid.rawValue
      }
      let weights = rankingWeights(notes: &notes)
      let results = try onIndex { try index.answer(request, meaning: meaning, weights: weights) }
      page.notes = notes
      page.weights = weights
      try fill(&page, results, query: request.query, meaning: meaning)
      return page
    }
  }

  /// What an id names: its text, its messages, and the conversation that is left out.
  private func example(
    _ id: String
  ) throws -> (text: String, messages: [Int64], conversation: Int64) {
    var known: [Int64: [String: Int64]] = [:]
    if let row = try messageRow(of: id, known: &known), let found = try reader.hit(message: row) {
      return (found.message.text, [row], found.conversationRow)
    }
    let found = try identifier(matching: id)
    guard let row = try reader.row(of: found), let conversation = try reader.conversation(row: row)
    else { throw ArchiveError(.notFound, "there is no conversation \(found)") }
    var text = conversation.header.title ?? ""
    for message in conversation.messages where message.kind == .message {
      guard text.utf8.count < Archive.exampleByteLimit else { break }
      text += "\n" + message.text
    }
    return (text, try reader.messageRows(of: row).map(\.row), row)
  }

  /// The mean of messages' vectors; nil where none has one.
  private static func mean(
    of messages: [Int64], in index: VectorIndexReader
  ) throws -> [Float]? {
    var sum = [Float](repeating: 0, count: index.model.dimensions)
    var count = 0
    for message in messages where count < vectorLimit {
      for vector in try index.vectors(of: message) {
        for place in sum.indices { sum[place] += vector[place] }
        count += 1
      }
    }
    return count == 0 || sum.allSatisfy { $0 == 0 } ? nil : sum
  }
}
