internal import CPolylogueVectors

/// A query's vector in the forms that it is compared in.
struct VectorQuery {
  let level: VectorLevel
  let layout: VectorLayout
  /// The signs of its components.
  let signs: [UInt64]
  /// Its components in small steps; see `plv_encode_query`.
  let code: [Int16]
  /// What an inner product with a code is multiplied by, besides the code's own scale.
  let scale: Float

  /// Takes a vector of any length, as if it had the length 1.
  ///
  /// - Throws: ``VectorIndexError`` when the vector has another number of components, or one that is
  ///   no finite number.
  init(_ vector: [Float], layout: VectorLayout, level: VectorLevel) throws {
    guard vector.count == layout.dimensions else {
      throw VectorIndexError(
        .dimensions,
        "the query's vector has \(vector.count) dimensions, the vectors have \(layout.dimensions)")
    }
    var squares: Float = 0
    for component in vector { squares += component * component }
    guard squares.isFinite else {
      throw VectorIndexError(.invalidArgument, "a vector's components are no finite numbers")
    }
    self.level = level
    self.layout = layout
    var signs = [UInt64](repeating: 0, count: layout.words)
    plv_signs(vector, vector.count, &signs)
    self.signs = signs
    var code = [Int16](repeating: 0, count: vector.count)
    let step = plv_encode_query(vector, vector.count, &code)
    self.code = code
    scale = squares > 0 ? step / squares.squareRoot() : 0
  }

  /// The cosine to the vector whose code begins here; 0 for bytes that do not hold a whole code.
  func cosine(_ code: UnsafeRawBufferPointer) -> Float {
    guard code.count >= layout.codeByteCount, let base = code.baseAddress else { return 0 }
    let own = Float(
      bitPattern: UInt32(littleEndian: code.loadUnaligned(as: UInt32.self)))
    let start = (base + 4).assumingMemoryBound(to: Int8.self)
    let product = plv_product(level.rawValue, self.code, start, layout.dimensions)
    let cosine = Float(product) * scale * own
    return cosine.isFinite ? max(-1, min(1, cosine)) : 0
  }
}
