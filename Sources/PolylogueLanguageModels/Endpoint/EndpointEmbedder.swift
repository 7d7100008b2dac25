import PolylogueModel

/// Asks an endpoint in OpenAI's form (`POST …/v1/embeddings`) for vectors.
final class EndpointEmbedder: TextEmbedder {
  /// The most texts of a request.
  static let textLimit = 128
  /// The most bytes of all texts of a request, for their limit of 300,000 tokens.
  static let requestByteLimit = 256 << 10
  /// The texts of one call that may be refused before it is the endpoint that is at fault.
  static let rejectionLimit = 8

  let model: EmbeddingModel
  private let client: EndpointClient

  /// Prepares to ask; where the dimensions are not set, asks for one vector to learn them.
  ///
  /// - Parameters:
  ///   - settings: Where to ask.
  ///   - options: How patient to be.
  ///   - isCancelled: Asked every now and then meanwhile.
  /// - Throws: ``LanguageModelError`` when there is no libcurl, or no usable answer.
  init(
    _ settings: EndpointSettings, options: EndpointClient.Options = EndpointClient.Options(),
    isCancelled: () -> Bool = { false }
  ) throws(LanguageModelError) {
    client = try EndpointClient(settings, options)
    var dimensions = settings.dimensions
    if dimensions == nil {
      do {
        dimensions = try client.ask(["dimensions"], dimensions: nil, isCancelled).dimensions
      } catch {
        throw error.error
      }
    }
    model = EmbeddingModel(
      name: settings.model, revision: "\(settings.place)/\(dimensions ?? 0)",
      dimensions: dimensions ?? 0, tokenLimit: EndpointSettings.tokenLimit)
  }

  func vectors(of texts: [String]) throws -> [Float] {
    try vectors(of: texts) { false }
  }

  func vectors(of texts: [String], isCancelled: () -> Bool) throws -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(texts.count * model.dimensions)
    var rejected: [Int] = []
    var start = 0
    while start < texts.count {
      var end = start
      var byteCount = 0
      while end < texts.count, end - start < EndpointEmbedder.textLimit {
        byteCount += min(texts[end].utf8.count, EndpointClient.textByteLimit)
        if byteCount > EndpointEmbedder.requestByteLimit, end > start { break }
        end += 1
      }
      result += try vectors(of: texts[start..<end], &rejected, isCancelled)
      start = end
    }
    guard rejected.isEmpty else {
      throw LanguageModelError(
        .rejected, "\(client.place) refuses \(rejected.count) of \(texts.count) texts",
        texts: rejected)
    }
    return result
  }

  /// A request that is refused for what it holds is cut in halves, to find the text at fault.
  private func vectors(
    of texts: ArraySlice<String>, _ rejected: inout [Int], _ isCancelled: () -> Bool
  ) throws(LanguageModelError) -> [Float] {
    do {
      return try client.ask(Array(texts), dimensions: model.dimensions, isCancelled).numbers
    } catch {
      guard error.isAboutTexts else { throw error.error }
      guard texts.count > 1 else {
        rejected.append(texts.startIndex)
        guard rejected.count <= EndpointEmbedder.rejectionLimit else { throw error.error }
        return [Float](repeating: 0, count: model.dimensions)
      }
    }
    let middle = texts.startIndex + texts.count / 2
    return try vectors(of: texts[..<middle], &rejected, isCancelled)
      + vectors(of: texts[middle...], &rejected, isCancelled)
  }
}
