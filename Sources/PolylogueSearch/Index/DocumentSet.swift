internal import CPolylogueText

/// Documents of a segment, sorted, each with a score.
struct DocumentSet {
  var documents: [UInt32] = []
  var scores: [Float] = []

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

  /// The documents whose added score is above zero, with both scores together.
  func keeping(_ added: [Float]) -> DocumentSet {
    var out = DocumentSet()
    for index in documents.indices where added[index] > 0 {
      out.documents.append(documents[index])
      out.scores.append(scores[index] + added[index])
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
