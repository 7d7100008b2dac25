/// A conversation as its provider keeps it: a tree of messages, read along its active path.
///
/// ``Projectable`` has the parts of it that can be looked at alone, such as `dialogue` and
/// `substantive`.
public struct Conversation: Hashable, Sendable {
  /// Everything but the messages.
  public var header: ConversationHeader
  /// All messages of all branches. A parent stands before its children, siblings stand in the
  /// order in which they were made.
  public var messages: [Message] { didSet { projections.invalidate() } }
  /// What the user has added to it; nothing in one that does not come from an archive.
  public var userData: UserData
  /// What was projected from `messages`.
  var projections = ProjectionCache()

  /// Joins a header with its messages.
  public init(
    header: ConversationHeader, messages: [Message], userData: UserData = UserData()
  ) {
    self.header = header
    self.messages = messages
    self.userData = userData
  }
}

/// What is known about a conversation besides its messages.
public struct ConversationHeader: Hashable, Sendable {
  /// How much of the original an export carries. A poorer one never overwrites a richer one.
  public enum Fidelity: UInt8, Sendable, Comparable {
    /// The exporter leaves out kinds of messages or fields that others carry.
    case slim = 0
    /// All that this provider is known to export.
    case full = 1
    /// No export: read back from Markdown that was rendered. Any export is richer.
    case rendered = 2

    /// The name used in JSON.
    public var name: String {
      switch self {
      case .slim: "slim"
      case .full: "full"
      case .rendered: "rendered"
      }
    }

    /// The one of a name; nil for any other name.
    public init?(name: String) {
      guard let found = [Fidelity.slim, .full, .rendered].first(where: { $0.name == name }) else {
        return nil
      }
      self = found
    }

    /// Orders from poor to rich.
    public static func < (left: Fidelity, right: Fidelity) -> Bool {
      func place(_ one: Fidelity) -> Int { one == .rendered ? -1 : Int(one.rawValue) }
      return place(left) < place(right)
    }
  }

  /// The public identifier.
  public var id: ConversationID
  /// The title, when it has one.
  public var title: String?
  /// When it began.
  public var createdAt: Timestamp?
  /// When it last changed.
  public var updatedAt: Timestamp?
  /// The folder, repository or project it belongs to, as the provider names it.
  public var project: String?
  /// Where it comes from, when it continues or serves another conversation.
  public var lineage: Lineage?
  /// How much of the original the export carries.
  public var fidelity: Fidelity
  /// What else the provider says about it: a JSON object, or nil.
  public var metadata: String?

  /// The public identifier of the conversation that this one derives from.
  public var parentID: ConversationID? {
    lineage.map { ConversationID(provider: id.provider, native: $0.parent) }
  }

  /// Describes one conversation.
  public init(
    id: ConversationID, title: String? = nil, createdAt: Timestamp? = nil,
    updatedAt: Timestamp? = nil, project: String? = nil, lineage: Lineage? = nil,
    fidelity: Fidelity = .full, metadata: String? = nil
  ) {
    self.id = id
    self.title = title
    self.createdAt = createdAt
    self.updatedAt = updatedAt
    self.project = project
    self.lineage = lineage
    self.fidelity = fidelity
    self.metadata = metadata
  }
}

/// How a conversation derives from another one.
public struct Lineage: Hashable, Sendable {
  /// The kind of descent.
  public enum Kind: UInt8, Sendable {
    /// It starts with a copy of the other's messages and then goes its own way.
    case fork = 0
    /// It was started by the other one to do a part of the work.
    case subagent = 1
    /// It goes on where the other one ended.
    case continuation = 2

    /// The name used in JSON.
    public var name: String {
      switch self {
      case .fork: "fork"
      case .subagent: "subagent"
      case .continuation: "continuation"
      }
    }

    /// The name at the beginning of a line.
    package var title: String {
      switch self {
      case .fork: "Fork"
      case .subagent: "Subagent"
      case .continuation: "Continuation"
      }
    }
  }

  /// The kind of descent.
  public var kind: Kind
  /// The provider's id of the other conversation.
  public var parent: String
  /// The message or tool call of the other conversation where it began, when known.
  public var origin: String?

  /// Describes a descent.
  public init(kind: Kind, parent: String, origin: String? = nil) {
    self.kind = kind
    self.parent = parent
    self.origin = origin
  }
}
