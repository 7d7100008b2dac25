/// Which model a vector comes from. Vectors of different models, or of different revisions of one,
/// lie in different spaces and are never compared.
public struct EmbeddingModel: Hashable, Sendable, CustomStringConvertible {
  /// The model's name, such as `all-MiniLM-L6-v2`.
  public var name: String
  /// What tells apart what bears the same name and computes other vectors: weights, number format,
  /// tokenizer, prefixes, or the endpoint that answers.
  public var revision: String
  /// The components of a vector.
  public var dimensions: Int
  /// The tokens that a model reads of a text; what follows is not looked at.
  public var tokenLimit: Int

  /// A model by all that tells it apart.
  public init(name: String, revision: String, dimensions: Int, tokenLimit: Int) {
    self.name = name
    self.revision = revision
    self.dimensions = dimensions
    self.tokenLimit = tokenLimit
  }

  /// `NAME@REVISION`.
  public var description: String { "\(name)@\(revision)" }
}

/// Turns texts into vectors whose angle says how alike the texts are in meaning.
///
/// It is used by one thread at a time, and blocks it.
public protocol TextEmbedder: AnyObject {
  /// The model, known before the first text.
  var model: EmbeddingModel { get }

  /// The vectors of texts, each of unit length, one behind the other.
  ///
  /// - Parameter texts: Any number of texts, none of them empty.
  /// - Returns: `texts.count * model.dimensions` numbers.
  /// - Throws: What kept it from computing all of them; nothing is returned in part.
  func vectors(of texts: [String]) throws -> [Float]

  /// The same, given up when nobody wants it any more: for what waits for another machine or process.
  ///
  /// - Parameters:
  ///   - texts: Any number of texts, none of them empty.
  ///   - isCancelled: Asked every now and then while it works.
  /// - Returns: `texts.count * model.dimensions` numbers.
  /// - Throws: What kept it from computing all of them, having been cancelled among it.
  func vectors(of texts: [String], isCancelled: () -> Bool) throws -> [Float]
}

extension TextEmbedder {
  /// Computes to the end: what takes moments has no need to ask.
  public func vectors(of texts: [String], isCancelled: () -> Bool) throws -> [Float] {
    try vectors(of: texts)
  }
}
