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

  /// What helps, for a program above the library to say in its own words.
  public enum Remedy: Sendable, CaseIterable {
    /// There is no archive yet.
    case makeArchive
    /// The archive has to be brought up to date.
    case upgrade
    /// A copy of the archive has to take its place.
    case restore
    /// A check of all that is stored tells the extent of the damage.
    case verify
    /// The text index can be made again.
    case reindex
    /// The list of conversations has the ids.
    case list
    /// The list of imports has their numbers.
    case imports

    /// What to do, in terms of the library.
    var advice: String {
      switch self {
      case .makeArchive: "import something first, or open it with createIfMissing"
      case .upgrade: "open it where it can be written, which brings it up to date"
      case .restore: "restore a backup"
      case .verify: "Archive.verify(isDeep: true) tells what else is damaged"
      case .reindex: "Archive.reindex() makes it again from the archive"
      case .list: "list() has the ids"
      case .imports: "Archive.imports() has their numbers"
      }
    }
  }

  /// The kind of failure.
  public let code: Code
  /// What failed, where, and, unless there is a ``remedy``, what to do.
  public let message: String
  /// What helps; nil where the message says it.
  public let remedy: Remedy?

  /// States a failure.
  public init(_ code: Code, _ message: String, remedy: Remedy? = nil) {
    self.code = code
    self.message = message
    self.remedy = remedy
  }

  /// What failed, where, and what to do in terms of the library.
  public var description: String { remedy.map { "\(message); \($0.advice)" } ?? message }
}
