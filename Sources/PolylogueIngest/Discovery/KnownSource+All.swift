/// The list is all that there is to a place: a new one is a line here.
extension KnownSource {
  /// All known places, in the order in which they are told.
  static let all: [KnownSource] = agents + editors + others

  private static let claude: [Root] = [
    .variable("CLAUDE_CONFIG_DIR", "", else: [.home(".claude"), .config("claude")])
  ]
  private static let codex: [Root] = [.variable("CODEX_HOME", "", else: [.home(".codex")])]
  private static let gemini: [Root] = [
    .variable("GEMINI_CLI_HOME", ".gemini", else: [.home(".gemini")])
  ]
  /// Claude Code looks at the time of a file's last change
  /// (<https://docs.anthropic.com/en/docs/claude-code/settings>).
  private static let cleanup = Retention(
    settings: (file: "settings.json", key: "cleanupPeriodDays"), days: 30)
  private static let database = "it is a SQLite database"
  private static let encrypted = "it is encrypted"

  /// Agents of the terminal.
  private static let agents: [KnownSource] = [
    KnownSource(
      "claude-code", "Claude Code", "session", claude, ["projects/*/*.jsonl"], retention: cleanup),
    KnownSource(
      "claude-code", "Claude Code", "subagent", claude, ["projects/*/*/subagents/**/*.jsonl"],
      retention: cleanup),
    KnownSource("claude-code", "Claude Code", "prompt history", claude, ["history.jsonl"]),
    KnownSource(
      "codex", "Codex", "session", codex,
      ["sessions/**/rollout-*.jsonl", "archived_sessions/*.jsonl"]),
    KnownSource(
      "codex", "Codex", "compressed session", codex,
      ["sessions/**/rollout-*.jsonl.zst", "archived_sessions/*.jsonl.zst"],
      obstacle: "it is compressed; unpack it with zstd -d"),
    KnownSource("codex", "Codex", "older session", codex, ["sessions/rollout-*.json"]),
    KnownSource("codex", "Codex", "prompt history", codex, ["history.jsonl"]),
    KnownSource(
      "gemini-cli", "Gemini CLI", "session", gemini,
      ["tmp/*/chats/**/*.json", "tmp/*/chats/**/*.jsonl"]),
    KnownSource(
      "gemini-cli", "Gemini CLI", "log or checkpoint", gemini,
      ["tmp/*/logs.json", "tmp/*/checkpoint*.json", "tmp/*/checkpoints/*.json"]),
    KnownSource(
      "antigravity", "Antigravity", "document", [.home(".gemini/antigravity")], ["brain/*/*.md"]),
    KnownSource(
      "antigravity", "Antigravity", "conversation", [.home(".gemini/antigravity")],
      ["conversations/*.pb", "conversations/*.db"], obstacle: encrypted),
    KnownSource(
      "copilot-cli", "Copilot CLI", "session", [.home(".copilot/session-state")],
      ["*/events.jsonl", "*.jsonl"]),
    KnownSource(
      "opencode", "OpenCode", "database", [.data("opencode")], ["opencode*.db"],
      obstacle: database),
    KnownSource(
      "opencode", "OpenCode", "older session", [.data("opencode/storage/session")],
      ["**/*.json"]),
    KnownSource("aider", "Aider", "history", [.projects], [".aider.chat.history.md"]),
    KnownSource(
      "goose", "Goose", "database", [.data("goose/sessions")], ["sessions.db"],
      obstacle: database),
    KnownSource("goose", "Goose", "older session", [.data("goose/sessions")], ["*.jsonl"]),
    KnownSource("amp", "Amp", "thread", [.data("amp/threads")], ["T-*.json"]),
    KnownSource("crush", "Crush", "database", [.projects], [".crush/crush.db"], obstacle: database),
    KnownSource(
      "openhands", "OpenHands", "event", [.home(".openhands/conversations")],
      ["*/events/*.json"]),
    KnownSource(
      "amazon-q", "Amazon Q", "database", [.data("amazon-q")], ["data.sqlite3"],
      obstacle: database),
    KnownSource("kiro", "Kiro", "session", [.home(".kiro/sessions/cli")], ["*.jsonl"]),
    KnownSource(
      "kiro", "Kiro", "database", [.data("kiro-cli")], ["data.sqlite3"], obstacle: database),
    KnownSource(
      "qwen-code", "Qwen Code", "session", [.home(".qwen")],
      ["projects/*/chats/*.jsonl", "tmp/*/chats/**/*.json", "tmp/*/chats/**/*.jsonl"]),
    KnownSource(
      "vibe", "Mistral Vibe", "session", [.home(".vibe/logs/session")],
      ["*/messages.jsonl", "session_*.json"]),
    KnownSource("kimi", "Kimi CLI", "session", [.home(".kimi/sessions")], ["*/*/wire.jsonl"]),
    KnownSource("kimi", "Kimi Code", "session", [.home(".kimi-code")], ["**/agents/*/wire.jsonl"]),
    KnownSource(
      "grok-build", "Grok Build", "session", [.home(".grok/sessions")], ["*/*/updates.jsonl"]),
    KnownSource("pi", "Pi", "session", [.home(".pi/agent/sessions")], ["*/*.jsonl"]),
    KnownSource(
      "factory-droid", "Factory Droid", "session", [.home(".factory/sessions")], ["*/*.jsonl"]),
    KnownSource(
      "gptme", "gptme", "session", [.data("gptme/logs")],
      ["*/conversation.jsonl", "*/branches/*.jsonl"]),
    KnownSource(
      "hermes", "Hermes", "database", [.home(".hermes")], ["state.db"], obstacle: database),
    KnownSource("hermes", "Hermes", "older session", [.home(".hermes/sessions")], ["*.jsonl"]),
    KnownSource(
      "openclaw", "OpenClaw", "session", [.home(".openclaw/agents"), .home(".clawdbot/agents")],
      ["*/sessions/*.jsonl", "*/sessions/*.jsonl.deleted.*", "*/sessions/*.jsonl.reset.*"]),
  ]

