public import PolylogueModel

/// The importers of this version.
public enum ImporterRegistry {
  /// All importers, in the order in which they are asked.
  public static let all: [any Importer] = [
    ChatGPTImporter(),
    ClaudeAIImporter(),
    // Before Claude Code, whose lines look much like those of its log of prompts.
    GeminiCLIImporter(),
    ClaudeCodeImporter(),
    CodexImporter(),
    AIStudioImporter(),
    TakeoutImporter(),
    MarkdownImporter(),
    PolylogueJSONLImporter(),
  ]

  /// The importer of a provider.
  public static func importer(for provider: Provider) -> (any Importer)? {
    all.first { $0.provider == provider }
  }

  /// The importer that recognises a file.
  public static func recognize(_ probe: Probe) -> (any Importer)? {
    all.first { $0.recognizes(probe) }
  }
}
