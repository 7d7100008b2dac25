internal import CPolylogueText
import PolylogueModel

/// The messages and titles that have some words of a question, and how much each word counts in each.
struct WordTable {
  /// The documents with their places, in the order in which they were found.
  var entries: [SecondStage.Entry] = []
  /// What each word counts in each of ``entries``, 0 to about 1, without its rarity; 0 where it is
  /// not there.
  var impacts: [[Float]]
  /// Whether a word names who wrote an entry.
  var isByNamed: [Bool] = []
  /// How rare each word is, from 0 to 1: a word that one message alone has.
  var rarity: [Float]
  /// Whether only a part of the index was looked at.
  var isLimited = false

  init(rarity: [Float]) {
    self.rarity = rarity
    impacts = Array(repeating: [], count: rarity.count)
  }
}

extension WordTable {
  /// Lets words count nothing, unless no other one is found.
  mutating func leaveOut(_ isLeftOut: (Int) -> Bool) {
    let found = rarity.indices.filter { word in impacts[word].contains { $0 > 0 } }
    guard found.contains(where: { !isLeftOut($0) }) else { return }
    for word in rarity.indices where isLeftOut(word) { rarity[word] = 0 }
  }

  /// Keeps the entries that have most of the words, the rarer the better.
  mutating func keepBest(_ limit: Int, ofEachConversation most: Int?) {
    guard entries.count > limit else { return }
    // Of what is left out somebody may want a page.
    isLimited = true
    var top = TopCandidates(capacity: most == nil ? limit : entries.count)
    for place in entries.indices {
      let score = impacts.indices.reduce(Float(0)) { $0 + rarity[$1] * impacts[$1][place] }
      top.offer(
        UInt32(place), Double(score) * RankingWeights.weight(ofKind: entries[place].kind))
    }
    var taken: [Int64: Int] = [:]
    var kept: [Int] = []
    for candidate in top.sorted() where kept.count < limit {
      let place = Int(candidate.document)
      taken[entries[place].conversation, default: 0] += 1
      if taken[entries[place].conversation, default: 0] <= most ?? .max { kept.append(place) }
    }
    kept.sort()
    entries = kept.map { entries[$0] }
    isByNamed = kept.map { isByNamed[$0] }
    for word in impacts.indices { impacts[word] = kept.map { impacts[word][$0] } }
  }
}

/// Fills a ``WordTable``.
///
/// Rare words lead: the documents that have one of them are looked at, and for the common words only
/// these are asked. So the work is bounded however common a word is.
final class WordTableBuilder {
  /// The postings of words that lead; the rarest leads whatever it has.
  static let leadingPostings = 1 << 16
  /// The documents that are looked at.
  static let documentLimit = 1 << 17

  let run: SearchRun
  let words: [QueryPlan.Element]
  /// From the newest to the oldest.
  let segments: [SegmentRecord]
  private let conditions: QueryPlan?
  /// By document, whether it meets the conditions; nil where there are none.
  private(set) lazy var meeting = Result { try documentsMeetingConditions() }

  init(
    run: SearchRun, words: [QueryPlan.Element], conditions: QueryPlan?, segments: [SegmentRecord]
  ) {
    self.run = run
    self.words = words
    self.conditions = conditions
    self.segments = segments.filter { run.filter.mayMatch($0.times) }
      .sorted { $0.lastTime > $1.lastTime }
  }

  /// Reads the words' postings, of the newest segments first.
  func build() throws -> WordTable {
    let terms = try segments.map { try SegmentTerms(words, segment: $0, pages: run.pages) }
    let counts = words.indices.map { word in terms.reduce(0) { $0 + $1.documents(word) } }
    let rarest = logarithm(onePlus: Float(max(1, run.documentCount)))
    var table = WordTable(
      rarity: counts.map {
        RankingWeights.inverseFrequency(found: min($0, run.documentCount), of: run.documentCount)
          / rarest
      })
    let leading = WordTableBuilder.leading(counts)
    guard !leading.isEmpty else { return table }
    for part in terms {
      if table.entries.count > WordTableBuilder.documentLimit {
        table.isLimited = true
        break
      }
      try add(part, leading: leading, to: &table)
    }
    return table
  }

  /// The words whose documents are looked at: the rarest, as many as are affordable.
  private static func leading(_ counts: [Int]) -> [Int] {
    var leading: [Int] = []
    var postings = 0
    for word in counts.indices.sorted(by: { counts[$0] < counts[$1] }) where counts[word] > 0 {
      postings += counts[word]
      if !leading.isEmpty, postings > leadingPostings { break }
      leading.append(word)
    }
    return leading
  }

