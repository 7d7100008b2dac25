/// Where a message's text comes from.
///
/// Much that looks like a person's input is not: reminders, environment blocks, command output,
/// summaries after compaction. The text is kept; its kind keeps it out of statistics and lower in
/// the ranking.
public enum MessageKind: UInt8, Sendable, CaseIterable {
  /// Written by the person or answered by the model.
  case message = 0
  /// A tool's result.
  case toolResult = 1
  /// Put there by a program: context, reminders, custom instructions, memory.
  case injected = 2
  /// A command of the client (`/clear`, `!ls`) or its output.
  case command = 3
  /// A summary that replaces earlier messages.
  case summary = 4
  /// An event of the client: errors, interruptions, state.
  case notice = 5

  /// The name used in JSON.
  public var name: String {
    switch self {
    case .message: "message"
    case .toolResult: "tool_result"
    case .injected: "injected"
    case .command: "command"
    case .summary: "summary"
    case .notice: "notice"
    }
  }
}
