import Glibc
import PolylogueModel
import PolylogueSQL
import PolylogueSearch
import PolylogueStore

/// The order of search results.
public enum SearchSort: String, Sendable, CaseIterable {
  /// Best first.
  case relevance
  /// Newest first; what has no time comes last.
  case newest
  /// Oldest first; what has no time comes last.
  case oldest

  var request: SearchRequest.Sort {
    switch self {
    case .relevance: .relevance
    case .newest: .newest
    case .oldest: .oldest
    }
  }
}

/// A message or a conversation's title that a search has found.
public struct SearchHit: Sendable {
  /// `message`, or `conversation` where its title was found.
  public var kind: String
  /// The message's public id, or the conversation's where its title was found.
  public var id: String
  /// The conversation's public id.
  public var conversation: ConversationID
  /// The provider's id of the message; empty where a title was found.
  public var message: String
  /// Whose conversation it is.
  public var provider: Provider
  /// The conversation's title.
  public var title: String?
  /// Who speaks; nil where a title was found.
  public var role: Role?
  /// When it was written.
  public var timestamp: Timestamp?
  /// An excerpt around the matches, each marked as `**match**`; where no word matches, of the passage
  /// nearest in meaning, or of the text's beginning.
  public var snippet: String
  /// The excerpt without marks.
  public var plainSnippet: String
  /// Where the matches stand in `plainSnippet`, as offsets in UTF-8.
  public var highlights: [Range<Int>]
  /// The score; comparable within one search.
  public var score: Double
  /// What the score is made of.
  public var parts: ScoreParts
  /// Why there may be no excerpt: the text lies in a file of cold storage that is not there. Nil
  /// where it could be read.
  public var absence: String?
  /// The user's tags on the conversation, sorted.
  public var tags: [String] = []
  /// Whether the user starred the conversation.
  public var isStarred = false
  /// Whether the message is on the path last shown, and not on another branch.
  public var isActive = true
}

/// A page of search results.
public struct SearchPage: Sendable {
  /// The query as it was given.
  public var query: String
  /// How it was searched.
  public var mode: String
  /// The hits in order.
  public var hits: [SearchHit]
  /// How many messages match; at least so many where it is not exact.
  public var total: Int
  /// Whether `total` was counted to the end.
  public var totalIsExact: Bool
  /// Whether the words are so common that only the newest matches were ranked.
  public var isLimited: Bool
  /// What a person should know about the result.
  public var notes: [String]
  /// What the parts of scores count; nil where all words were required.
  public var weights: AnswerFeatures?
}

extension Archive {
  /// Changes of the archive that a search takes into the index by itself; with more, it says so and
  /// searches what is indexed.
  static let catchUpLimit: Int64 = 5000

  /// The cosine from which a message without a word of the question counts, where hits are not ordered
  /// by how well they answer, or where nobody asked for likes.
  private static let leastSimilarity: Float = 0.25

