/// A message whose meaning is near that of a query.
public struct VectorHit: Sendable, Equatable {
  /// The message's row in the archive.
  public var message: Int64
  /// The number of its passage that is nearest, from 0.
  public var passage: Int
  /// The cosine of the angle between the passage's vector and the query's, -1 to 1.
  public var score: Float

  /// States a hit.
  public init(message: Int64, passage: Int, score: Float) {
    self.message = message
    self.passage = passage
    self.score = score
  }
}

/// A failure of the vector index that is not the database's own.
public struct VectorIndexError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure it is.
  public enum Code: Sendable {
    /// A vector has another number of components than its model.
    case dimensions
    /// What is stored does not fit together.
    case damaged
    /// The file is of another version, or of another program.
    case version
    /// A number that is out of range was given.
    case invalidArgument
  }

  /// What kind of failure it is.
  public let code: Code
  /// What failed and what to do.
  public let message: String
  /// What failed and what to do.
  public var description: String { message }

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// Stored vectors that do not fit together, or pages of their file that are damaged.
  public static let damage = VectorIndexError(.damaged, "the vectors are damaged")
}
