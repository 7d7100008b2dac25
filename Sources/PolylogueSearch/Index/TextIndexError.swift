/// A failure of the text index that is not the database's own.
public struct TextIndexError: Error, Sendable, CustomStringConvertible {
  /// What failed and what to do.
  public let message: String
  /// What failed and what to do.
  public var description: String { message }

  init(message: String) { self.message = message }
}
