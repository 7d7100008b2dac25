import PolylogueKit
import PolylogueModel
import PolylogueRender

/// `polylogue list`
struct ListCommand: Command {
  let name = "list"
  let summary = "list conversations, newest first"
  var flags: [FlagDeclaration] {
    [Self.limit.declaration, Self.after.declaration, Self.all.declaration] + FilterFlags.all
  }
  let examples: [Example] = [
    Example(
      "polylogue list --provider chatgpt --since 30d", "Lists last month's ChatGPT conversations")
  ]

  private static let limit = Option.number(
    "limit", "N", help: "The most conversations to list; 50 without it.", minimum: 1)
  private static let after = Option.text(
    "after", "CURSOR", help: "Go on behind a page: the “next” of its document.")
  private static let all = Switch("all", help: "List all of them.")

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let filter = try FilterFlags.filter(of: invocation)
    let limit = invocation.has(Self.all) ? nil : try invocation.value(Self.limit) ?? 50
    let cursor = try invocation.value(Self.after)
    // Whoever reads the output as a file gets whole ids, a person those that fit beside a title.
    let isShort = context.width != nil && !context.isJSON
    let (page, ids) = try context.withArchive(filter: filter) { archive in
      let page = try archive.list(filter: filter, limit: limit, after: cursor)
      return (
        page, try page.items.map { isShort ? try archive.shortID(of: $0.id) : $0.id.description }
      )
    }
    if context.isJSON {
      try context.print(
        .object([
          ("conversations", .array(page.items.map(ListCommand.json))),
          ("next", .string(page.next)),
        ]))
      return .done
    }
    guard !page.items.isEmpty else {
      try context.out.line("no conversations")
      return .done
    }
    try context.print(table(page.items, ids).lines(width: context.width, style: context.style))
    if let next = page.next {
      try context.out.line(context.style.dim("more: --after \(next)"))
    }
    return .done
  }

  /// A conversation of the document of `--json`.
  static func json(_ item: ConversationSummary) -> JSON {
    .object([
      ("id", .string(item.id.description)), ("provider", .string(item.id.provider.rawValue)),
      ("title", .string(item.title)), ("created_at", .string(item.createdAt?.iso)),
      ("updated_at", .string(item.updatedAt?.iso)), ("messages", .integer(item.messages)),
      ("models", .strings(item.models)), ("tags", .strings(item.tags)),
      ("starred", .bool(item.isStarred)), ("note", .string(item.note)),
      ("project", .string(item.project)),
    ])
  }

  private func table(_ items: [ConversationSummary], _ ids: [String]) -> Table {
    var table = Table([
      .init(title: "UPDATED", isOptional: true), .init(title: "MESSAGES", isNumber: true),
      .init(title: "TITLE", least: 28, limit: 60), .init(title: "ID", least: 20),
    ])
    for (item, id) in zip(items, ids) {
      // In front, where a long title does not push them out.
      let marks =
        (item.isStarred ? "★ " : "")
        + item.tags.map { UserDataDocument.tags([$0]) + " " }
        .joined()
      table.add([
        (item.updatedAt ?? item.createdAt)?.short ?? "–", Amount.count(item.messages),
        marks + VisibleText.oneLine(item.title ?? "Untitled"), VisibleText.oneLine(id),
      ])
    }
    return table
  }
}
