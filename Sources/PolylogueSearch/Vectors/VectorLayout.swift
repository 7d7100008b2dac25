internal import CPolylogueVectors

/// How the vectors of a model lie in rows.
struct VectorLayout: Equatable {
  /// Bytes that a row may have without leaving its page of 16 kB
  /// (<https://www.sqlite.org/fileformat2.html>, section 1.6).
  private static let rowByteCount = 16_300

  let dimensions: Int

  /// The 64-bit words of a vector's signs.
  var words: Int { plv_words(dimensions) }
  /// The bytes of a vector's code: its scale as a 32-bit float, then a byte for each component.
  var codeByteCount: Int { 4 + dimensions }
  /// The vectors of a row of codes.
  var slotsOfBlock: Int { max(1, VectorLayout.rowByteCount / codeByteCount) }
  /// The 64-bit words of a segment: for each slot the message that it belongs to, then the signs.
  var segmentWords: Int { VectorSchema.slotsOfSegment * (1 + words) }
}
