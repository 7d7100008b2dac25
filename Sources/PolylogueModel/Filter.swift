/// Restricts a list, a search or an export. Empty members restrict nothing; members combine by AND,
/// the values of one member by OR.
public struct Filter: Hashable, Sendable {
  /// What a message may have.
  public enum Feature: String, Sendable, CaseIterable {
    /// A file came with it.
    case attachment
    /// It holds a code block.
    case code
    /// It holds visible reasoning.
    case thinking
    /// It calls a tool or holds a tool's result.
    case tool
    /// It lies on a branch that is not the one last shown.
    case branch
  }

  /// Providers to look in.
  public var providers: [Provider] = []
  /// Roles of messages.
  public var roles: [Role] = []
  /// Models; a value matches a model whose name begins with it.
  public var models: [String] = []
  /// The earliest time.
  public var since: Timestamp?
  /// The first moment that is too late.
  public var until: Timestamp?
  /// The user's tags.
  public var tags: [String] = []
  /// Words that a title must contain.
  public var titles: [String] = []
  /// Parts of a project's name.
  public var projects: [String] = []
  /// Names of tools that were called.
  public var tools: [String] = []
  /// What a message must have.
  public var has: Set<Feature> = []
  /// Only what the user starred.
  public var isStarred = false

  /// A filter that lets everything pass.
  public init() {}

  /// Whether it lets everything pass.
  public var isEmpty: Bool { self == Filter() }
}
