import Glibc
import PolylogueKit
import PolylogueRender

/// The program `polylogue`.
public enum Program {
  /// All commands, in the order of the help.
  static let commands: [any Command] = [
    ImportCommand(), SearchCommand(), SimilarCommand(), ListCommand(), ShowCommand(),
    StatsCommand(),
    RenderCommand(), ExportCommand(), RawListCommand(), RawExportCommand(), RawCatCommand(),
    TagCommand(), StarCommand(), NoteCommand(), DeleteCommand(), SourcesDiscoverCommand(),
    MigrateCommand(), VerifyCommand(), ReprocessCommand(), ReindexCommand(), EmbedCommand(),
    ExtractTextCommand(), OptimizeCommand(), DoctorCommand(), EvalCommand(),
    WeightsCommand(),
    ModelsInstallCommand(), ModelsListCommand(), ModelsTestCommand(), ModelsRemoveCommand(),
    HelpCommand(), CompletionsCommand(), VersionCommand(),
  ]

  /// Commands that the interface names and this version does not have.
  static let laterCommands: Set<String> = [
    "backup", "restore", "salvage", "secrets", "sync", "watch", "repo", "journal",
    "chat", "ask",
    "serve",
    "mcp",
  ]

  /// Runs with the process's arguments, environment and streams, and takes its signals.
  ///
  /// - Returns: The status to exit with.
  public static func main() -> Int32 {
    if CommandLine.arguments.dropFirst().first == EmbeddingWorker.command {
      return EmbeddingWorker.run(Array(CommandLine.arguments.dropFirst(2)))
    }
    // Whatever it is called, this program is its own worker.
    setenv("POLYLOGUE_EXECUTABLE", "/proc/self/exe", 0)
    Interruption.install()
    return run(
      arguments: Array(CommandLine.arguments.dropFirst()), environment: nil,
      standardOutput: STDOUT_FILENO, standardError: STDERR_FILENO
    ).rawValue
  }

  /// Runs one command line.
  ///
  /// - Parameters:
  ///   - arguments: What follows the program's name.
  ///   - environment: Variables by name; nil asks the process's environment.
  ///   - standardOutput: The descriptor that results are written to.
  ///   - standardError: The descriptor that progress and warnings are written to.
  /// - Returns: How it ended; failures have been told on standard error.
  public static func run(
    arguments: [String], environment: [String: String]?, standardOutput: Int32,
    standardError: Int32
  ) -> ExitStatus {
    let out = Output(descriptor: standardOutput)
    let errors = Output(descriptor: standardError)
    var status: ExitStatus
    do {
      status = try perform(
        arguments, environment: Environment(values: environment), out: out, errors: errors)
    } catch {
      status = tell(error, errors)
    }
    do {
      try out.flush()
    } catch {
      let flushed = tell(error, errors)
      if status == .done { status = flushed }
    }
    return status
  }

  private static func tell(_ error: any Error, _ errors: Output) -> ExitStatus {
    let (status, line) = ExitStatus.judge(error)
    if let line {
      // Where standard error is closed there is nobody left to tell.
      try? errors.line("polylogue: " + VisibleText.oneLine(line))
      try? errors.flush()
    }
    return status
  }

  private static func perform(
    _ arguments: [String], environment: Environment, out: Output, errors: Output
  ) throws -> ExitStatus {
    let parsed = try ArgumentParser(commands: commands).parse(arguments)
    let invocation = parsed.invocation
    let context = try CommandContext(
      out: out, errors: errors, environment: environment, invocation: invocation)
    if invocation.has(GlobalFlags.version) {
      return try VersionCommand().run(invocation, in: context)
    }
    if invocation.has(GlobalFlags.help) {
      let pages = HelpPage(commands: commands)
      try out.write(parsed.command.map(pages.page) ?? pages.overview)
      return .done
    }
    guard let command = parsed.command else {
      try errors.write(HelpPage(commands: commands).overview)
      try errors.flush()
      return .usage
    }
    guard !context.isJSON || command.hasDocument else {
      throw UsageError("\(command.name) prints no JSON document; leave out --json")
    }
    Interruption.await(command.stopsByItself)
    do {
      return try command.run(invocation, in: context)
    } catch var error as UsageError {
      error.command = error.command ?? command.name
      throw error
    }
  }
}
