/// Why a text could not be read as JSON.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong, without any of the text.
  public let reason: String
  /// The place of it, in bytes from the start of the text.
  public let offset: Int

  /// States what is wrong, and where.
  public init(reason: String, offset: Int) {
    self.reason = reason
    self.offset = offset
  }

  /// What is wrong, and where.
  public var description: String { "\(reason) at byte \(offset)" }
}