  /// Searches all messages and titles.
  ///
  /// Any text is a legal query: plain words, `"exact phrase"`, `-word`, `word*`, `a OR b`, and filters
  /// such as `provider:codex since:7d has:code`; what cannot be an operator is searched as words.
  ///
  /// ```swift
  /// let page = try archive.search("why was the cache wrong", mode: .hybrid)
  /// ```
  ///
  /// - Parameters:
  ///   - query: Any text.
  ///   - mode: Whether words are required, or meaning counts.
  ///   - filter: Conditions beside those in the query.
  ///   - sort: The order of hits. A question's best 200 answers are found first, and then put into an
  ///     order of time.
  ///   - limit: The most hits.
  ///   - offset: Hits left out at the start.
  ///   - unit: What a hit is; nil for messages where all words are required, else conversations.
  /// - Throws: ``ArchiveError``. That there is no model is none: the page's notes say it, and its mode
  ///   how it was searched instead.
  public func search(
    _ query: String, mode: SearchMode = .text, filter: Filter = Filter(),
    sort: SearchSort = .relevance, limit: Int = 20, offset: Int = 0, per unit: HitUnit? = nil
  ) throws -> SearchPage {
    try translating {
      var notes: [String] = []
      let now = Timestamp.now
      var parsed = QueryParser.parse(query, now: now)
      let filters = parsed.filters.merged(with: SearchFilters(filter))
      notes += try filterNotes(parsed)
      var page = SearchPage(
        query: query, mode: mode.name, hits: [], total: 0, totalIsExact: true, isLimited: false,
        notes: [])
      if filters.scope == .code || filters.scope == .journal {
        page.notes = notes + ["code and journal are not in the archive yet; nothing was searched"]
        return page
      }
      if filters.isEmpty, parsed.required.isEmpty {
        guard !parsed.excluded.isEmpty else {
          page.notes = ["nothing to search for: the query has no words"]
          return page
        }
        // There is nothing to exclude from: what cannot be an operator is searched for.
        parsed.required = parsed.excluded.map { SearchQuery.Clause(alternatives: [$0]) }
        parsed.excluded = []
        notes.append("a query of exclusions alone is searched for as words")
      }
      guard let index = try currentIndex(notes: &notes) else {
        page.notes = notes
        return page
      }
      let request = SearchRequest(
        query: parsed, filters: filters, conversations: try conversationRows(filters),
        messages: try messageRows(filters), sort: sort.request, limit: limit, offset: offset,
        now: now)
      page.notes = notes
      try fill(&page, with: request, mode: mode, unit: unit, from: index)
      return page
    }
  }

  /// Searches in a mode, or in the one that takes its place.
  private func fill(
    _ page: inout SearchPage, with request: SearchRequest, mode: SearchMode, unit: HitUnit?,
    from index: TextIndexReader
  ) throws {
    // Without words there is no question, and filters alone list what they let through.
    if mode == .text || request.query.required.isEmpty {
      return try fillByText(&page, request, unit, from: index)
    }
    if mode == .automatic {
      try fillByText(&page, request, unit, from: index)
      guard page.total == 0, request.query.isQuestion, try canSearchByMeaning() else { return }
    }
    var meaning: QuestionMeaning?
    if mode != .words {
      meaning = try self.meaning(of: request.query.plainText, notes: &page.notes)
      guard meaning != nil else { return try fillByWords(&page, request, unit, from: index) }
    }
    var question = request
    question.usesWords = mode != .semantic
    page.mode = mode == .automatic ? SearchMode.hybrid.name : mode.name
    if mode == .automatic {
      page.notes.append(
        "no message has all of these words: these are the closest by words and meaning")
    }
    // Everything is a little like everything: what is hardly alike answers only who asked for it.
    if mode == .automatic || request.sort != .relevance {
      question.leastSimilarity = Archive.leastSimilarity
    }
    do {
      try fillByQuestion(&page, question, unit ?? .conversation, meaning: meaning, from: index)
    } catch let error as VectorIndexError {
      page.notes.append(
        "searched by words: \(error.message); “polylogue embed” computes the vectors anew")
      try fillByWords(&page, request, unit, from: index)
    }
  }

  /// Searches by words where meaning cannot be had: for all of them, else for some.
  private func fillByWords(
    _ page: inout SearchPage, _ request: SearchRequest, _ unit: HitUnit?,
    from index: TextIndexReader
  ) throws {
    try fillByText(&page, request, unit, from: index)
    guard page.total == 0, request.query.isQuestion else { return }
    page.mode = SearchMode.words.name
    try fillByQuestion(&page, request, unit ?? .conversation, meaning: nil, from: index)
    if !page.hits.isEmpty {
      page.notes.append("no message has all of these words: these have some of them")
    }
  }

  private func fillByText(
    _ page: inout SearchPage, _ request: SearchRequest, _ unit: HitUnit?,
    from index: TextIndexReader
  ) throws {
    page.mode = SearchMode.text.name
    var request = request
    request.isOnePerConversation = unit == .conversation
    let results = try onIndex { try index.search(request) }
    try fill(&page, results, query: request.query)
    if results.isLimited {
      page.notes.append("the words are very common: ranked among the newest matches only")
    }
  }

