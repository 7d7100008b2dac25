internal import CPolylogueText

/// Evaluates a query in one segment, from its newest documents to its oldest, a batch at a time.
///
/// A title stands in a document of its own, so a query is evaluated once for the titles and once for
/// the messages: each time most words have a single list.
struct SegmentSearcher {
  /// Which documents are looked at.
  enum Side: CaseIterable { case messages, titles }

  /// What ranking and filters ask of a segment's evaluation.
  struct Scoring {
    /// How much each word counts, by its number.
    var rarity: [Float]
    /// Whether a word in reasoning counts in full.
    var fullThinking: Bool
  }

  /// Blocks of the leading list that make a batch.
  private static let batchBlocks = 16
  /// Documents of a batch where there is no leading list.
  private static let batchDocuments: UInt32 = 1 << 14

  private let segment: SegmentRecord
  private let required: [any Matcher]
  private let excluded: [any Matcher]
  /// The highest score that the required matchers from an index on give together.
  private let bounds: [Float]
  /// How many documents match, when that is known without looking.
  let knownTotal: Int?
  private(set) var work = SearchWork()

  /// Prepares for a query; nil when nothing can match.
  init?(
    _ plan: QueryPlan, _ terms: SegmentTerms, side: Side, pages: SegmentPages, scoring: Scoring
  ) throws {
    let compiler = MatcherCompiler(terms: terms, side: side, pages: pages, scoring: scoring)
    segment = terms.segment
    // Documents without a word are of both sides: they are counted with the messages.
    if plan.required.isEmpty, side == .titles { return nil }
    var required: [any Matcher] = []
    for clause in plan.required {
      guard let matcher = try compiler.matcher(clause) else { return nil }
      required.append(matcher)
    }
    required.sort { $0.estimate < $1.estimate }
    self.required = required
    let sides = plan.required.isEmpty ? Side.allCases : [side]
    excluded = try sides.flatMap { side in
      let compiler = MatcherCompiler(terms: terms, side: side, pages: pages, scoring: scoring)
      return try plan.excluded.compactMap { try compiler.matcher([$0]) }
    }
    var bounds: [Float] = [0]
    for matcher in required.reversed() { bounds.append(matcher.bound + (bounds.last ?? 0)) }
    self.bounds = bounds.reversed()
    let isPlain = required.count == 1 && excluded.isEmpty && required[0] is WordMatcher
    knownTotal = isPlain ? required[0].lead.map { Int($0.entry.documents) } : nil
  }

  /// Finds the documents of the ranges that have all that is required and nothing that is excluded.
  ///
  /// - Parameters:
  ///   - ranges: Of documents, counted from the segment's first, in order.
  ///   - floor: The score that a document must exceed to matter, asked again for each batch.
  ///   - emit: Takes a batch.
  mutating func run(
    in ranges: [Range<UInt32>], floor: () -> Float, emit: (DocumentSet, SearchWork) throws -> Void
  ) throws {
    for range in ranges.reversed() {
      if let lead = required.first?.lead {
        try run(along: lead, in: range, floor: floor, emit: emit)
      } else {
        try runPlainly(in: range, floor: floor, emit: emit)
      }
    }
  }

  /// Goes along a list that all matches are in, leaving out the blocks that cannot matter.
  private mutating func run(
    along lead: PostingsList, in range: Range<UInt32>, floor: () -> Float,
    emit: (DocumentSet, SearchWork) throws -> Void
  ) throws {
    let blocks = lead.blocks(in: range)
    var end = blocks.upperBound
    while end > blocks.lowerBound {
      let floor = floor()
      // What the lead's own matcher and the others can add to a posting's score.
      let others = bounds[0] - lead.bound
      var picked: [Int] = []
      var postings = 0
      while picked.count < SegmentSearcher.batchBlocks, end > blocks.lowerBound {
        end -= 1
        if lead.bound(ofBlock: end) + others > floor {
          picked.append(end)
          postings += Int(lead.blocks[end].count)
        } else {
          work.dropped += Int(lead.blocks[end].count)
        }
      }
      var set = try lead.postings(of: picked.reversed(), in: range, above: floor - others)
      work.postings += postings
      if floor > -.infinity { work.dropped += postings - set.documents.count }
      set = try required[0].narrowLead(set, above: floor - bounds[1], work: &work)
      try finish(set, floor: floor, emit: emit)
    }
  }

  private mutating func runPlainly(
    in range: Range<UInt32>, floor: () -> Float, emit: (DocumentSet, SearchWork) throws -> Void
  ) throws {
    var end = range.upperBound
    while end > range.lowerBound {
      let length = min(end - range.lowerBound, SegmentSearcher.batchDocuments)
      let window = (end - length)..<end
      end -= length
      let set: DocumentSet
      if let first = required.first {
        set = try first.matches(in: window, work: &work)
      } else {
        set = DocumentSet(
          documents: Array(window), scores: Array(repeating: 0, count: window.count))
        work.postings += window.count
      }
      try finish(set, floor: floor(), emit: emit)
    }
  }

  /// Asks the other matchers.
  private mutating func finish(
    _ candidates: DocumentSet, floor: Float, emit: (DocumentSet, SearchWork) throws -> Void
  ) throws {
    var set = candidates
    for (index, matcher) in required.enumerated().dropFirst() where !set.documents.isEmpty {
      set = try matcher.narrow(set, above: floor - bounds[index + 1], work: &work)
    }
    for matcher in excluded where !set.documents.isEmpty {
      set = set.subtracting(try matcher.narrow(set, above: -.infinity, work: &work))
    }
    try emit(set, work)
  }
}
