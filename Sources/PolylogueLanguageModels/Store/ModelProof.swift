import Glibc
import PolylogueModel
import PolylogueParsing

/// Whether a model computes what it computed when it was chosen: texts whose vectors are known from
/// `onnxruntime`, another implementation, with the same weights.
struct ModelProof {
  /// The least cosine to the known vectors. Where it was measured it is above 0.9999; a processor that
  /// computes with 8 or 16 bits comes to 0.998. A wrong word in the tokenizer or in the weights costs
  /// far more.
  static let leastCosine: Float = 0.995

  let texts: [String]
  /// A vector for each text, as 8-bit steps of any size, in base64.
  let vectors: [String]

  /// Compares.
  ///
  /// - Returns: The least cosine.
  /// - Throws: ``LanguageModelError`` when it is too small, or when nothing is computed.
  func check(_ embedder: any TextEmbedder) throws -> Float {
    let found = try embedder.vectors(of: texts)
    let size = embedder.model.dimensions
    var least: Float = 1
    for (index, text) in vectors.enumerated() {
      let known = (Base64.decode(text) ?? []).map { Float(Int8(bitPattern: $0)) }
      guard known.count == size else {
        throw LanguageModelError(.failed, "no answer is known for \(embedder.model)")
      }
      var product: Float = 0
      var square: Float = 0
      for place in 0..<size {
        product += known[place] * found[index * size + place]
        square += known[place] * known[place]
      }
      least = min(least, product / square.squareRoot())
    }
    guard least >= ModelProof.leastCosine else {
      throw LanguageModelError(
        .damaged,
        "the model does not compute what it has to: a text whose vector is known came out otherwise "
          + "(cosine \(least)); it is not used. “polylogue models install” makes it anew")
    }
    return least
  }
}

extension ModelProof {
  /// For the weights `8199be6f` of all-MiniLM-L6-v2; made by onnxruntime 1.31.1.
  static let miniLM = ModelProof(
    texts: [
      "The bread rises overnight in the kitchen, and in the morning the oven is already warm.",
      "func total(_ prices: [Int]) -> Int { prices.reduce(0, +) } "
        + "// adds what was bought, tax included",
      "Der Zug nach Zürich hatte zwanzig Minuten Verspätung, weil es in der Nacht geschneit hatte.",
    ],
    vectors: [
      """
      BUTuLt7/3wc7P/Hs8/cU5SDxC933+zUnOetQEez75iMNDgYGJhTWCDatB/XjHxQcAQzwKeUNzk3y4jMt1yXbFiHY\
      4y3eD/YeI+QRv0D1KN/k6gMW1B8hGynwDMy0MuHA9hsN7vMA/ErkDhH3IO4Y7xTg9zgGFwIY5P0J8KkDJgDfGvkV\
      IqwECtHkIR3rbc0NCRfL/NrwLPAH9/oHwhA81sD6FCQVM/z4Be8hwvoA5CUuFk3pJQH3O+ANART/GOjz4xk/2/gJ\
      FeUoJ9MQ+w4HCn/q/sngKvH/I1IB1U82/gBt0NwZ0e0Mz5n/A+Lx0S63DRw5DN7k2/0G4x5ms8zR2P3710oB6CXf\
      6+n7Der0AycjNBsAJOXpEu7yDCP20Dz07vyy/ykEA/DV8AIDEtjUsr+12hnC2Bb1EuP28+gD6wD5rQwYCd1guxTo\
      71JQEtzbBe/2Ey4kH+RJDckoEzPeHRYAGu7rLNa2MAAFzabj7xf3HewVMQa64uv2SDDtyMr2
      """,
      """
      +XMZCO4DOjAbQiPY7vLp7q07784TCA4MYtzTEhn/3fX28v6PEe8TJQIjovXxHyfwYUUpZ7IFFQ/f6BTF1eMHDx3l\
      9iXm+jkpNMrk20b38DPi6+PoH70v32TpEhf9CwAUYtUJRQDGCc31zR0mxuji5PYR1iAtxu2pTUA4Nr77EADEvPDJ\
      9jomN9cK1ybCFivs9BpT+OwITxPgH83pCg8cAvv1GS4nDfbE6vwIuqkBChoUILjXBgO4zPrw0vsBEjP4lgMC9yLz\
      2zAdNznt7u7f5wbsBfgmCgwjPabM3+XkHADTRuj70wwKph4x9PjsBxbbzeQw17tDOe+zNvczDfIeFO7h/eRKFCnX\
      KOkvH1C1Cfk62xEHuzXASRz+HvjaCgPyFAkFtT/ODy8ZvO4P7Tds/jPnG6mZzO48yvvdRDYo0wAHENhKHNEOM+Dw\
      9Pn2B9sC6Cja3DgL6wQC7UpFKSxCHewa+fjvJuozp8/2+iTouakfySIm/dLHy+P/qBAAgdYX
      """,
      """
      u3xCBSwVHzUCz+bdGfQC06QND9MzJv0EG85HAjL25i+5BvAqANfKB+gt8fP0AwTg3DPQ6lb99STrAAL8NemnBv8e\
      C+/CwPrAEivTw/X/8vsAF+YVIxPdTw7NGhvrEPoP4PUUFFoUDSjaGu8Yugzs/znL+PIirxTmDvIB5BkdHwC52/cc\
      4AgMDdcE/ADVuvj6LOnlKukFNxQCEg7L3+VBJvAV0R0PLUrtNQQP/C0o2w0v0gwSkwIMKcrm2y4SSPn6HNkQ2AxQ\
      5BZBRxzyxUH4G+PIAP4JuCDj8B7zCfkhuAAhEv0R3hoR4sX79hRVBPHqJd7hsQwKGBjq/CwNyfffGBrE0vIcThwE\
      8TDY6i/wx5y1wSjtTq40FqfLRQ4zLgsKDLa8AywyL2VG+b4ECDsRs+9A6hW14DcOOcy0ROn7DwAK2MT5BdIaFgFD\
      9y7dGMs78SAK80cZyCH59hUbFPbDCiX9OOe+Ferc/Pcs2qyBBelXLPQC/O4kAAW91wbz8+A2
      """,
    ])
}
