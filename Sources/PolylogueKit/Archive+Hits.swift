import PolylogueModel
import PolylogueSearch
import PolylogueStore

/// Makes hits of what the index has found.
extension Archive {
  /// Adds what the user has added, looked up once a conversation, and not at all where there is
  /// nothing.
  func addUserLayer(to hits: inout [SearchHit]) throws {
    guard !hits.isEmpty, try reader.hasUserLayer() else { return }
    var known: [ConversationID: UserData] = [:]
    for place in hits.indices {
      let id = hits[place].conversation
      let data = try known[id] ?? reader.userData(of: id)
      known[id] = data
      hits[place].tags = data.tags
      hits[place].isStarred = data.isStarred
    }
  }

  /// The bytes of a passage that are shown: no word tells where in it the meaning lies.
  private static let passageLength = 320

  func hit(
    _ found: PolylogueSearch.SearchHit, maker: SnippetMaker, meaning: QuestionMeaning?,
    absences: inout [String]
  ) throws -> SearchHit? {
    guard let row = found.message else { return try titleHit(found, maker: maker) }
    guard let message = try reader.hit(message: row) else { return nil }
    if let absence = message.absence?.message, !absences.contains(absence) {
      absences.append(absence)
    }
    var snippet = try Archive.snippet(
      of: message.message, maker: maker,
      attachments: { try reader.attachmentTexts(message: row) })
    if snippet.highlights.isEmpty, let meaning, let passage = found.passage {
      snippet = try excerpt(ofPassage: passage, of: row, meaning, maker) ?? snippet
    }
    var hit = SearchHit(
      kind: "message", id: "\(message.conversation)/\(message.message.id)",
      conversation: message.conversation, message: message.message.id,
      provider: message.conversation.provider, title: message.title,
      role: message.message.role, timestamp: message.message.timestamp,
      snippet: snippet.marked(), plainSnippet: snippet.text, highlights: snippet.highlights,
      score: found.score, parts: found.parts,
      absence: message.absence.map {
        "its text lies in \($0.file ?? "a file of cold storage"), which is not there"
      })
    hit.isActive = message.message.isActive
    return hit
  }

  private func titleHit(
    _ found: PolylogueSearch.SearchHit, maker: SnippetMaker
  ) throws -> SearchHit? {
    guard let summary = try reader.summary(row: found.conversation) else { return nil }
    let snippet = maker.snippet(of: summary.title ?? "")
    return SearchHit(
      kind: "conversation", id: summary.id.description, conversation: summary.id, message: "",
      provider: summary.id.provider, title: summary.title, role: nil,
      timestamp: summary.updatedAt ?? summary.createdAt, snippet: snippet.marked(),
      plainSnippet: snippet.text, highlights: snippet.highlights, score: found.score,
      parts: found.parts)
  }

  /// The beginning of a passage, cut as it was when its vector was computed; nil when the message says
  /// something else since.
  private func excerpt(
    ofPassage number: Int, of row: Int64, _ meaning: QuestionMeaning, _ maker: SnippetMaker
  ) throws -> Snippet? {
    let passages = try PassageTexts.passages(
      ofMessage: row, from: FeedReader(connection: connection, compressor: compressor),
      files: reader)
    guard passages.indices.contains(number),
      try meaning.hash(ofPassage: number, of: row) == TextHash(of: passages[number])
    else { return nil }
    return maker.snippet(of: passages[number], length: Archive.passageLength)
      .continued(before: number > 0, after: number + 1 < passages.count)
  }

  /// The best excerpt of a message: of its prose, else of its tools, reasoning or files.
  private static func snippet(
    of message: Message, maker: SnippetMaker,
    attachments: () throws -> [(name: String?, text: String)]
  ) throws -> Snippet {
    var best = maker.snippet(of: message.text)
    if !best.highlights.isEmpty { return best }
    for block in message.blocks {
      let text: String
      switch block {
      case .toolCall(let call): text = call.name + " " + call.input
      case .toolResult(let result): text = result.output
      case .thinking(let thinking): text = thinking
      case .document(let document): text = document.title ?? ""
      case .citation(let citation): text = citation.title ?? ""
      default: continue
      }
      let candidate = maker.snippet(of: text)
      if !candidate.highlights.isEmpty { return candidate }
      if best.text.isEmpty { best = candidate }
    }
    for file in try attachments() {
      for text in [file.name ?? "", file.text] {
        let candidate = maker.snippet(of: text)
        if !candidate.highlights.isEmpty { return candidate }
      }
    }
    return best
  }
}
