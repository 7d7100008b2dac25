/// Where a conversation was held.
///
/// The raw value is the name that the command line, JSON documents and identifiers use.
public struct Provider: RawRepresentable, Hashable, Sendable, Comparable {
  /// The stable name, such as `claude-code`.
  public let rawValue: String

  /// Names a provider, known to this version or not.
  public init(rawValue: String) {
    self.rawValue = rawValue
  }

  /// ChatGPT's data export.
  public static let chatgpt = Provider(rawValue: "chatgpt")
  /// Claude.ai's data export.
  public static let claude = Provider(rawValue: "claude")
  /// Claude Code's session files.
  public static let claudeCode = Provider(rawValue: "claude-code")
  /// Codex's rollout files.
  public static let codex = Provider(rawValue: "codex")
  /// Markdown files that name no other provider.
  public static let markdown = Provider(rawValue: "markdown")
  /// Google AI Studio's prompt files.
  public static let gemini = Provider(rawValue: "gemini")
  /// The Gemini app's activity in a Google Takeout.
  public static let geminiApps = Provider(rawValue: "gemini-apps")
  /// Gemini CLI's session files.
  public static let geminiCLI = Provider(rawValue: "gemini-cli")
  /// Polylogue's own form, whose conversations name their provider themselves.
  public static let polylogueJSONL = Provider(rawValue: "polylogue-jsonl")

  /// Orders by name, byte by byte.
  public static func < (left: Provider, right: Provider) -> Bool {
    left.rawValue.utf8.lexicographicallyPrecedes(right.rawValue.utf8)
  }
}
