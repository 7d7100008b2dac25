import PolylogueParsing

/// What an endpoint answers, checked before a number of it is used.
enum EndpointAnswer {
  /// Why an answer is not used.
  enum Failure: Error {
    /// It is not what was asked for.
    case garbage(String)
    /// Its vectors have other dimensions.
    case dimensions(Int)
  }

  /// The vectors of an answer, in the order of the texts, each of unit length.
  ///
  /// - Parameters:
  ///   - body: The JSON document.
  ///   - count: How many texts were sent.
  ///   - dimensions: The components that each vector must have; nil takes those of the first.
  static func vectors(
    _ body: [UInt8], count: Int, dimensions: Int?
  ) throws(Failure) -> (numbers: [Float], dimensions: Int) {
    var reader = JSONReader()
    guard let document = try? reader.parse(body), let data = document["data"] else {
      throw .garbage("it is no list of embeddings")
    }
    var found = [[Float]?](repeating: nil, count: count)
    var size = dimensions
    for (place, entry) in data.elements.enumerated() {
      // Servers that leave the index out answer in order.
      let index = entry["index"].map { $0.int64 ?? -1 } ?? Int64(place)
      guard index >= 0, index < Int64(count), found[Int(index)] == nil else {
        throw .garbage("it numbers its embeddings wrongly")
      }
      let vector = try numbers(entry["embedding"])
      guard 1...8192 ~= vector.count else { throw .garbage("an embedding has no components") }
      if let size, vector.count != size { throw .dimensions(vector.count) }
      size = vector.count
      found[Int(index)] = try unit(vector)
    }
    guard let size, found.allSatisfy({ $0 != nil }) else {
      throw .garbage("it lacks embeddings")
    }
    return (found.flatMap { $0 ?? [] }, size)
  }

  private static func numbers(_ value: JSONValue?) throws(Failure) -> [Float] {
    guard let value else { throw .garbage("an embedding is missing") }
    if let text = value.string {
      guard let bytes = Base64.decode(text), bytes.count.isMultiple(of: 4) else {
        throw .garbage("an embedding is damaged")
      }
      return stride(from: 0, to: bytes.count, by: 4).map { place in
        let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[place + $1]) << UInt32($1 * 8) }
        return Float(bitPattern: bits)
      }
    }
    var numbers: [Float] = []
    for element in value.elements {
      guard let number = element.double else { throw .garbage("an embedding is damaged") }
      numbers.append(Float(number))
    }
    return numbers
  }

  private static func unit(_ vector: [Float]) throws(Failure) -> [Float] {
    let square = vector.reduce(0.0) { $0 + Double($1) * Double($1) }
    guard square.isFinite, square > 0 else { throw .garbage("an embedding has no length") }
    let scale = 1 / square.squareRoot()
    return vector.map { Float(Double($0) * scale) }
  }
}
