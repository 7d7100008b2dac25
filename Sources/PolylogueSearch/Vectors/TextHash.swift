/// Names a text by the first 16 bytes of its SHA-256: the same text has the same vector.
public struct TextHash: Hashable, Sendable {
  /// The bytes of a hash.
  public static let byteCount = 16

  /// The hash's bytes.
  public let bytes: [UInt8]

  /// Takes the beginning of a digest.
  ///
  /// - Parameter digest: At least ``byteCount`` bytes.
  public init(_ digest: [UInt8]) {
    bytes = Array(digest.prefix(TextHash.byteCount))
  }
}

/// A passage of a message for the vector index.
public struct VectorPassage: Sendable {
  /// Names the text that the vector was computed of.
  public var hash: TextHash
  /// The vector; nil where the index has one of the same text.
  public var vector: [Float]?

  /// States a passage.
  public init(hash: TextHash, vector: [Float]? = nil) {
    self.hash = hash
    self.vector = vector
  }
}
