import PolylogueKit
import PolylogueRender

/// `polylogue models list`
struct ModelsListCommand: Command {
  let name = "models list"
  let summary = "list the models that are installed and those that can be"
  let discussion = """
    The model in use is the endpoint that POLYLOGUE_EMBEDDINGS_URL names, else the one that is
    installed. Vectors of another model, or of another revision of one, are never compared with it.
    """

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let records = try context.languageModels.list()
    if context.isJSON {
      try context.print(.object([("models", .array(records.map(ModelsListCommand.json)))]))
    } else {
      try context.print(table(records).lines(width: context.width, style: context.style))
    }
    if let problem = context.languageModels.endpointProblem { throw problem }
    return .done
  }

  private func table(_ records: [ModelRecord]) -> Table {
    var table = Table([
      .init(title: "MODEL"), .init(title: "REVISION"), .init(title: "DIMENSIONS", isNumber: true),
      .init(title: "SIZE", isNumber: true), .init(title: "STATE"),
      .init(title: "PLACE", isOptional: true),
    ])
    for record in records {
      let state =
        record.isActive ? "in use" : record.isInstalled ? "installed" : "can be installed"
      table.add([
        VisibleText.oneLine(record.model.name), VisibleText.oneLine(record.model.revision),
        record.model.dimensions == 0 ? "–" : String(record.model.dimensions),
        record.byteCount == 0 ? "–" : Amount.bytes(record.byteCount), state,
        VisibleText.oneLine(record.location ?? "–"),
      ])
    }
    return table
  }

  /// A model of the document of `--json`.
  static func json(_ record: ModelRecord) -> JSON {
    .object([
      ("name", .string(record.model.name)), ("revision", .string(record.model.revision)),
      (
        "dimensions",
        record.model.dimensions == 0 ? .null : .integer(record.model.dimensions)
      ),
      ("token_limit", .integer(record.model.tokenLimit)), ("installed", .bool(record.isInstalled)),
      ("active", .bool(record.isActive)), ("bytes", .integer(record.byteCount)),
      ("location", .string(record.location)),
    ])
  }
}
