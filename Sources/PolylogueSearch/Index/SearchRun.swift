import PolylogueModel

/// One search over all segments, from the newest to the oldest.
///
/// A hit counts for the total when it is looked at. What is sure to be no hit on the pages asked for
/// is not looked at where the total is known without it, or once ``TextIndexReader/defaultCountedPostings``
/// were read.
final class SearchRun {
  private let request: SearchRequest
  let filter: DocumentFilter
  let pages: SegmentPages
  let documents: DocumentStore
  let documentCount: Int
  private let countedPostings: Int
  let plan: QueryPlan
  private let order: SearchRequest.Sort
  /// Whether every document with the words is a hit, and the best are wanted.
  private let isPlain: Bool
  private var top: TopCandidates
  private var total = 0
  private var postings = 0
  private var isTotalExact = true
  private var isLimited = false

  init(
    request: SearchRequest, filter: DocumentFilter, pages: SegmentPages, documents: DocumentStore,
    documentCount: Int, countedPostings: Int
  ) {
    self.request = request
    self.filter = filter
    self.pages = pages
    self.documents = documents
    self.documentCount = documentCount
    self.countedPostings = countedPostings
    plan = QueryPlan(request.query)
    // Without words there is no relevance.
    order = plan.required.isEmpty && request.sort == .relevance ? .newest : request.sort
    isPlain = order == .relevance && filter.isEmpty && !documents.hasDeleted
    let end = max(0, request.offset).addingReportingOverflow(max(0, request.limit))
    let wanted = min(end.overflow ? .max : end.partialValue, RankingWeights.deepest)
    top = TopCandidates(
      capacity: request.isOnePerConversation
        ? RankingWeights.deepest
        : order == .relevance ? max(wanted, RankingWeights.candidates) : max(1, wanted))
  }

  func run(_ all: [SegmentRecord]) throws -> SearchResults {
    let isEmptyQuery = plan.required.isEmpty && plan.excluded.isEmpty
    // A query of nothing but punctuation finds nothing, one of nothing but filters all they allow.
    if isEmptyQuery, filter.isEmpty, !request.query.filters.needsArchive { return results([]) }
    let segments = all.filter { filter.mayMatch($0.times) }.sorted(by: isBefore)
    let terms = try segments.map { try SegmentTerms(plan.elements, segment: $0, pages: pages) }
    let scoring = SegmentSearcher.Scoring(
      rarity: plan.elements.indices.map { element in
        RankingWeights.inverseFrequency(
          found: terms.reduce(0) { $0 + $1.documents(element) }, of: documentCount)
      },
      fullThinking: request.filters.features.contains(.thinking))
    for part in terms {
      if postings > RankingWeights.postingBudget {
        isLimited = true
        isTotalExact = false
        break
      }
      try search(part, scoring)
    }
    return results(try ranked())
  }

  private func isBefore(_ one: SegmentRecord, _ other: SegmentRecord) -> Bool {
    if order == .oldest, one.firstTime != other.firstTime { return one.firstTime < other.firstTime }
    if one.lastTime != other.lastTime { return one.lastTime > other.lastTime }
    return one.firstDocument > other.firstDocument
  }

  // MARK: One segment

  private var isCounting: Bool { postings < countedPostings }

  private func search(_ terms: SegmentTerms, _ scoring: SegmentSearcher.Scoring) throws {
    if !isCounting, isBeyond(terms.segment) {
      isTotalExact = false
      return
    }
    let ranges = try documents.ranges(of: terms.segment, filter)
    for side in SegmentSearcher.Side.allCases {
      guard
        var searcher = try SegmentSearcher(plan, terms, side: side, pages: pages, scoring: scoring)
      else { continue }
      let known = isPlain ? searcher.knownTotal : nil
      total += known ?? 0
      let before = postings
      try searcher.run(in: ranges) {
        isPlain && (known != nil || !isCounting) ? floor : -.infinity
      } emit: { found, work in
        try pages.checkInterruption()
        postings = before + work.postings
        if known == nil, isPlain { total += found.documents.count }
        try offer(found, terms.segment.firstDocument)
      }
      if known == nil, searcher.work.dropped > 0 { isTotalExact = false }
    }
  }

