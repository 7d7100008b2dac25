internal import CPolylogueText

/// Words that follow one another, in one field.
final class PhraseMatcher: Matcher {
  /// A word, and how far behind the phrase's first it stands.
  struct Part {
    var word: WordMatcher
    var shift: UInt32
  }

  /// The rarest first.
  private let parts: [Part]
  /// The highest score that the parts from an index on give together.
  private let bounds: [Float]

  /// - Parameter parts: At least one.
  init(_ parts: [Part]) {
    self.parts = parts.sorted { $0.word.estimate < $1.word.estimate }
    var bounds: [Float] = [0]
    for part in self.parts.reversed() { bounds.append(part.word.bound + (bounds.last ?? 0)) }
    self.bounds = bounds.reversed()
  }

  var estimate: Int { parts[0].word.estimate }
  var bound: Float { bounds[0] }
  var lead: PostingsList? { parts[0].word.lead }

  func matches(in range: Range<UInt32>, work: inout SearchWork) throws -> DocumentSet {
    var candidates = try parts[0].word.matches(in: range, work: &work)
    for index in candidates.scores.indices { candidates.scores[index] = 0 }
    return try narrow(candidates, above: -.infinity, work: &work)
  }

  func narrow(
    _ candidates: DocumentSet, above floor: Float, work: inout SearchWork
  ) throws -> DocumentSet {
    var found: [[[PostingsList.Found]]] = []
    let set = try narrow(candidates, from: 0, above: floor, found: &found, work: &work)
    return try following(set, found)
  }

  func narrowLead(
    _ candidates: DocumentSet, above floor: Float, work: inout SearchWork
  ) throws -> DocumentSet {
    var found: [[[PostingsList.Found]]] = [[[]]]
    let set = try narrow(candidates, from: 1, above: floor, found: &found, work: &work)
    if set.documents.isEmpty { return set }
    // Most postings of the lead are gone by now: the others are found again.
    var again = SearchWork()
    _ = try parts[0].word.narrow(set, above: -.infinity, found: &found[0], work: &again)
    return try following(set, found)
  }

  /// The candidates that have all words from a part on.
  private func narrow(
    _ candidates: DocumentSet, from first: Int, above floor: Float,
    found: inout [[[PostingsList.Found]]], work: inout SearchWork
  ) throws -> DocumentSet {
    var set = candidates
    for index in first..<parts.count where !set.documents.isEmpty {
      var places: [[PostingsList.Found]] = []
      set = try parts[index].word.narrow(
        set, above: floor - bounds[index + 1], found: &places, work: &work)
      found.append(places)
    }
    return set
  }

  /// The documents, which have all words, in which these follow one another.
  private func following(
    _ set: DocumentSet, _ places: [[[PostingsList.Found]]]
  ) throws -> DocumentSet {
    if set.documents.isEmpty { return set }
    var found = places
    for (part, lists) in found.enumerated() {
      for (list, places) in lists.enumerated() {
        // A single list has all the documents.
        if lists.count == 1, places.count == set.documents.count { continue }
        PhraseMatcher.keep(set.documents, in: &found[part][list])
      }
    }
    return set.intersection(try beginnings(found))
  }

  private static func keep(_ documents: [UInt32], in found: inout [PostingsList.Found]) {
    let count = plt_found_keep(
      &found, UInt32(found.count), documents, UInt32(documents.count))
    found.removeLast(found.count - Int(count))
  }

  /// Where the phrase begins: documents in the upper half, positions in the lower one.
  private func beginnings(_ found: [[[PostingsList.Found]]]) throws -> [UInt64] {
    var starts: [UInt64] = []
    for (list, places) in zip(parts[0].word.lists, found[0]) {
      starts += try list.starts(of: places, shift: parts[0].shift)
    }
    if found[0].count > 1 { starts.sort() }
    var marks = [UInt8](repeating: 0, count: starts.count)
    for (part, lists) in zip(parts, found).dropFirst() where !starts.isEmpty {
      for (list, places) in zip(part.word.lists, lists) {
        var next: UInt32 = 0
        try list.forEachBlock(of: places) { places, bytes in
          next = plt_starts_mark(
            bytes.baseAddress, bytes.count, places.baseAddress, UInt32(places.count), starts, next,
            UInt32(starts.count), part.shift, &marks)
        }
      }
      let count = plt_starts_keep(&starts, &marks, UInt32(starts.count))
      starts.removeLast(starts.count - Int(count))
    }
    return starts
  }
}
