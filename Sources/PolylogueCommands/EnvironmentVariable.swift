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
    case .models: "Where installed models are; `polylogue-models` beside the archive without it."
    case .executable: "The program that is started to compute vectors; this one without it."
    case .home: "The home folder; the archive then is `.local/share/polylogue` in it."
    case .noColor: "Set to anything but nothing: no colours."
    case .term: "`dumb`: no colours, no progress bar."
    case .columns:
      "The width of a terminal that does not tell it. What goes into a file or pipe is never cut."
    }
  }
}
