/// The environment variables that the program reads.
enum EnvironmentVariable: String, CaseIterable {
  case archiveRoot = "POLYLOGUE_ARCHIVE_ROOT"
  case dataHome = "XDG_DATA_HOME"
  case configHome = "XDG_CONFIG_HOME"
  case home = "HOME"
  case models = "POLYLOGUE_MODELS"
  case executable = "POLYLOGUE_EXECUTABLE"
  case claudeConfig = "CLAUDE_CONFIG_DIR"
  case codexHome = "CODEX_HOME"
  case geminiHome = "GEMINI_CLI_HOME"
  case embeddingsURL = "POLYLOGUE_EMBEDDINGS_URL"
  case embeddingsModel = "POLYLOGUE_EMBEDDINGS_MODEL"
  case embeddingsKey = "POLYLOGUE_EMBEDDINGS_KEY"
  case embeddingsDimensions = "POLYLOGUE_EMBEDDINGS_DIMENSIONS"
  case path = "PATH"
  case noColor = "NO_COLOR"
  case term = "TERM"
  case columns = "COLUMNS"

  /// What it does.
  var meaning: String {
    switch self {
    case .archiveRoot: "The archive's folder, where `--archive` is not given."
    case .dataHome: "Where the archive's folder `polylogue` stands, where nothing else names it."
    case .configHome: "Where `sources discover` looks for what editors keep; `.config` without it."
    case .claudeConfig: "Claude Code's folder, for `sources discover`; `.claude` without it."
    case .codexHome: "Codex's folder, for `sources discover`; `.codex` without it."
    case .geminiHome: "What Gemini CLI takes for the home folder, for `sources discover`."
    case .models:
      "Where installed models are; `polylogue-models` beside the archive without it."
    case .executable:
      "The program that is started to compute vectors; this one without it."
    case .embeddingsURL:
      "An endpoint in OpenAI's form that computes vectors; texts of the archive are sent to it."
    case .embeddingsModel: "What that endpoint calls the model."
    case .embeddingsKey: "The key that it wants to see."
    case .embeddingsDimensions: "How long vectors it is asked for; what it gives without it."
    case .path: "Where `models install` finds python3."
    case .home: "The home folder; the archive then is `.local/share/polylogue` in it."
    case .noColor: "Set to anything but nothing: no colours."
    case .term: "`dumb`: no colours, no progress bar."
    case .columns:
      "The width of a terminal that does not tell it. What goes into a file or pipe is never cut."
    }
  }
}
