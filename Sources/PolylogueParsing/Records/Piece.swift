/// A stretch of an input: what stands between two records, and a record.
///
/// The bytes stand in the reader's buffer and are valid until the next piece is asked for.
public struct Piece {
  /// What the bytes of a piece are.
  public enum Kind: Sendable {
    /// A whole record.
    case record
    /// Bytes that belong to no record: what follows the last one, what was cut off, or nothing
    /// where only a separator is left.
    case tail
    /// A part of a record that is longer than ``ParsingLimits/recordByteCount``. Its parts follow
    /// each other; the first has the offset of the record, the others an empty separator.
    case oversized
    /// Bytes that are kept but not read: no JSON, or the original of a file in UTF-16 or UTF-32.
    case opaque
    /// A record of a file in UTF-16 or UTF-32 as UTF-8, to be parsed. Not a part of the input; its
    /// offset counts in the UTF-8.
    case decoded
  }

  /// Where the bytes stand in the input, behind the separator.
  public let offset: Int64
  /// What stands between the piece before and this one, as it is: brackets, commas, line ends, space,
  /// a byte order mark.
  public let separator: UnsafeRawBufferPointer
  /// The bytes themselves, as they are.
  public let bytes: UnsafeRawBufferPointer
  /// What the bytes are.
  public let kind: Kind
}