  /// Whether nothing of a segment can get on the page, by its time.
  private func isBeyond(_ segment: SegmentRecord) -> Bool {
    switch order {
    case .relevance: false
    case .newest: Double(segment.lastTime) <= top.threshold
    case .oldest: -Double(segment.firstTime) <= top.threshold
    }
  }

  /// The score that a document must exceed, a little lower than it is because sums are rounded.
  private var floor: Float {
    let threshold = Float(top.threshold)
    return threshold - abs(threshold) * 1e-5
  }

  private func offer(_ found: DocumentSet, _ first: UInt32) throws {
    if isPlain {
      for index in found.documents.indices.reversed() {
        top.offer(first &+ found.documents[index], Double(found.scores[index]))
      }
      return
    }
    if filter.isEmpty, order == .relevance {
      for index in found.documents.indices.reversed() {
        let document = first &+ found.documents[index]
        if documents.isDeleted(document) { continue }
        total += 1
        top.offer(document, Double(found.scores[index]))
      }
      return
    }
    try forEachHit(found, first) { chunk, place, index in
      total += 1
      let key =
        order == .relevance ? Double(found.scores[index]) : SearchRun.time(chunk, place, order)
      top.offer(first &+ found.documents[index], key)
    }
  }

  /// Calls `body` for each document, from the last, that is not deleted and that the filter lets
  /// through: with its chunk, its place there, and its index in the set.
  func forEachHit(
    _ found: DocumentSet, _ first: UInt32, _ body: (DocumentChunk, Int, Int) throws -> Void
  ) throws {
    try pages.checkInterruption()
    var current: (number: UInt32, chunk: DocumentChunk)?
    for index in found.documents.indices.reversed() {
      let document = first &+ found.documents[index]
      if documents.isDeleted(document) { continue }
      let chunk: DocumentChunk
      if let current, current.number == document >> 10 {
        chunk = current.chunk
      } else {
        chunk = try documents.chunk(document >> 10)
        current = (document >> 10, chunk)
      }
      let place = Int(document & 1023)
      guard place < chunk.count else { throw SegmentPages.damage }
      if filter.matches(chunk, place) { try body(chunk, place, index) }
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

  // MARK: The page

  private func ranked() throws -> [SearchHit] {
    let candidates = top.sorted()
    guard order == .relevance else {
      return try page(of: candidates).map { try documents.hit($0.document) }
    }
    let entries = try candidates.map { candidate in
      var entry = try documents.entry(candidate.document)
      entry.base = candidate.key * RankingWeights.weight(ofKind: entry.kind)
      return entry
    }
    let ranked = SecondStage.rank(entries, now: Timestamp.seconds(request.now))
    var seen: Set<Int64> = []
    let wanted = ranked.filter {
      !request.isOnePerConversation || seen.insert(entries[$0.entry].conversation).inserted
    }
    if request.isOnePerConversation {
      isTotalExact = isTotalExact && total <= RankingWeights.deepest
      total = wanted.count
    }
    return try page(of: wanted).map { ranked in
      var hit = try documents.hit(entries[ranked.entry].document)
      hit.parts = ranked.parts
      return hit
    }
  }

  func page<Element>(of all: [Element]) -> ArraySlice<Element> {
    all.dropFirst(max(0, request.offset)).prefix(max(0, request.limit))
  }

  private func results(_ hits: [SearchHit]) -> SearchResults {
    SearchResults(
      hits: hits, total: total, isTotalExact: isTotalExact, isLimited: isLimited,
      isCut: request.query.isCut)
  }
}
