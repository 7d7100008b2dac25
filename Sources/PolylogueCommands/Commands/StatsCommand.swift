import PolylogueKit
import PolylogueModel
import PolylogueRender

/// `polylogue stats`
struct StatsCommand: Command {
  let name = "stats"
  let summary = "count what the archive holds"
  var flags: [FlagDeclaration] { [Self.by.declaration] }
  let examples: [Example] = [Example("polylogue stats --by month", "Counts by month")]

  private static let by = Option<Statistics.Grouping>.choice(
    "by", "WHAT", help: "Count by provider, model, role, day, month or project.")

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let grouping = try invocation.value(Self.by)
    let (statistics, missing) = try context.withArchive(.read) {
      (try $0.statistics(by: grouping), try $0.missingAttachments())
    }
    if context.isJSON {
      try context.print(StatsCommand.json(statistics, missing: missing, grouping: grouping))
    } else {
      try show(statistics, missing: missing, grouping: grouping, context)
    }
    return .done
  }

  /// The document of `--json`.
  static func json(_ statistics: Statistics, missing: Int, grouping: Statistics.Grouping?) -> JSON {
    .object([
      ("conversations", .integer(statistics.conversations)),
      ("messages", .integer(statistics.messages)),
      ("attachments", .integer(statistics.attachments)),
      ("attachments_missing", .integer(missing)),
      (
        "providers",
        .object(
          statistics.providers.map { entry in
            (
              key: entry.key,
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
          ("raw", .integer(statistics.bytes.raw)),
          ("archive", .integer(statistics.bytes.archive)),
          ("index", .integer(statistics.bytes.index)),
          ("vectors", .integer(statistics.bytes.vectors)),
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
    _ statistics: Statistics, missing: Int, grouping: Statistics.Grouping?,
    _ context: CommandContext
  ) throws {
    if grouping == nil {
      try showTotals(statistics, missing: missing, context)
      try context.out.line("")
    }
    var table = Table([
      .init(title: (grouping?.rawValue ?? "provider").uppercased(), least: 12),
      .init(title: "CONVERSATIONS", isNumber: true), .init(title: "MESSAGES", isNumber: true),
    ])
    if grouping == nil {
      for entry in statistics.providers {
        add(entry.key, entry.conversations, entry.messages, to: &table)
      }
    } else {
      for entry in statistics.by { add(entry.key, entry.conversations, entry.messages, to: &table) }
    }
    try context.print(table.lines(width: context.width, style: context.style))
  }

  private func showTotals(_ statistics: Statistics, missing: Int, _ context: CommandContext) throws
  {
    let bytes = statistics.bytes
    try context.print([
      "conversations  \(Amount.count(statistics.conversations))",
      "messages       \(Amount.count(statistics.messages))",
      "attachments    \(Amount.count(statistics.attachments))"
        + (missing > 0 ? ", \(Amount.count(missing)) not in the archive" : ""),
      "imported       \(Amount.bytes(bytes.raw))",
      "archive        \(Amount.bytes(bytes.archive)), index \(Amount.bytes(bytes.index))"
        + (bytes.vectors > 0 ? ", vectors \(Amount.bytes(bytes.vectors))" : ""),
    ])
  }

  private func add(_ key: String, _ conversations: Int, _ messages: Int, to table: inout Table) {
    table.add([
      key.isEmpty ? "(none)" : VisibleText.oneLine(key), Amount.count(conversations),
      Amount.count(messages),
    ])
  }
}