  private func fillByQuestion(
    _ page: inout SearchPage, _ request: SearchRequest, _ unit: HitUnit,
    meaning: QuestionMeaning?, from index: TextIndexReader
  ) throws {
    var request = request
    request.isOnePerConversation = unit == .conversation
    let weights = rankingWeights(notes: &page.notes)
    let results = try onIndex { try index.answer(request, meaning: meaning, weights: weights) }
    page.weights = weights
    try fill(&page, results, query: request.query, meaning: meaning)
    if page.mode == SearchMode.hybrid.name,
      let best = page.hits.compactMap(\.parts.similarity).max(),
      page.hits.allSatisfy({ $0.parts.text + $0.parts.neighbour + $0.parts.session == 0 })
    {
      let cosine = (Double(best) * 100).rounded() / 100
      page.notes.append(
        "none has a word of the question: these are the nearest in meaning (cosine \(cosine) at most)"
      )
    }
    if results.isLimited {
      page.notes.append("the words are very common: the newest messages that have them were ranked")
    }
  }

  func fill(
    _ page: inout SearchPage, _ results: PolylogueSearch.SearchResults, query: SearchQuery,
    meaning: QuestionMeaning? = nil
  ) throws {
    let maker = SnippetMaker(query, byStem: page.mode != SearchMode.text.name)
    var absences: [String] = []
    page.hits = try connection.snapshot {
      try results.hits.compactMap {
        try hit($0, maker: maker, meaning: meaning, absences: &absences)
      }
    }
    try addUserLayer(to: &page.hits)
    page.notes += absences
    page.total = results.total
    page.totalIsExact = results.isTotalExact
    page.isLimited = results.isLimited
    if results.isCut { page.notes.append("the query is long: only its beginning was searched") }
  }

  // MARK: Index

  /// The index, brought up to date where that is a matter of moments.
  func currentIndex(notes: inout [String]) throws -> TextIndexReader? {
    let newest = try connection.integer("SELECT max(sequence) FROM change") ?? 0
    let lag = newest - indexWatermark()
    var waiting = try waitingCounts()
    if try lag == 0 && canTakeIn(waiting) {
      try? IndexKeeper(folder: folder).finishIfOwned { interruption.isRequested }
      try connection.checkInterruption()
      waiting = try waitingCounts()
    }
    if lag > 0 {
      if lag <= Archive.catchUpLimit || access(folder.indexPath, F_OK) != 0 {
        // Best effort: an archive on a read-only medium is searched as far as it is indexed.
        try? IndexKeeper(folder: folder).finishIfOwned { interruption.isRequested }
        try connection.checkInterruption()
      }
      if let note = try lagNote(after: indexWatermark()) { notes.append(note) }
      waiting = try waitingCounts()
    }
    if let note = try waitingNote(waiting) { notes.append(note) }
    do {
      return try openIndex()?.reader
    } catch let error as SQLError {
      throw IndexKeeper.translate(error, folder: folder)
    }
  }

  /// The index, opened once and again when another file has taken its place; nil when there is none.
  func openIndex() throws -> OpenIndex? {
    var file = stat()
    guard stat(folder.indexPath, &file) == 0, file.st_size > 0 else {
      index = nil
      return nil
    }
    if let index, index.device == file.st_dev, index.inode == file.st_ino { return index }
    let connection = try Connection.reading(path: folder.indexPath)
    connection.interruption = interruption
    let reader = try TextIndexReader(connection: connection, cache: indexCache)
    let opened = OpenIndex(
      connection: connection, reader: reader,
      device: file.st_dev, inode: file.st_ino)
    index = opened
    return opened
  }

