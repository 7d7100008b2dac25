/// A failure of the archive that a person can act upon.
public struct ArchiveError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure.
  public struct Code: Hashable, Sendable {
    private enum Raw {
      case notFound, ambiguous, unknownFormat, newerVersion, damaged, noSpace, permission, locked
      case io, invalidArgument, unavailable
    }
    private let raw: Raw

    /// What was asked for is not there.
    public static let notFound = Code(raw: .notFound)
    /// An identifier fits more than one thing.
    public static let ambiguous = Code(raw: .ambiguous)
    /// The file is not an archive.
    public static let unknownFormat = Code(raw: .unknownFormat)
    /// The archive was written by a newer version; it was not touched.
    public static let newerVersion = Code(raw: .newerVersion)
    /// The archive's bytes are not what was written.
    public static let damaged = Code(raw: .damaged)
    /// The disk is full.
    public static let noSpace = Code(raw: .noSpace)
    /// The file system refuses access.
    public static let permission = Code(raw: .permission)
    /// Another process has held the archive for too long.
    public static let locked = Code(raw: .locked)
    /// Reading or writing failed.
    public static let io = Code(raw: .io)
    /// An argument makes no sense.
    public static let invalidArgument = Code(raw: .invalidArgument)
    /// A file with a part of the archive, moved out of it, is not where it was.
    public static let unavailable = Code(raw: .unavailable)
  }

  /// The kind of failure.
  public let code: Code
  /// What failed, where, and what to do.
  public let message: String

  /// States a failure.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// What failed, where, and what to do.
  public var description: String { message }
}
