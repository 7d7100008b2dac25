internal import CPolylogueText

/// Documents of a segment, sorted, each with a score.
struct DocumentSet {
  var documents: [UInt32] = []
  var scores: [Float] = []

  /// No documents.
  init() {}

  /// Documents with their scores, of which there must be as many.
  init(documents: [UInt32], scores: [Float]) {
    self.documents = documents
    self.scores = scores
  }

  /// What `fill` writes: documents, and their scores.
  ///
  /// - Parameter fill: Returns how many it wrote, no more than `most`.
  init(
    atMost most: Int,
    _ fill: (UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<Float>) throws -> Int
  ) rethrows {
    var documents: [UInt32] = []
    scores = try [Float](unsafeUninitializedCapacity: most) { scores, count in
      documents = try [UInt32](unsafeUninitializedCapacity: most) { documents, count in
        guard let documents = documents.baseAddress, let scores = scores.baseAddress else { return }
        count = try fill(documents, scores)
      }
      count = documents.count
    }
    self.documents = documents
  }

  /// The documents of both; scores of common ones are added.
  func union(_ other: DocumentSet) -> DocumentSet {
    if documents.isEmpty { return other }
    if other.documents.isEmpty { return self }
    return DocumentSet(atMost: documents.count + other.documents.count) {
      Int(
        plt_union(
          documents, scores, UInt32(documents.count), other.documents, other.scores,
          UInt32(other.documents.count), $0, $1))
    }
  }

  /// The documents whose added score is above zero and whose both scores together are above a floor.
  ///
  /// - Parameter dropped: Told how many with an added score were not above the floor.
  func keeping(_ added: [Float], above floor: Float, dropped: inout Int) -> DocumentSet {
    var out: UInt32 = 0
    let kept = DocumentSet(atMost: documents.count) {
      Int(plt_keep(documents, scores, added, UInt32(documents.count), floor, $0, $1, &out))
    }
    dropped += Int(out)
    return kept
  }

  /// The documents that are named in the upper halves of sorted numbers.
  func intersection(_ numbers: [UInt64]) -> DocumentSet {
    DocumentSet(atMost: documents.count) {
      Int(
        plt_keep_begun(
          documents, scores, UInt32(documents.count), numbers, UInt32(numbers.count), $0, $1))
    }
  }

  /// The documents that the other set does not have.
  func subtracting(_ other: DocumentSet) -> DocumentSet {
    if other.documents.isEmpty { return self }
    var out = DocumentSet()
    var at = 0
    for index in documents.indices {
      let document = documents[index]
      while at < other.documents.count, other.documents[at] < document { at += 1 }
      if at < other.documents.count, other.documents[at] == document { continue }
      out.documents.append(document)
      out.scores.append(scores[index])
    }
    return out
  }
}
