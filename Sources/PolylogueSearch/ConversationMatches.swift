internal import CPolylogueText
import PolylogueModel
import PolylogueSQL

/// Questions about whole conversations.
extension TextIndexReader {
  /// The conversations with a message, or a title, that matches a request; all of them, whatever
  /// the request's limit says.
  ///
  /// - Complexity: O(matching messages); eight bytes a conversation.
  public func conversations(matching request: SearchRequest) throws -> RowSet {
    try reading(request) { search, segments in
      try search.conversations(segments)
    } ?? RowSet([])
  }

  /// The words of a text that tell most about it: often in the text, rare in the index.
  ///
  /// Words that are not in the index, or in more than a tenth of its messages, are left out; these
  /// only when others are left.
  ///
  /// - Parameter limit: The most words.
  /// - Returns: The most telling first.
  /// - Complexity: O(bytes of the text), at most ``TellingWords/byteLimit`` of them, and a look-up a
  ///   word and segment.
  public func tellingWords(of text: String, limit: Int) throws -> [String] {
    let counts = TellingWords.counts(in: text)
    guard !counts.isEmpty else { return [] }
    let empty = SearchRequest(query: SearchQuery(), now: Timestamp(microseconds: 0))
    return try reading(empty) { search, segments in
      try search.tellingWords(counts, segments).prefix(max(0, limit)).map {
        String(decoding: $0, as: UTF8.self)
      }
    } ?? []
  }
}

extension SearchQuery {
  /// Asks for messages with some of these words.
  public init(anyOf words: [String]) {
    required = [Clause(alternatives: words.map { .word($0) })]
  }
}

/// Counts the words of a text.
public enum TellingWords {
  /// The most bytes of a text that are looked at.
  public static let byteLimit = 1 << 16
  /// The most different words that are looked up.
  static let wordLimit = 1024
  /// Words in a larger share of all messages tell nothing.
  static let commonShare = 10

  /// How often each term stands in a text.
  static func counts(in text: String) -> [[UInt8]: Int] {
    var counts: [[UInt8]: Int] = [:]
    let pieces = text.utf8.prefix(byteLimit).split { $0 <= 0x20 }
    for piece in pieces {
      for term in TermScanner.terms(of: String(decoding: piece, as: UTF8.self))
      where !term.isSingle && (counts.count < wordLimit || counts[term.bytes] != nil) {
        counts[term.bytes, default: 0] += 1
      }
    }
    return counts
  }
}

extension SearchRun {
  /// The conversations of all documents that match.
  func conversations(_ all: [SegmentRecord]) throws -> RowSet {
    guard !plan.required.isEmpty else { return RowSet([]) }
    var found: Set<Int64> = []
    let scoring = SegmentSearcher.Scoring(
      rarity: Array(repeating: 1, count: plan.elements.count), fullThinking: false)
    for segment in all where filter.mayMatch(segment.times) {
      let terms = try SegmentTerms(plan.elements, segment: segment, pages: pages)
      let ranges = try documents.ranges(of: segment, filter)
      for side in SegmentSearcher.Side.allCases {
        var searcher = try SegmentSearcher(plan, terms, side: side, pages: pages, scoring: scoring)
        try searcher?.run(in: ranges, floor: { -.infinity }) { set, _ in
          try forEachHit(set, segment.firstDocument) { chunk, place, _ in
            found.insert(chunk.value(.conversation, place))
          }
        }
      }
    }
    return RowSet(found)
  }

  /// The words of a text, the most telling first.
  func tellingWords(_ counts: [[UInt8]: Int], _ segments: [SegmentRecord]) throws -> [[UInt8]] {
    let words = Array(counts)
    let elements = words.map { QueryPlan.Element(bytes: $0.key) }
    let terms = try segments.map { try SegmentTerms(elements, segment: $0, pages: pages) }
    var telling: [(word: [UInt8], weight: Float, isCommon: Bool)] = []
    for (index, (word, count)) in words.enumerated() {
      let found = terms.reduce(0) { $0 + $1.documents(index) }
      guard found > 0 else { continue }
      let rarity = RankingWeights.inverseFrequency(found: found, of: documentCount)
      telling.append(
        (
          word, rarity * logarithm(onePlus: Float(count)),
          found > max(TellingWords.commonShare, documentCount / TellingWords.commonShare)
        ))
    }
    let rare = telling.filter { !$0.isCommon }
    return (rare.isEmpty ? telling : rare).sorted {
      $0.weight != $1.weight ? $0.weight > $1.weight : $0.word.lexicographicallyPrecedes($1.word)
    }.map(\.word)
  }
}
