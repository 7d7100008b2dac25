public import PolylogueSQL

/// Searches the text index.
///
/// A reader has its own connection, sees one commit at a time and never waits for the writer. It
/// reads the pages it needs and keeps up to 48 MB of them; opening it reads the list of segments
/// alone. It is used by one thread at a time.
public final class TextIndexReader: TextSearching {
  private let connection: Connection
  private let pages: SegmentPages
  private let documents: DocumentStore
  private var segments: [SegmentRecord] = []
  private var generation: [Int64] = []
  private var documentCount = 0

  /// Opens the index for reading; one that is not there yet is empty.
  public init(connection: Connection) throws {
    self.connection = connection
    pages = SegmentPages(connection: connection)
    documents = DocumentStore(connection: connection)
  }

  /// The last sequence number of the change feed that an index holds; 0 when it holds nothing.
  public static func watermark(in connection: Connection) throws -> Int64 {
    let exists = try connection.integer(
      "SELECT 1 FROM sqlite_schema WHERE type='table' AND name='text_meta'")
    return exists == nil ? 0 : try TextIndexSchema.counter("watermark", in: connection)
  }

  /// Finds the messages of a request.
  ///
  /// - Throws: `SQLError` or ``TextIndexError`` when the index cannot be read; never because of
  ///   what the query says.
  public func search(_ request: SearchRequest) throws -> SearchResults {
    if connection.isInTransaction { return try found(request) }
    return try connection.snapshot { try found(request) }
  }

  private func found(_ request: SearchRequest) throws -> SearchResults {
    try run(request) { search, segments in try search.run(segments) }
      ?? SearchResults(
        hits: [], total: 0, isTotalExact: true, isLimited: false, isCut: request.query.isCut)
  }

  /// Runs `body` on one commit of the index; nil when there is no index.
  func reading<R>(
    _ request: SearchRequest, _ body: (inout SearchRun, [SegmentRecord]) throws -> R
  ) throws -> R? {
    if connection.isInTransaction { return try run(request, body) }
    return try connection.snapshot { try run(request, body) }
  }

  private func run<R>(
    _ request: SearchRequest, _ body: (inout SearchRun, [SegmentRecord]) throws -> R
  ) throws -> R? {
    guard try refresh() else { return nil }
    let filter = DocumentFilter(
      request, providers: try NameTable(kind: .provider, connection: connection).names,
      models: try NameTable(kind: .model, connection: connection).names)
    var search = SearchRun(
      request: request, filter: filter, pages: pages, documents: documents,
      documentCount: documentCount)
    return try body(&search, segments)
  }

  /// Reads the list of segments when a commit has changed it; false when there is no index.
  private func refresh() throws -> Bool {
    if generation.isEmpty {
      let exists = try connection.integer(
        "SELECT 1 FROM sqlite_schema WHERE type='table' AND name='text_names'")
      if exists == nil { return false }
    }
    let now = try ["commits", "last_segment", "next_document", "deleted"].map {
      try TextIndexSchema.counter($0, in: connection)
    }
    guard now != generation else { return true }
    segments = try SegmentRecord.all(in: connection)
    try documents.reload()
    documentCount = max(0, Int(now[2] - now[3]))
    generation = now
    return true
  }
}
