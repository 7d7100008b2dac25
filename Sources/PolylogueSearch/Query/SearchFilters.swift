public import PolylogueModel

/// Conditions beside the words, combined by AND; values of one filter by OR.
public struct SearchFilters: Sendable, Equatable {
  /// Something a message or conversation can have.
  public enum Feature: String, Sendable, CaseIterable {
    /// Attachments.
    case attachment
    /// Code.
    case code
    /// Visible reasoning.
    case thinking
    /// A tool call or result.
    case tool
    /// An abandoned branch.
    case branch

    var flag: DocumentFlags {
      switch self {
      case .attachment: .attachment
      case .code: .code
      case .thinking: .thinking
      case .tool: .tool
      case .branch: .branch
      }
    }
  }

  /// Where to look.
  public enum Scope: String, Sendable, CaseIterable {
    /// Conversations.
    case conversations
    /// Code.
    case code
    /// The journal.
    case journal
    /// Everywhere.
    case all
  }

  /// Providers by name.
  public var providers: [Provider] = []
  /// Roles.
  public var roles: [Role] = []
  /// Parts of models' names.
  public var models: [String] = []
  /// The first moment, in seconds since 1970.
  public var since: Int64?
  /// The first moment no longer included, in seconds since 1970.
  public var until: Int64?
  /// Tags; all must be there. Resolved by the archive.
  public var tags: [String] = []
  /// Parts of titles; all must be there. Resolved by the archive.
  public var titles: [String] = []
  /// Parts of projects' names; all must be there. Resolved by the archive.
  public var projects: [String] = []
  /// Tools' names; all must be there. Resolved by the archive.
  public var tools: [String] = []
  /// Features; all must be there.
  public var features: [Feature] = []
  /// Whether only starred conversations count. Resolved by the archive.
  public var isStarred = false
  /// Where to look; nil when not said.
  public var scope: Scope?

  /// No conditions.
  public init() {}

  /// Whether there are no conditions.
  public var isEmpty: Bool { self == SearchFilters() }

  /// Whether a condition needs the archive to be resolved into rows.
  public var needsArchive: Bool {
    !tags.isEmpty || !titles.isEmpty || !projects.isEmpty || !tools.isEmpty || isStarred
  }

  /// Both sets of conditions at once. Where both name providers, roles or models, what both name
  /// counts; when that is nothing, nothing is found.
  public func merged(with other: SearchFilters) -> SearchFilters {
    var out = self
    out.providers = SearchFilters.both(providers, other.providers) ?? [Provider(rawValue: "")]
    if let roles = SearchFilters.both(roles, other.roles) {
      out.roles = roles
    } else {
      out.since = Int64.max
    }
    // Models are parts of names, which cannot be intersected here: each list stands for itself.
    out.models = models.isEmpty ? other.models : models
    out.otherModels = models.isEmpty || other.models.isEmpty ? [] : other.models
    out.since = [out.since, other.since].compactMap(\.self).max()
    out.until = [until, other.until].compactMap(\.self).min()
    out.tags += other.tags
    out.titles += other.titles
    out.projects += other.projects
    out.tools += other.tools
    out.features += other.features.filter { !features.contains($0) }
    out.isStarred = isStarred || other.isStarred
    out.scope = scope ?? other.scope
    return out
  }

  /// A second list of models that must match too, after a merge.
  var otherModels: [String] = []

  private static func both<T: Equatable>(_ a: [T], _ b: [T]) -> [T]? {
    if a.isEmpty { return b }
    if b.isEmpty { return a }
    let common = a.filter { b.contains($0) }
    return common.isEmpty ? nil : common
  }
}
