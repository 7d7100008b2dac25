/// What is wrong with the framing of an input, apart from what is wrong within its records.
public struct RecordProblem: Sendable, Equatable, CustomStringConvertible {
  /// The kind of problem.
  public enum Reason: Sendable, Equatable {
    /// There is no record, only space at most.
    case empty
    /// The input is no JSON at all.
    case notJSON
    /// The input ends within a record or before its list is closed.
    case truncated
    /// The brackets do not add up after a record that was too long: where records end is unknown.
    case desynchronised
    /// Something else follows the end.
    case trailingBytes
    /// Zeros or nothing but space follow, as after a loss of power. Only a warning.
    case trailingZeros
    /// A record in UTF-16 or UTF-32 is too long to be decoded.
    case oversized
  }

  /// The kind of problem.
  public let reason: Reason
  /// Where it was met, in bytes from the start of the input.
  public let offset: Int64

  /// States a problem.
  public init(reason: Reason, offset: Int64) {
    self.reason = reason
    self.offset = offset
  }

  /// The problem in words, with its place.
  public var description: String {
    switch reason {
    case .empty: "the input is empty"
    case .notJSON: "the input is no JSON"
    case .truncated: "the input is cut off: what begins at byte \(offset) has no end"
    case .desynchronised: "the brackets do not add up from byte \(offset) on"
    case .trailingBytes: "something else follows the end, from byte \(offset) on"
    case .trailingZeros: "zeros stand from byte \(offset) on"
    case .oversized: "the record at byte \(offset) is too long to be decoded"
    }
  }
}
