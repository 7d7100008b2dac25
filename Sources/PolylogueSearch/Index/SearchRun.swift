import PolylogueModel

/// One search over all segments, from the newest to the oldest.
struct SearchRun {
  private let request: SearchRequest
  let filter: DocumentFilter
  let pages: SegmentPages
  let documents: DocumentStore
  let documentCount: Int
  let plan: QueryPlan
  private var top: TopCandidates
  private var total = 0
  private var isLimited = false
  private let wanted: Int
  private let order: SearchRequest.Sort

  init(
    request: SearchRequest, filter: DocumentFilter, pages: SegmentPages, documents: DocumentStore,
    documentCount: Int
  ) {
    self.request = request
    self.filter = filter
    self.pages = pages
    self.documents = documents
    self.documentCount = documentCount
    plan = QueryPlan(request.query)
    // Without words there is no relevance.
    order = plan.required.isEmpty && request.sort == .relevance ? .newest : request.sort
    let end = max(0, request.offset).addingReportingOverflow(max(0, request.limit))
    wanted = min(end.overflow ? .max : end.partialValue, RankingWeights.deepest)
    top = TopCandidates(
      capacity: order == .relevance ? max(wanted, RankingWeights.candidates) : max(1, wanted))
  }

  mutating func run(_ all: [SegmentRecord]) throws -> SearchResults {
    let isEmptyQuery = plan.required.isEmpty && plan.excluded.isEmpty
    // A query of nothing but punctuation finds nothing, one of nothing but filters all they allow.
    if isEmptyQuery, filter.isEmpty, !request.query.filters.needsArchive { return results([]) }
    let segments = all.filter(filter.canMatch).sorted {
      $0.lastTime != $1.lastTime ? $0.lastTime > $1.lastTime : $0.firstDocument > $1.firstDocument
    }
    let elements = Set(plan.atoms.flatMap(\.elements))
    let terms = try segments.map { try SegmentTerms(elements, segment: $0, pages: pages) }
    var rarity: [QueryPlan.Element: Float] = [:]
    for element in elements {
      rarity[element] = RankingWeights.inverseFrequency(
        found: terms.reduce(0) { $0 + $1.documents(element) }, of: documentCount)
    }
    var postings = 0
    for part in terms {
      if postings > RankingWeights.postingBudget {
        isLimited = true
        break
      }
      let searcher = SegmentSearcher(
        terms: part, pages: pages, rarity: rarity,
        fullThinking: request.filters.features.contains(.thinking))
      try collect(try searcher.run(plan), part.segment)
      postings += searcher.postingsRead
    }
    return results(try ranked())
  }

  private mutating func collect(_ found: DocumentSet, _ segment: SegmentRecord) throws {
    let first = segment.firstDocument
    if order == .relevance, filter.isEmpty, !documents.hasDeleted {
      total += found.documents.count
      for (document, score) in zip(found.documents, found.scores) {
        top.offer(first &+ document, Double(score))
      }
      return
    }
    var number = UInt32.max
    var chunk: DocumentChunk?
    for (local, score) in zip(found.documents, found.scores) {
      let document = first &+ local
      if documents.isDeleted(document) { continue }
      if document >> 10 != number {
        number = document >> 10
        chunk = try documents.chunk(number)
      }
      let index = Int(document & 1023)
      guard let chunk, index < chunk.count else { throw SegmentPages.damage }
      guard filter.matches(chunk, index) else { continue }
      total += 1
      top.offer(document, order == .relevance ? Double(score) : SearchRun.time(chunk, index, order))
    }
  }

  private static func time(
    _ chunk: DocumentChunk, _ index: Int, _ order: SearchRequest.Sort
  ) -> Double {
    let flags = DocumentFlags(rawValue: UInt8(truncatingIfNeeded: chunk.value(.flags, index)))
    guard flags.contains(.hasTime) else { return -Double.greatestFiniteMagnitude }
    let time = Double(chunk.value(.time, index))
    return order == .oldest ? -time : time
  }

  private mutating func ranked() throws -> [SearchHit] {
    let entries = try top.sorted().map { candidate in
      let (hit, kind) = try documents.hit(candidate.document)
      let base = order == .relevance ? candidate.key * RankingWeights.weight(ofKind: kind) : 0
      return SecondStage.Entry(hit: hit, base: base)
    }
    guard order == .relevance else { return entries.map(\.hit) }
    return SecondStage.rank(entries, now: Timestamp.seconds(request.now))
  }

  private func results(_ hits: [SearchHit]) -> SearchResults {
    let page = hits.dropFirst(max(0, request.offset)).prefix(max(0, request.limit))
    return SearchResults(
      hits: Array(page), total: total, isTotalExact: !isLimited, isLimited: isLimited,
      isCut: request.query.isCut)
  }
}
