public import PolylogueSQL

/// Searches the text index.
///
/// A reader has its own connection, sees one commit at a time and never waits for the writer. It
/// reads the pages it needs through a cache that several readers can share; opening it reads the
/// list of segments alone. It is used by one thread at a time.
public final class TextIndexReader: TextSearching {
  private let connection: Connection
  /// Postings that are counted unless asked for otherwise: some 10 ms of work.
  public static let defaultCountedPostings = 1 << 22

  private let countedPostings: Int
  private let pages: SegmentPages
  private let documents: DocumentStore
  private var segments: [SegmentRecord] = []
  private var generation: [Int64] = []
  private var documentCount = 0
  private var names: (providers: [String], models: [String]) = ([], [])

  /// Opens the index for reading; one that is not there yet is empty.
  ///
  /// - Parameters:
  ///   - cache: Keeps the pages; shared by readers that have it in common.
  ///   - countedPostings: Postings that a query reads before it leaves uncounted what cannot be
  ///     among its hits. Hits are the same whatever it is.
  public init(
    connection: Connection, cache: TextIndexCache = TextIndexCache(),
    countedPostings: Int = TextIndexReader.defaultCountedPostings
  ) throws {
    self.connection = connection
    self.countedPostings = countedPostings
    pages = SegmentPages(connection: connection, cache: cache)
    documents = DocumentStore(connection: connection, pages: pages)
  }

  /// The last sequence number of the change feed that an index holds; 0 when it holds nothing, or
  /// when another version of the library has made it.
  public static func watermark(in connection: Connection) throws -> Int64 {
    guard try TextIndexSchema.isThere(in: connection) else { return 0 }
    let counters = try TextIndexSchema.counters(["watermark", "version"], in: connection)
    return counters[1] == TextIndexSchema.version ? counters[0] : 0
  }

  /// Finds the messages of a request.
  ///
  /// - Throws: `SQLError` or ``TextIndexError`` when the index cannot be read; never because of
  ///   what the query says.
  public func search(_ request: SearchRequest) throws -> SearchResults {
    if connection.isInTransaction { return try found(request) }
    return try connection.snapshot { try found(request) }
  }

  /// Finds the messages that answer a question: each of the request's words that is found counts, none
  /// is required, and the messages around count too.
  ///
  /// - Parameters:
  ///   - request: The question; see ``SearchRequest/usesWords``.
  ///   - meaning: Says how alike messages are to the question in meaning; nil for words alone.
  ///   - weights: What the parts of a score count.
  /// - Throws: As ``search(_:)``, and what `meaning` throws.
  /// - Complexity: O(postings of the rarer words), at most some ten thousand of them.
  public func answer(
    _ request: SearchRequest, meaning: (any MeaningSource)?,
    weights: AnswerFeatures = .standardWeights
  ) throws -> SearchResults {
    try reading(request) { search, segments in
      try QuestionRun(run: search, request: request, meaning: meaning)
        .results(segments, weights)
    }
      ?? SearchResults(
        hits: [], total: 0, isTotalExact: true, isLimited: false, isCut: request.query.isCut)
  }

  /// What ``answer(_:meaning:weights:)`` ranks, with the parts of each score before their weights.
  public func answerCandidates(
    _ request: SearchRequest, meaning: (any MeaningSource)?
  ) throws -> [AnswerCandidate] {
    try reading(request) { search, segments in
      let found = try QuestionRun(run: search, request: request, meaning: meaning)
        .candidates(segments)
      return zip(found.entries, found.features).map { entry, features in
        AnswerCandidate(
          conversation: entry.conversation, message: entry.isTitle ? nil : entry.message,
          features: features)
      }
    } ?? []
  }

  private func found(_ request: SearchRequest) throws -> SearchResults {
    try run(request) { search, segments in try search.run(segments) }
      ?? SearchResults(
        hits: [], total: 0, isTotalExact: true, isLimited: false, isCut: request.query.isCut)
  }

  /// Runs `body` on one commit of the index; nil when there is no index.
  func reading<R>(
    _ request: SearchRequest, _ body: (SearchRun, [SegmentRecord]) throws -> R
  ) throws -> R? {
    if connection.isInTransaction { return try run(request, body) }
    return try connection.snapshot { try run(request, body) }
  }

  private func run<R>(
    _ request: SearchRequest, _ body: (SearchRun, [SegmentRecord]) throws -> R
  ) throws -> R? {
    guard try refresh() else { return nil }
    let filter = DocumentFilter(request, providers: names.providers, models: names.models)
    let search = SearchRun(
      request: request, filter: filter, pages: pages, documents: documents,
      documentCount: documentCount, countedPostings: countedPostings)
    return try body(search, segments)
  }

  /// Reads the list of segments when a commit has changed it; false when there is no index.
  private func refresh() throws -> Bool {
    if generation.isEmpty, try !TextIndexSchema.isThere(in: connection) { return false }
    let now = try TextIndexSchema.counters(
      ["commits", "last_segment", "next_document", "deleted", "identity", "version"],
      in: connection)
    guard now != generation else { return true }
    generation = []
    guard now[5] == TextIndexSchema.version else { return false }
    pages.file = now[4]
    segments = try SegmentRecord.all(in: connection)
    try documents.reload()
    names.providers = try NameTable(kind: .provider, connection: connection).names
    names.models = try NameTable(kind: .model, connection: connection).names
    documentCount = max(0, Int(now[2] - now[3]))
    generation = now
    return true
  }
}
