internal import CPolylogueText

/// What has been done for a query so far.
struct SearchWork {
  /// Postings that were read.
  var postings = 0
  /// Documents that were left out before it was known whether they match, because they cannot be
  /// among the best.
  var dropped = 0
}

/// What one place of a query asks of the documents of one segment.
protocol Matcher: AnyObject {
  /// How many documents match, roughly and at most.
  var estimate: Int { get }
  /// The highest score that it gives.
  var bound: Float { get }
  /// A list that every match is in, if there is one.
  var lead: PostingsList? { get }

  /// The documents of a range that match.
  func matches(in range: Range<UInt32>, work: inout SearchWork) throws -> DocumentSet

  /// The candidates that match, their scores added, as far as they are then above a floor.
  func narrow(
    _ candidates: DocumentSet, above floor: Float, work: inout SearchWork
  ) throws -> DocumentSet

  /// As ``narrow(_:above:work:)``, of postings of ``lead`` with its scores.
  func narrowLead(
    _ candidates: DocumentSet, above floor: Float, work: inout SearchWork
  ) throws -> DocumentSet
}

/// One word, or the words that begin like it, in some fields.
final class WordMatcher: Matcher {
  let lists: [PostingsList]
  let estimate: Int
  let bound: Float

  init(_ lists: [PostingsList]) {
    self.lists = lists
    estimate = lists.reduce(0) { $0 + Int($1.entry.documents) }
    bound = lists.reduce(0) { $0 + $1.bound }
  }

  var lead: PostingsList? { lists.count == 1 ? lists[0] : nil }

  func matches(in range: Range<UInt32>, work: inout SearchWork) throws -> DocumentSet {
    // Two or three are merged faster than counted out.
    if lists.count <= 3 {
      var out = DocumentSet()
      for list in lists { out = out.union(try WordMatcher.all(of: list, in: range, work: &work)) }
      return out
    }
    var scores = [Float](repeating: 0, count: range.count)
    for list in lists { work.postings += try list.add(to: &scores, in: range) }
    var out = DocumentSet()
    for (index, score) in scores.enumerated() where score > 0 {
      out.documents.append(range.lowerBound + UInt32(index))
      out.scores.append(score)
    }
    return out
  }

  private static func all(
    of list: PostingsList, in range: Range<UInt32>, work: inout SearchWork
  ) throws -> DocumentSet {
    let blocks = list.blocks(in: range)
    work.postings += blocks.reduce(0) { $0 + Int(list.blocks[$1].count) }
    return try list.postings(of: blocks, in: range, above: -.infinity)
  }

  func narrow(
    _ candidates: DocumentSet, above floor: Float, work: inout SearchWork
  ) throws -> DocumentSet {
    var found: [[PostingsList.Found]] = []
    return try narrow(candidates, above: floor, found: &found, work: &work)
  }

  /// As ``narrow(_:above:work:)``, noting where the candidates stand in each list.
  func narrow(
    _ candidates: DocumentSet, above floor: Float, found: inout [[PostingsList.Found]],
    work: inout SearchWork
  ) throws -> DocumentSet {
    found = Array(repeating: [], count: lists.count)
    if lists.count == 1 {
      return try lists[0].narrow(candidates, above: floor, found: &found[0], work: &work)
    }
    var added = [Float](repeating: 0, count: candidates.documents.count)
    for (index, list) in lists.enumerated() {
      work.postings += try list.add(
        to: &added, candidates: candidates.documents, found: &found[index])
    }
    return candidates.keeping(added, above: floor, dropped: &work.dropped)
  }

  func narrowLead(
    _ candidates: DocumentSet, above floor: Float, work: inout SearchWork
  ) -> DocumentSet { candidates }
}

/// Alternatives, of which one is enough; the scores of those that match add up.
final class AnyMatcher: Matcher {
  private let alternatives: [any Matcher]
  let estimate: Int
  let bound: Float

  init(_ alternatives: [any Matcher]) {
    self.alternatives = alternatives
    estimate = alternatives.reduce(0) { $0 + $1.estimate }
    bound = alternatives.reduce(0) { $0 + $1.bound }
  }

  var lead: PostingsList? { nil }

  func matches(in range: Range<UInt32>, work: inout SearchWork) throws -> DocumentSet {
    var out = DocumentSet()
    for matcher in alternatives { out = out.union(try matcher.matches(in: range, work: &work)) }
    return out
  }

  func narrow(
    _ candidates: DocumentSet, above floor: Float, work: inout SearchWork
  ) throws -> DocumentSet {
    // Without the candidates' own scores, which count once however many alternatives match.
    let plain = DocumentSet(
      documents: candidates.documents,
      scores: Array(repeating: 0, count: candidates.documents.count))
    var matching = DocumentSet()
    for matcher in alternatives {
      matching = matching.union(try matcher.narrow(plain, above: -.infinity, work: &work))
    }
    var added = [Float](repeating: 0, count: candidates.documents.count)
    var at = 0
    for (document, score) in zip(matching.documents, matching.scores) {
      while candidates.documents[at] < document { at += 1 }
      added[at] = score
    }
    return candidates.keeping(added, above: floor, dropped: &work.dropped)
  }

  func narrowLead(
    _ candidates: DocumentSet, above floor: Float, work: inout SearchWork
  ) -> DocumentSet { candidates }
}
