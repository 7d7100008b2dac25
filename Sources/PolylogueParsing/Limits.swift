/// The bounds that keep untrusted input from taking the machine.
///
/// Every limit of the parsing layer stands here, so that a reader can judge them together.
public struct ParsingLimits: Sendable {
  /// The most bytes one record (array element, JSONL line, single document) may have to be parsed.
  /// A longer one is kept as bytes and named in the receipt.
  public var recordByteCount = 128 << 20
  /// The deepest nesting of arrays and objects that is read.
  public var nestingDepth = 4096
  /// The most values (keys included, 16 bytes each) that one record is read into.
  public var valueCount = 16 << 20
  /// The most members of one ZIP file.
  public var zipMemberCount = 200_000
  /// The most bytes one ZIP member may inflate to.
  public var zipMemberByteCount: Int64 = 16 << 30
  /// The most bytes all members of one ZIP file may inflate to.
  public var zipTotalByteCount: Int64 = 64 << 30
  /// The greatest ratio of inflated to stored bytes of a member, judged once it has inflated to
  /// ``zipRatioGraceByteCount``.
  public var zipRatio: Int64 = 200
  /// Members below this size are not judged by their ratio.
  public var zipRatioGraceByteCount: Int64 = 32 << 20
  /// The longest companion file (a registry, metadata) that is read into memory.
  public var companionByteCount = 64 << 20

  /// The limits that the product uses.
  public static let standard = ParsingLimits()

  /// The standard limits, to be changed one by one.
  public init() {}
}