  private static let codeEditors = ["Code", "Code - Insiders", "VSCodium", "Cursor", "Windsurf"]

  private static func editorRoots(_ path: String) -> [Root] {
    codeEditors.map { .config("\($0)/User\(path)") }
  }

  private static func extensionTasks(
    _ provider: String, _ program: String, _ identifier: String
  ) -> KnownSource {
    KnownSource(
      provider, program, "task", editorRoots("/globalStorage/\(identifier)/tasks"),
      ["*/api_conversation_history.json", "*/ui_messages.json"])
  }

  /// Editors and their extensions.
  private static let editors: [KnownSource] = [
    KnownSource(
      "cursor", "Cursor", "transcript", [.home(".cursor/projects")],
      ["*/agent-transcripts/*.txt", "*/agent-transcripts/*/*.jsonl"]),
    KnownSource(
      "cursor", "Cursor", "database", [.config("Cursor/User"), .home(".cursor/chats")],
      ["globalStorage/state.vscdb", "workspaceStorage/*/state.vscdb", "*/*/store.db"],
      obstacle: database),
    KnownSource(
      "copilot", "GitHub Copilot", "session", editorRoots(""),
      [
        "workspaceStorage/*/chatSessions/*.json", "workspaceStorage/*/chatSessions/*.jsonl",
        "globalStorage/emptyWindowChatSessions/*.json",
        "globalStorage/emptyWindowChatSessions/*.jsonl",
      ]),
    extensionTasks("cline", "Cline", "saoudrizwan.claude-dev"),
    extensionTasks("roo-code", "Roo Code", "rooveterinaryinc.roo-cline"),
    extensionTasks("kilo-code", "Kilo Code", "kilocode.kilo-code"),
    KnownSource(
      "continue", "Continue", "session", [.home(".continue/sessions"), .home(".pearai/sessions")],
      ["*.json"]),
    KnownSource(
      "zed", "Zed", "database", [.data("zed/threads")], ["threads.db"], obstacle: database),
    KnownSource(
      "windsurf", "Windsurf", "conversation", [.home(".codeium/windsurf/cascade")], ["*.pb"],
      obstacle: encrypted),
  ]

  /// Local models, applications, and exports that were downloaded.
  private static let others: [KnownSource] = [
    KnownSource(
      "lm-studio", "LM Studio", "conversation", [.home(".lmstudio/conversations")],
      ["**/*.conversation.json"]),
    KnownSource(
      "llm", "llm", "database", [.config("io.datasette.llm")], ["logs.db"], obstacle: database),
    KnownSource(
      "chatgpt", "ChatGPT for macOS", "conversation",
      [.home("Library/Application Support/com.openai.chat")], ["conversations-v*-*/*"],
      obstacle: encrypted),
    KnownSource(
      "claude", "Claude.ai", "export", [.home("Downloads")], ["data-*-batch-*.zip"]),
    KnownSource(
      "gemini-apps", "Google Takeout", "export", [.home("Downloads")], ["takeout-*.zip"]),
  ]
}
