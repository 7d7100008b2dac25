internal import CPolylogueText

/// Documents of a segment, sorted, each with a score.
struct DocumentSet {
  var documents: [UInt32] = []
  var scores: [Float] = []

  /// Adds what `body` writes at the ends: documents, and their scores.
  ///
  /// - Parameter body: Returns how many it wrote, no more than `most`.
  /// - Returns: How many were added.
  mutating func append(
    atMost most: Int,
    _ body: (UnsafeMutablePointer<UInt32>?, UnsafeMutablePointer<Float>?) -> UInt32
  ) -> Int {
    let start = documents.count
    documents.append(contentsOf: repeatElement(0, count: most))
    scores.append(contentsOf: repeatElement(0, count: most))
    let added = documents.withUnsafeMutableBufferPointer { documents in
      scores.withUnsafeMutableBufferPointer { scores in
        Int(
          body(
            documents.baseAddress.map { $0 + start }, scores.baseAddress.map { $0 + start }))
      }
    }
    documents.removeLast(most - added)
    scores.removeLast(most - added)
    return added
  }

  /// The documents of both; scores of common ones are added.
  func union(_ other: DocumentSet) -> DocumentSet {
    if documents.isEmpty { return other }
    if other.documents.isEmpty { return self }
    let capacity = documents.count + other.documents.count
    var out = DocumentSet()
    out.scores = [Float](repeating: 0, count: capacity)
    out.documents = [UInt32](unsafeUninitializedCapacity: capacity) { buffer, count in
      count = Int(
        plt_union(
          documents, scores, UInt32(documents.count), other.documents, other.scores,
          UInt32(other.documents.count), buffer.baseAddress, &out.scores))
    }
    out.scores.removeLast(capacity - out.documents.count)
    return out
  }

  /// The documents whose added score is above zero and whose both scores together are above a floor.
  ///
  /// - Parameter dropped: Told how many with an added score were not above the floor.
  func keeping(_ added: [Float], above floor: Float, dropped: inout Int) -> DocumentSet {
    var out = DocumentSet()
    var matching = 0
    _ = out.append(atMost: documents.count) { kept, keptScores in
      guard let kept, let keptScores else { return 0 }
      var n = 0
      for index in documents.indices {
        let score = scores[index] + added[index]
        kept[n] = documents[index]
        keptScores[n] = score
        let isMatch = added[index] > 0
        matching += isMatch ? 1 : 0
        n += isMatch && score > floor ? 1 : 0
      }
      return UInt32(n)
    }
    dropped += matching - out.documents.count
    return out
  }

  /// The documents that are named in the upper halves of sorted numbers.
  func intersection(_ numbers: [UInt64]) -> DocumentSet {
    var out = DocumentSet()
    var at = 0
    for index in documents.indices {
      let document = UInt64(documents[index])
      while at < numbers.count, numbers[at] >> 32 < document { at += 1 }
      guard at < numbers.count else { break }
      if numbers[at] >> 32 == document {
        out.documents.append(documents[index])
        out.scores.append(scores[index])
      }
    }
    return out
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