  /// What cannot be found yet, and what brings it in; nil when the index has everything.
  private func lagNote(after watermark: Int64) throws -> String? {
    guard let newest = try connection.integer("SELECT max(sequence) FROM change"),
      newest > watermark
    else { return nil }
    let missing =
      try connection.integer(
        "SELECT sum(last - first + 1) FROM change WHERE sequence > ? AND kind = ?", watermark,
        Int64(ChangeKind.messages.rawValue)) ?? 0
    let all = try statistics().messages
    let what = "\(max(0, Int64(all) - missing)) of \(all) messages can be searched so far"
    let isKept = (try? WriterLock(path: folder.indexLockPath).acquireIfFree()) == false
    return isKept
      ? "another process is importing: \(what), the others as soon as it has indexed them"
      : "\(what); “polylogue reindex” takes in the others"
  }

  /// The number of the change feed up to which the index has read; 0 when there is no usable index.
  func indexWatermark() -> Int64 {
    guard let open = try? openIndex() else { return 0 }
    return (try? TextIndexReader.watermark(in: open.connection)) ?? 0
  }

  // MARK: Filters

  /// What a person may not expect of the filters in a query.
  func filterNotes(_ query: SearchQuery) throws -> [String] {
    var notes = query.misread.prefix(5).map { piece in
      "“\(piece)” is no filter and was searched as words: \(Archive.advice(on: piece))"
    }
    let there = query.filters.providers.isEmpty ? [] : try providers()
    for provider in query.filters.providers where !there.contains(provider) {
      let names = there.isEmpty ? "" : ", only \(there.map(\.rawValue).joined(separator: ", "))"
      notes.append("the archive has no conversation of “\(provider.rawValue)”\(names)")
    }
    return notes
  }

  static func advice(on piece: String) -> String {
    if piece.utf8.first == UInt8(ascii: "-") { return "filters cannot be excluded" }
    switch piece.prefix(while: { $0 != ":" }).lowercased() {
    case "role": return "role: takes user, assistant, system or tool"
    case "has": return "has: takes attachment, code, thinking, tool or branch"
    case "since", "until": return "times are \(DateExpression.examples)"
    case "in": return "in: takes conversations or all"
    case let key: return "\(key): takes another value"
    }
  }

  /// The providers whose conversations the archive has, sorted.
  public func providers() throws -> [Provider] {
    try statistics().providers.map { Provider(rawValue: $0.key) }.sorted()
  }

  func conversationRows(_ filters: SearchFilters) throws -> RowSet? {
    var set: RowSet?
    func restrict(_ change: (inout Filter) -> Void) throws {
      var filter = Filter()
      change(&filter)
      guard let rows = try reader.conversationRows(filter: filter) else { return }
      let found = RowSet(rows)
      set = set?.intersection(found) ?? found
    }
    for tag in filters.tags { try restrict { $0.tags = [tag] } }
    for project in filters.projects { try restrict { $0.projects = [project] } }
    if !filters.titles.isEmpty { try restrict { $0.titles = filters.titles } }
    if filters.isStarred { try restrict { $0.isStarred = true } }
    return set
  }

  func messageRows(_ filters: SearchFilters) throws -> RowSet? {
    var set: RowSet?
    for tool in filters.tools {
      let found = RowSet(try reader.messageRows(tools: [tool]))
      set = set?.intersection(found) ?? found
    }
    return set
  }
}

extension SearchFilters {
  /// The search's conditions for the archive's filter.
  init(_ filter: Filter) {
    self.init()
    providers = filter.providers
    roles = filter.roles
    models = filter.models
    since = filter.since.map { $0.seconds }
    until = filter.until.map { $0.seconds }
    tags = filter.tags
    titles = filter.titles
    projects = filter.projects
    tools = filter.tools
    features = Filter.Feature.allCases.filter(filter.has.contains).compactMap {
      Feature(rawValue: $0.rawValue)
    }
    isStarred = filter.isStarred
  }
}

/// The text index as a reader has it open: its pages stay in memory from one query to the next.
struct OpenIndex {
  let connection: Connection
  let reader: TextIndexReader
  let device: dev_t
  let inode: ino_t
}
