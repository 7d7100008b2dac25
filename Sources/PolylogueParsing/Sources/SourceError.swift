/// Why bytes could not be had.
public struct SourceError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure.
  public struct Code: Hashable, Sendable {
    private enum Raw {
      case notFound, notPermitted, notRegular, symbolicLink, inputOutput, notZip, damaged, truncated
      case encrypted, unsupportedMethod, limitExceeded, special
    }
    private let raw: Raw

    /// There is no such file or member.
    public static let notFound = Code(raw: .notFound)
    /// The file may not be read.
    public static let notPermitted = Code(raw: .notPermitted)
    /// It is a folder, a pipe, a socket or a device.
    public static let notRegular = Code(raw: .notRegular)
    /// It is a symbolic link, which is not followed.
    public static let symbolicLink = Code(raw: .symbolicLink)
    /// The system could not read it.
    public static let inputOutput = Code(raw: .inputOutput)
    /// It is not of the container format expected.
    public static let notContainer = Code(raw: .notZip)
    /// Its compressed data or checksum is wrong.
    public static let damaged = Code(raw: .damaged)
    /// It ends too early.
    public static let truncated = Code(raw: .truncated)
    /// It is encrypted.
    public static let encrypted = Code(raw: .encrypted)
    /// It is compressed by a method that is not supported.
    public static let unsupportedMethod = Code(raw: .unsupportedMethod)
    /// It goes beyond one of the ``ParsingLimits``.
    public static let limitExceeded = Code(raw: .limitExceeded)
    /// A member of a container that is a folder, a link or a device.
    public static let specialMember = Code(raw: .special)
  }

  /// The kind of failure.
  public let code: Code
  /// What failed, where, and what to do about it. Names files, never shows their content.
  public let message: String

  /// States a failure.
  public init(code: Code, message: String) {
    self.code = code
    self.message = message
  }

  /// The message without the file's name at its beginning, for where that stands before it already.
  public func reason(for path: String) -> String {
    guard message.utf8.starts(with: path.utf8) else { return message }
    let rest = message.utf8.dropFirst(path.utf8.count).drop { $0 == 58 || $0 == 32 }
    return rest.count < message.utf8.count - path.utf8.count ? String(Substring(rest)) : message
  }

  /// What failed, where, and what to do about it.
  public var description: String { message }
}
