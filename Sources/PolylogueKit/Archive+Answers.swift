import PolylogueModel
import PolylogueSQL
import PolylogueSearch
import PolylogueStore

/// Finds what questions with known answers name.
extension Archive {
  /// Finds the questions' answers in the archive.
  func resolve(_ questions: [EvaluationQuestion]) throws -> [ResolvedQuestion] {
    var messages: [Int64: [String: Int64]] = [:]
    let now = Timestamp.now
    let deepest = RankingMetrics.depths.max() ?? RankingMetrics.depth
    return try questions.map { question in
      let query = QueryParser.parse(question.query, now: now)
      let filters = QueryParser.parse(question.filter ?? "", now: now).filters
        .merged(with: query.filters)
      var request = SearchRequest(
        query: query, filters: filters, conversations: try conversationRows(filters),
        messages: try messageRows(filters), limit: deepest, now: now)
      request.isOnePerConversation = question.asksForConversations
      var answers: Set<Int64> = []
      var problems = try problems(of: query, request)
      for id in question.relevant {
        let row =
          question.asksForConversations
          ? try ConversationID(id).flatMap { try reader.row(of: $0) }
          : try messageRow(of: id, known: &messages)
        if let row {
          answers.insert(row)
        } else {
          problems.append(try reason(forMissing: id, in: question))
        }
      }
      return ResolvedQuestion(
        question: question, request: request, answers: answers, text: query.plainText,
        problems: problems)
    }
  }

  /// What is wrong with the filters of a question.
  private func problems(of query: SearchQuery, _ request: SearchRequest) throws -> [String] {
    var problems = query.misread.map {
      "“\($0)” in “query” is no filter and is searched as words: \(Archive.advice(on: $0))"
    }
    let there = request.filters.providers.isEmpty ? [] : try providers()
    for provider in request.filters.providers where !there.contains(provider) {
      problems.append(
        "the archive has no conversation of “\(provider.rawValue)”, only"
          + " \(there.map(\.rawValue).joined(separator: ", "))")
    }
    if request.conversations?.rows.isEmpty == true || request.messages?.rows.isEmpty == true {
      problems.append(
        "its filter lets nothing of the archive through; “polylogue list” with the same filters shows"
          + " what does")
    }
    return problems
  }

  /// Why an id names nothing, and what to write instead.
  private func reason(
    forMissing id: String, in question: EvaluationQuestion
  ) throws -> String {
    if !question.asksForConversations, !id.utf8.contains(UInt8(ascii: "/")) {
      return
        "“\(id)” is a conversation's id among those of messages: write CONVERSATION/MESSAGE, or"
        + " only conversations"
    }
    var known: [Int64: [String: Int64]] = [:]
    let parts = question.asksForConversations ? nil : Archive.parts(of: id)
    if let parts, let conversation = ConversationID(parts.conversation),
      let row = try reader.row(of: conversation)
    {
      known[row] = Dictionary(try reader.messageRows(of: row)) { first, _ in first }
      let begun = known[row]?.keys.filter { $0.utf8.starts(with: parts.message.utf8) } ?? []
      guard begun.count == 1, let whole = begun.first, !parts.message.isEmpty else {
        return "\(conversation) has no message “\(parts.message)”: “polylogue show --format json"
          + " \(conversation)” has their ids"
      }
      return "“\(id)” is only the beginning of an id: write “\(conversation)/\(whole)”"
    }
    do {
      let found = try identifier(matching: parts?.conversation ?? id)
      return "“\(id)” \(parts == nil ? "is" : "begins with") only the beginning of an id: write"
        + " “\(found)\(parts.map { "/" + $0.message } ?? "")”"
    } catch let error as ArchiveError where error.code == .notFound || error.code == .ambiguous {
      return "“\(id)”: \(error.message)"
    }
  }

  private static func parts(of id: String) -> (conversation: String, message: String)? {
    guard let slash = id.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
    return (String(id[..<slash]), String(id[id.utf8.index(after: slash)...]))
  }

  /// The row of a message by its public id, in which the message's own id stands behind a `/`.
  func messageRow(of id: String, known: inout [Int64: [String: Int64]]) throws -> Int64? {
    for slash in id.utf8.indices.reversed() where id.utf8[slash] == UInt8(ascii: "/") {
      guard let conversation = ConversationID(String(id[..<slash])),
        let row = try reader.row(of: conversation)
      else { continue }
      if known[row] == nil {
        known[row] = Dictionary(try reader.messageRows(of: row)) { first, _ in first }
      }
      return known[row]?[String(id[id.utf8.index(after: slash)...])]
    }
    return nil
  }
}
