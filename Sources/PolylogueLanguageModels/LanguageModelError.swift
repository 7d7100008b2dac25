/// A failure of a model or of what has to do with one, which a person can act upon.
public struct LanguageModelError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure.
  public struct Code: Hashable, Sendable {
    private enum Raw {
      case noModel, damaged, unavailable, failed, rejected, offline, noSpace, permission
      case configuration, dimensions, busy, cancelled, changed
    }
    private let raw: Raw

    /// There is none to use: nothing is installed and no endpoint is named.
    public static let noModel = Code(raw: .noModel)
    /// What is installed or was fetched is not what it has to be.
    public static let damaged = Code(raw: .damaged)
    /// A program that is needed is not there or cannot be run.
    public static let unavailable = Code(raw: .unavailable)
    /// The computation failed.
    public static let failed = Code(raw: .failed)
    /// Some texts cannot be computed, see ``LanguageModelError/texts``; all others can.
    public static let rejected = Code(raw: .rejected)
    /// Another machine cannot be reached or does not answer.
    public static let offline = Code(raw: .offline)
    /// The disk is full.
    public static let noSpace = Code(raw: .noSpace)
    /// The file system refuses access.
    public static let permission = Code(raw: .permission)
    /// A setting makes no sense.
    public static let configuration = Code(raw: .configuration)
    /// Vectors have another number of dimensions than before.
    public static let dimensions = Code(raw: .dimensions)
    /// Another process is at it.
    public static let busy = Code(raw: .busy)
    /// Another model was installed meanwhile; asking ``LanguageModels`` again gives that one.
    public static let changed = Code(raw: .changed)
    /// It was given up because nobody wanted it any more.
    public static let cancelled = Code(raw: .cancelled)
  }

  /// The kind of failure.
  public let code: Code
  /// What failed, why, and what to do. It never quotes a text or a key.
  public let message: String
  /// The positions of the texts, in what was handed over, that cannot be computed; empty but for
  /// ``Code/rejected``.
  public let texts: [Int]

  /// States a failure.
  ///
  /// - Parameters:
  ///   - code: Its kind.
  ///   - message: What failed, why, and what to do.
  ///   - texts: The positions of the texts at fault, where it is that of texts.
  public init(_ code: Code, _ message: String, texts: [Int] = []) {
    self.code = code
    self.message = message
    self.texts = texts
  }

  static let cancelled = LanguageModelError(.cancelled, "interrupted")

  /// The message.
  public var description: String { message }
}
