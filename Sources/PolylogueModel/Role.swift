/// Who speaks in a message.
public enum Role: UInt8, Sendable, CaseIterable {
  /// The person, or text that was put in the person's place (see ``MessageKind``).
  case user = 0
  /// The model.
  case assistant = 1
  /// Instructions that frame the conversation.
  case system = 2
  /// The result of a tool.
  case tool = 3

  /// The name used in JSON, in queries and on the command line.
  public var name: String {
    switch self {
    case .user: "user"
    case .assistant: "assistant"
    case .system: "system"
    case .tool: "tool"
    }
  }

  /// The role with this name, if there is one.
  public init?(name: String) {
    guard let role = Role.allCases.first(where: { $0.name == name }) else { return nil }
    self = role
  }
}
