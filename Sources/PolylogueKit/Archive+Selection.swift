import PolylogueSQL
import PolylogueSearch

/// What the chains of ``NarrowsConversations`` end in.
extension Archive {
  /// The most conversations that are found to be like a text.
  static let similarLimit = 200
  /// The words of a text by which its likes are found.
  static let tellingWordLimit = 16
  /// Asks the text index, once for all pages of a selection.
  func resolve(_ selection: ConversationSelection) throws -> ResolvedSelection {
    try translating {
      var filter = selection.filter
      var rows: RowSet?
      for text in selection.texts {
        let found = try conversations(matching: text, filter: &filter)
        rows = rows?.intersection(found) ?? found
      }
      guard let example = selection.example else {
        return ResolvedSelection(
          filter: filter, candidates: rows.map { .among($0) } ?? .all)
      }
      let allowed =
        filter.isEmpty && rows == nil
        ? nil : RowSet(try reader.rows(filter: filter, among: rows))
      return ResolvedSelection(
        filter: filter, candidates: .ranked(try similar(to: example, among: allowed)))
    }
  }

  /// One page of a selection.
  ///
  /// - Parameter cursor: ``ConversationPage/next`` of the page before.
  func page(
    of selection: ResolvedSelection, limit: Int?, after cursor: String?
  ) throws -> ConversationPage {
    try translating {
      switch selection.candidates {
      case .all:
        return try list(filter: selection.filter, limit: limit, after: cursor)
      case .among(let rows):
        let page = try reader.list(
          filter: selection.filter, limit: limit, after: cursor, among: rows)
        return ConversationPage(items: page.items, next: page.next)
      case .ranked(let rows):
        let start = min(max(0, cursor.flatMap { Int($0) } ?? 0), rows.count)
        let end = min(rows.count, start.addingReportingOverflow(limit ?? rows.count).partialValue)
        let items = try rows[start..<max(start, end)].compactMap { try reader.summary(row: $0) }
        return ConversationPage(items: items, next: end < rows.count ? String(end) : nil)
      }
    }
  }

  /// A whole selection.
  func list(_ selection: ConversationSelection) throws -> [ConversationSummary] {
    try page(of: resolve(selection), limit: selection.limit, after: nil).items
  }

  /// How many conversations a selection has.
  func count(_ selection: ConversationSelection) throws -> Int {
    let resolved = try resolve(selection)
    let count: Int
    switch resolved.candidates {
    case .all: count = try self.count(filter: resolved.filter)
    case .among(let rows):
      count = try translating { try reader.rows(filter: resolved.filter, among: rows).count }
    case .ranked(let rows): count = rows.count
    }
    return min(count, selection.limit ?? .max)
  }

  /// What a person should know about the answer to a selection; see
  /// ``AsyncConversationQuery/notes()``.
  func notes(on selection: ConversationSelection) throws -> [String] {
    try translating {
      var notes: [String] = []
      for text in selection.texts {
        notes += try filterNotes(QueryParser.parse(text, now: Timestamp.now))
      }
      if !selection.texts.isEmpty || selection.example != nil {
        _ = try currentIndex(notes: &notes)
      }
      return notes
    }
  }

  /// Deletes the conversations of a selection; see ``delete(_:isCancelled:)``.
  ///
  /// - Throws: ``ArchiveError`` with code `invalidArgument` for a selection that says nothing, or
  ///   that ranks and has no limit; with code `locked` for one that asks the text index while another
  ///   process brings that up to date.
  func delete(
    _ selection: ConversationSelection, isCancelled: () -> Bool = { false }
  ) throws -> DeletionReport {
    guard !selection.isEverything else {
      throw ArchiveError(
        .invalidArgument,
        "delete() would delete every conversation: narrow the query down, or name the limit")
    }
    guard selection.example == nil || selection.limit != nil else {
      throw ArchiveError(
        .invalidArgument,
        "likeness is a matter of degree: delete() after similar(_:) needs a limit")
    }
    if !selection.texts.isEmpty || selection.example != nil {
      try requireWholeIndex(isCancelled: isCancelled)
    }
    return try delete(list(selection).map(\.id), isCancelled: isCancelled)
  }

  /// Makes sure that the text index knows all that the archive holds: what is deleted for good is not
  /// chosen by half of it.
  private func requireWholeIndex(isCancelled: () -> Bool) throws {
    try translating {
      let newest = try newestChange()
      guard indexWatermark() < newest else { return }
      try onIndex { try IndexKeeper(folder: folder).finishIfOwned(isCancelled: isCancelled) }
      guard indexWatermark() < newest else { return }
      throw ArchiveError(
        .locked,
        "nothing was deleted: another process has not taken all messages into the text index yet,"
          + " so that the query cannot be answered in full; try again once it has ended")
    }
  }

  // MARK: Text

  /// The conversations with a message or title that a query matches. Filters written into the query
  /// hold for the message, as in a search; of the other conditions, a role does too.
  private func conversations(matching text: String, filter: inout Filter) throws -> RowSet {
    var query = QueryParser.parse(text, now: Timestamp.now)
    if query.required.isEmpty {
      query.required = query.excluded.map { SearchQuery.Clause(alternatives: [$0]) }
      query.excluded = []
    }
    guard !query.required.isEmpty else {
      guard !query.filters.isEmpty else { return RowSet([]) }
      return RowSet(try reader.rows(filter: Filter(query.filters)))
    }
    var notes: [String] = []
    guard let index = try currentIndex(notes: &notes) else { return RowSet([]) }
    var filters = query.filters
    if filters.roles.isEmpty { filters.roles = filter.roles }
    let request = SearchRequest(
      query: query, filters: filters, conversations: try conversationRows(filters),
      messages: try messageRows(filters), now: Timestamp.now)
    return try onIndex { try index.conversations(matching: request) }
  }

  /// The conversations most like a text, the most alike first.
  private func similar(to text: String, among rows: RowSet?) throws -> [Int64] {
    var notes: [String] = []
    guard let index = try currentIndex(notes: &notes) else { return [] }
    let words = try onIndex {
      try index.tellingWords(of: text, limit: Archive.tellingWordLimit)
    }
    let meaning =
      try canSearchByMeaning() && !text.isEmpty ? try meaning(of: text, notes: &notes) : nil
    guard !words.isEmpty || meaning != nil else { return [] }
    var request = SearchRequest(
      query: SearchQuery(anyOf: words), conversations: rows, limit: Archive.similarLimit,
      now: Timestamp.now)
    request.isOnePerConversation = true
    let weights = rankingWeights(notes: &notes)
    return try onIndex {
      try index.answer(request, meaning: meaning, weights: weights).hits.map(\.conversation)
    }
  }

  func onIndex<R>(_ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch let error as SQLError {
      throw IndexKeeper.translate(error, folder: folder)
    }
  }
}

extension Filter {
  /// The archive's conditions for those of a query without words.
  init(_ filters: SearchFilters) {
    self.init()
    providers = filters.providers
    roles = filters.roles
    models = filters.models
    since = filters.since.map { Timestamp(microseconds: Filter.microseconds($0)) }
    until = filters.until.map { Timestamp(microseconds: Filter.microseconds($0)) }
    has = Set(filters.features.compactMap { Feature(rawValue: $0.rawValue) })
    tags = filters.tags
    titles = filters.titles
    projects = filters.projects
    tools = filters.tools
    isStarred = filters.isStarred
  }

  private static func microseconds(_ seconds: Int64) -> Int64 {
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    return overflow ? (seconds < 0 ? .min : .max) : product
  }
}
