/// What a message has, as far as filters ask for it.
public struct DocumentFlags: OptionSet, Hashable, Sendable {
  /// The bits.
  public let rawValue: UInt8
  /// Makes flags of bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  /// It has attachments.
  public static let attachment = DocumentFlags(rawValue: 1)
  /// It has code.
  public static let code = DocumentFlags(rawValue: 2)
  /// It has visible reasoning.
  public static let thinking = DocumentFlags(rawValue: 4)
  /// It calls a tool or is a tool's result.
  public static let tool = DocumentFlags(rawValue: 8)
  /// It lies on an abandoned branch.
  public static let branch = DocumentFlags(rawValue: 16)
  static let isTitle = DocumentFlags(rawValue: 64)
  static let hasTime = DocumentFlags(rawValue: 128)
}