  private func add(_ terms: SegmentTerms, leading: [Int], to table: inout WordTable) throws {
    let matchers = try leading.compactMap { word in
      let found = terms.entries[word]
      return found.isEmpty ? nil : WordMatcher(try found.map { try list($0, terms) })
    }
    var work = SearchWork()
    var found: [UInt32] = []
    for range in try run.documents.ranges(of: terms.segment, run.filter) {
      found += try matchers.reduce(DocumentSet()) {
        $0.union(try $1.matches(in: range, work: &work))
      }.documents
    }
    let first = terms.segment.firstDocument
    if let meeting = try meeting.get() { found = found.filter { meeting[Int(first + $0)] } }
    let all = DocumentSet(
      documents: found, scores: Array(repeating: 0, count: found.count))
    var kept: [UInt32] = []
    var entries: [SecondStage.Entry] = []
    try run.forEachHit(all, first) { chunk, place, index in
      kept.append(found[index])
      entries.append(SecondStage.Entry(chunk, place, document: first + found[index]))
    }
    // The hits come from the last on.
    table.entries += entries.reversed()
    try addColumns(of: kept.reversed(), terms, to: &table)
  }

  /// Adds what the words count in documents of a segment, whose entries were added in this order.
  func addColumns(
    of documents: [UInt32], _ terms: SegmentTerms, to table: inout WordTable
  ) throws {
    for word in words.indices {
      table.impacts[word] += try impacts(of: terms.entries[word], in: documents, terms)
    }
    var isByNamed = [Float](repeating: 0, count: documents.count)
    let authors = try SegmentTerms(
      words, segment: terms.segment, pages: run.pages, in: [.author])
    for found in authors.entries.joined() {
      var places: [PostingsList.Found] = []
      _ = try list(found, terms).add(to: &isByNamed, candidates: documents, found: &places)
    }
    table.isByNamed += isByNamed.map { $0 > 0 }
  }

  /// What a word counts in documents: its forms in one field as if they were one word, the fields added
  /// up.
  private func impacts(
    of found: [SegmentTerms.Found], in documents: [UInt32], _ terms: SegmentTerms
  ) throws -> [Float] {
    var sums = [Float](repeating: 0, count: documents.count)
    for field in TextField.searched {
      let forms = found.filter { $0.field == field }
      guard !forms.isEmpty else { continue }
      var odds = [Float](repeating: 0, count: documents.count)
      for form in forms {
        // An impact is f / (f + K) of a frequency f: its odds, f / K, add up over forms.
        var shares = [Float](repeating: 0, count: documents.count)
        var places: [PostingsList.Found] = []
        _ = try list(form, terms).add(to: &shares, candidates: documents, found: &places)
        for place in odds.indices where shares[place] > 0 {
          let share = min(shares[place], 0.984)
          odds[place] += share / (1 - share)
        }
      }
      for place in sums.indices { sums[place] += field.weight * odds[place] / (1 + odds[place]) }
    }
    return sums
  }

  private func list(_ found: SegmentTerms.Found, _ terms: SegmentTerms) throws -> PostingsList {
    try PostingsList(
      pages: run.pages, segment: terms.segment.id, entry: found.entry,
      weight: 1 / Float(PLT_IMPACT_MAX))
  }

  // MARK: Conditions

  /// The documents that have nothing that is excluded.
  private func documentsMeetingConditions() throws -> [Bool]? {
    guard let conditions else { return nil }
    let end = segments.map { Int($0.firstDocument) + Int($0.documents) }.max() ?? 0
    var meeting = [Bool](repeating: false, count: end)
    let scoring = SegmentSearcher.Scoring(
      rarity: Array(repeating: 1, count: conditions.elements.count), fullThinking: false)
    for segment in segments {
      let terms = try SegmentTerms(conditions.elements, segment: segment, pages: run.pages)
      for side in SegmentSearcher.Side.allCases {
        var searcher = try SegmentSearcher(
          conditions, terms, side: side, pages: run.pages, scoring: scoring)
        try searcher?.run(in: [0..<segment.documents], floor: { -.infinity }) { set, _ in
          for document in set.documents { meeting[Int(segment.firstDocument + document)] = true }
        }
      }
    }
    return meeting
  }

  /// Whether a document of the segments meets the conditions and passes the filter.
  func isAllowed(_ document: UInt32, _ chunk: DocumentChunk) throws -> Bool {
    if run.documents.isDeleted(document) { return false }
    if let meeting = try meeting.get(),
      !meeting.indices.contains(Int(document)) || !meeting[Int(document)]
    {
      return false
    }
    return run.filter.matches(chunk, Int(document & 1023))
  }
}
