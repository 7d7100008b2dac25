import PolylogueKit
import PolylogueRender

/// `polylogue models test`
struct ModelsTestCommand: Command {
  let name = "models test"
  let summary = "prove the installed model, and measure it"
  let discussion = """
    Computes texts whose vectors are known, then some hundred more: the seconds to load the model,
    the texts of 60 tokens that it computes in a second of one core, the time of a single short text,
    and the memory that its process takes.
    """

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    if context.languageModels.usesEndpoint {
      context.warn("POLYLOGUE_EMBEDDINGS_URL names what is in use; the installed model is tested")
    }
    let found = try context.languageModels.measure()
    if context.isJSON {
      try context.print(
        .object([
          ("ok", .bool(true)), ("name", .string(found.model.name)),
          ("revision", .string(found.model.revision)), ("cosine", .number(found.cosine)),
          ("load_seconds", .seconds(found.loadSeconds)),
          ("texts_per_cpu_second", .number(found.textsPerSecond)),
          ("query_milliseconds", .number(found.queryMilliseconds)),
          ("peak_bytes", .integer(found.peakByteCount)),
        ]))
    } else {
      let rate = Int(exactly: found.textsPerSecond.rounded()) ?? 0
      let query = Int(exactly: found.queryMilliseconds.rounded()) ?? 0
      try context.print([
        "\(VisibleText.oneLine(found.model.name)) computes what it has to",
        "loaded in \(Amount.seconds(found.loadSeconds)); \(Amount.count(rate)) texts of 60 tokens "
          + "a CPU-second; a short one in \(query) ms; \(Amount.bytes(found.peakByteCount)) at most",
      ])
    }
    return .done
  }
}
