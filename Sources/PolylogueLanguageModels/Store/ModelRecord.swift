public import PolylogueModel

/// A model that is installed, can be, or answers at an endpoint.
public struct ModelRecord: Sendable {
  /// What it is.
  public let model: EmbeddingModel
  /// Whether it is installed; false for an endpoint.
  public let isInstalled: Bool
  /// Whether ``LanguageModels/embedder(isAwaited:isCancelled:)`` uses it.
  public let isActive: Bool
  /// The bytes that it takes on disk, or would.
  public let byteCount: Int64
  /// The folder it is in, or the endpoint; nil where it is not installed.
  public let location: String?
}

/// What a model was measured to do.
public struct ModelMeasurement: Sendable {
  /// The model.
  public let model: EmbeddingModel
  /// The least cosine between vectors that are known and those that it computes.
  public let cosine: Double
  /// The seconds from the start of the worker to the first vector.
  public let loadSeconds: Double
  /// Texts of about 60 tokens that the worker computes in a second of processor time.
  public let textsPerSecond: Double
  /// The milliseconds of a short text, at the median.
  public let queryMilliseconds: Double
  /// The most bytes of memory that the worker took.
  public let peakByteCount: Int64
}
