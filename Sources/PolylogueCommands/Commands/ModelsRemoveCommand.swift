import PolylogueKit
import PolylogueRender

/// `polylogue models remove`
struct ModelsRemoveCommand: Command {
  let name = "models remove"
  let summary = "remove an installed model"
  let discussion = """
    Vectors that it has computed stay in the archive's index and are used again when the same model
    is installed again.
    """
  let operands = [Operand(name: "NAME", help: "The model's name, or NAME@REVISION.")]

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    guard let name = invocation.operands.first, !name.isEmpty else {
      throw UsageError("models remove needs the name of a model")
    }
    let freed = try context.languageModels.remove(name)
    if context.isJSON {
      try context.print(
        .object([("ok", .bool(true)), ("name", .string(name)), ("bytes", .integer(freed))]))
    } else {
      try context.out.line("\(VisibleText.oneLine(name)) is removed: \(Amount.bytes(freed)) freed")
    }
    return .done
  }
}
