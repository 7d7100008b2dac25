import PolylogueKit
import PolylogueModel
import PolylogueRender

/// `polylogue stats`
struct StatsCommand: Command {
  let name = "stats"
  let summary = "count what the archive holds"
  var flags: [FlagDeclaration] { [Self.by.declaration] }
  let examples: [Example] = [Example("polylogue stats --by month", "Counts by month")]

  private static let by = Option<Grouping>.choice(
    "by", "WHAT", help: "Also count by provider, model, role, day, month or project.")

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let grouping = try invocation.value(Self.by)
    let statistics = try context.withArchive(.read) { try $0.statistics(by: grouping) }
    if context.isJSON {
      try context.print(StatsCommand.json(statistics, grouping: grouping))
    } else {
      try show(statistics, grouping: grouping, context)
    }
    return .done
  }

  /// The document of `--json`.
  static func json(_ statistics: Statistics, grouping: Grouping?) -> JSON {
    let tokens = statistics.tokens
    return .object([
      ("conversations", .integer(statistics.conversations)),
      ("messages", .integer(statistics.messages)),
      ("attachments", .integer(statistics.attachments)),
      (
        "providers",
        .object(
          statistics.providers.map { entry in
            (
              key: entry.provider.rawValue,
              value: .object([
                ("conversations", .integer(entry.conversations)),
                ("messages", .integer(entry.messages)),
              ])
            )
          })
      ),
      (
        "bytes",
        .object([
          ("raw", .integer(statistics.bytes.raw)), ("stored", .integer(statistics.bytes.stored)),
          ("archive", .integer(statistics.bytes.archive)),
          ("index", .integer(statistics.bytes.index)),
        ])
      ),
      (
        "tokens",
        .object([
          ("input", .integer(tokens.input)), ("output", .integer(tokens.output)),
          ("cache_read", .integer(tokens.cacheRead)),
          ("cache_write", .integer(tokens.cacheWrite)),
          ("reasoning", .integer(tokens.reasoning)),
        ])
      ),
      ("grouping", .string(grouping?.rawValue)),
      (
        "by",
        .array(
          statistics.by.map { entry in
            .object([
              ("key", .string(entry.key)), ("conversations", .integer(entry.conversations)),
              ("messages", .integer(entry.messages)),
            ])
          })
      ),
    ])
  }

  private func show(
    _ statistics: Statistics, grouping: Grouping?, _ context: CommandContext
  ) throws {
    let bytes = statistics.bytes
    try context.print([
      "conversations  \(Amount.count(statistics.conversations))",
      "messages       \(Amount.count(statistics.messages))",
      "attachments    \(Amount.count(statistics.attachments))",
      "imported       \(Amount.bytes(bytes.raw)), kept in \(Amount.bytes(bytes.stored))",
      "archive        \(Amount.bytes(bytes.archive)), index \(Amount.bytes(bytes.index))",
    ])
    let tokens = statistics.tokens
    if tokens.input + tokens.output > 0 {
      try context.out.line(
        "tokens         \(Amount.count(tokens.input)) in, \(Amount.count(tokens.output)) out")
    }
    var table = Table([
      .init(title: (grouping?.rawValue ?? "provider").uppercased(), isFlexible: true),
      .init(title: "CONVERSATIONS", isNumber: true), .init(title: "MESSAGES", isNumber: true),
    ])
    if grouping == nil {
      for entry in statistics.providers {
        add(entry.provider.rawValue, entry.conversations, entry.messages, to: &table)
      }
    } else {
      for entry in statistics.by { add(entry.key, entry.conversations, entry.messages, to: &table) }
    }
    guard !table.rows.isEmpty else { return }
    try context.out.line("")
    try context.print(table.lines(width: context.width, style: context.style))
  }

  private func add(_ key: String, _ conversations: Int, _ messages: Int, to table: inout Table) {
    table.add([
      key.isEmpty ? "(none)" : VisibleText.oneLine(key), Amount.count(conversations),
      Amount.count(messages),
    ])
  }
}
