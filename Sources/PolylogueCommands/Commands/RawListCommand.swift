import PolylogueKit
import PolylogueModel
import PolylogueRender

/// `polylogue raw list`
struct RawListCommand: Command {
  let name = "raw list"
  let summary = "list what was imported"
  let operands = [
    Operand(
      name: "IMPORT", help: "Only imports whose number, SHA-256 or path fits.", isOptional: true)
  ]
  let examples: [Example] = [Example("polylogue raw list", "Lists all imported files")]

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let imports = try context.withArchive(.read) {
      RawListCommand.select(invocation.operands.first, among: try $0.imports())
    }
    if context.isJSON {
      try context.print(.object([("imports", .array(imports.map(RawListCommand.json)))]))
      return .done
    }
    guard !imports.isEmpty else {
      try context.out.line("no imports")
      return .done
    }
    var table = Table([
      .init(title: "IMPORT", isNumber: true), .init(title: "PROVIDER"),
      .init(title: "SIZE", isNumber: true), .init(title: "STATUS"),
      .init(title: "PATH", least: 32, keepsEnd: true), .init(title: "IMPORTED", isOptional: true),
      .init(title: "SHA-256", isOptional: true),
    ])
    for record in imports {
      table.add(
        [
          String(record.id), VisibleText.oneLine(record.provider?.rawValue ?? "–"),
          Amount.bytes(record.byteCount), record.status.name, VisibleText.oneLine(record.path),
          record.importedAt.short, String(record.sha256.prefix(12)),
        ], note: record.error.map(VisibleText.oneLine))
    }
    try context.print(table.lines(width: context.width, style: context.style))
    return .done
  }

  /// The imports whose number, SHA-256 or path fits.
  private static func select(_ wanted: String?, among imports: [ImportRecord]) -> [ImportRecord] {
    guard let wanted else { return imports }
    return imports.filter {
      String($0.id) == wanted || $0.path.contains(wanted)
        || (wanted.utf8.count >= 8 && $0.sha256.hasPrefix(wanted.lowercased()))
    }
  }

  /// An import of the document of `--json`.
  static func json(_ record: ImportRecord) -> JSON {
    .object([
      ("id", .integer(record.id)), ("path", .string(record.path)),
      ("sha256", .string(record.sha256)), ("bytes", .integer(record.byteCount)),
      ("provider", .string(record.provider?.rawValue)),
      ("imported_at", .string(record.importedAt.iso)), ("status", .string(record.status.name)),
      ("error", .string(record.error)),
      ("kind", .string(record.kind.name)), ("conversations", .integer(record.conversations)),
      ("messages", .integer(record.messages)),
      ("receipt", record.receipt.map { JSON.text($0) } ?? .null),
    ])
  }
}
