import Glibc
import PolylogueImport
import PolylogueKit
import PolylogueModel
import PolylogueRender

/// `polylogue import`
struct ImportCommand: Command {
  let name = "import"
  let summary = "take exports and session files into the archive"
  let stopsByItself = true
  let discussion = """
    Takes data exports (ZIP files, folders, single files) of ChatGPT and Claude.ai, project folders
    of Claude Code, rollout files of Codex, prompts of Google AI Studio, a Google Takeout with the
    activity of the Gemini app, sessions of Gemini CLI, Markdown files with a conversation, and
    Polylogue's own JSON Lines (“export --format jsonl”). What a file is, is found out from its
    content. Every byte is kept; importing the same or a newer export again adds only what is new.

    An input that cannot be read is named on standard error and does not stop the others. A file is
    complete when every conversation and message in it was understood; partial when something in it
    is damaged or was not understood, or its export lacks a part; failed when nothing of it could be
    read. Partial and failed files are named with their reason, every time they are imported, and
    the exit status is 3 (1 when nothing at all was imported). Files without a message count as
    complete, and the summary says so. A conversation that stands in two files is stored once and
    counted for each. Ctrl-C stops within a second; what was acknowledged is kept, and running again
    completes it.
    """
  let operands = [
    Operand(
      name: "PATH", help: "A file, a folder, a ZIP file, or - for standard input.",
      isRepeatable: true, isPath: true)
  ]
  var flags: [FlagDeclaration] {
    [
      Self.provider.declaration, Self.dryRun.declaration, Self.receipt.declaration,
      Self.progress.declaration,
    ]
  }
  let examples: [Example] = [
    Example("polylogue import ~/Downloads/chatgpt-export.zip", "Takes a ChatGPT export"),
    Example("polylogue import ~/.claude/projects ~/.codex/sessions", "Takes the agents' sessions"),
  ]

  private static let provider = Option<Provider>(
    "provider", "NAME",
    help: "Do not find out, take it as: \(providerNames.joined(separator: ", ")).",
    choices: providerNames
  ) { text throws(UsageError) in
    guard providerNames.contains(text) else {
      throw UsageError.unknownChoice(text, of: "--provider", among: providerNames)
    }
    return Provider(rawValue: text)
  }
  private static let providerNames = ProviderNames.known
  static let dryRun = Switch(
    "dry-run", help: "Read and judge everything, change nothing.")
  static let receipt = Switch(
    "receipt", help: "Tell for each file what was seen, understood, skipped and why.")
  static let progress = Option<ProgressMode>.choice(
    "progress", "HOW",
    help: """
      auto: a bar where standard error is a terminal; none; lines: print “imported<TAB>PATH” on \
      standard output for each file once it is durably in the archive.
      """)

  enum ProgressMode: String, CaseIterable, Sendable {
    case auto, none, lines
  }

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    try take(invocation, as: invocation.value(Self.provider), in: context)
  }

  /// Imports what a command line names, and tells what came of it.
  ///
  /// - Parameter provider: Whose files they are; nil finds it out.
  func take(
    _ invocation: Invocation, as provider: Provider?, in context: CommandContext
  ) throws -> ExitStatus {
    var options = ImportOptions()
    options.provider = provider
    options.wantsKnownReceipts = invocation.has(Self.receipt)
    options.isDryRun = invocation.has(Self.dryRun)
    let mode = try invocation.value(Self.progress) ?? .auto
    let wantsReceipt = invocation.has(Self.receipt)
    if context.isJSON, mode == .lines {
      throw UsageError(
        "--json and --progress lines both want standard output; give one")
    }
    let progress = context.progressLine(isWanted: mode != .none)
    var outputFailure: (any Error)?
    let onEvent: (ImportEvent) -> Void = { event in
      do {
        try show(event, mode: mode, progress: progress, context: context)
      } catch {
        outputFailure = outputFailure ?? error
        Interruption.request()
      }
    }
    let report = try self.report(of: invocation.operands, options, in: context, onEvent)
    progress.clear()
    if let outputFailure { throw outputFailure }
    if let warning = ImportDocument.driftWarning(report.drift) { context.warn(warning) }
    try tell(report, wantsReceipt: wantsReceipt, isQuiet: mode == .lines, context)
    return status(of: report, context)
  }

  private func report(
    of paths: [String], _ options: ImportOptions, in context: CommandContext,
    _ onEvent: @escaping (ImportEvent) -> Void
  ) throws -> ImportReport {
    let isCancelled = { Interruption.isRequested }
    // A mistyped name is no reason to make an archive.
    let isAnyThere = paths.contains { $0 == "-" || access($0, F_OK) == 0 }
    guard !options.isDryRun, isAnyThere else {
      return try Archive.rehearseImport(
        paths, at: context.archivePath(), options: options, isCancelled: isCancelled,
        onEvent: onEvent)
    }
    return try context.withArchive(.write) {
      try $0.importPaths(paths, options: options, isCancelled: isCancelled, onEvent: onEvent)
    }
  }

  private func show(
    _ event: ImportEvent, mode: ProgressMode, progress: ProgressLine, context: CommandContext
  ) throws {
    switch event {
    case .started(let path):
      progress.update("reading \(VisibleText.oneLine(path))")
    case .advanced(let path, let bytes, let total):
      progress.update("\(ProgressLine.bar(done: bytes, of: total)) \(VisibleText.oneLine(path))")
    case .imported(let path):
      if mode == .lines {
        // Only now, and at once: the line is the promise that the file is durably in the archive.
        try context.out.line("imported\t" + ImportCommand.acknowledged(path))
        try context.out.flush()
      }
    case .failed(let path, let reason):
      progress.clear()
      context.warn("\(path): \(reason)")
    case .indexing(let done, let total):
      progress.update("\(ProgressLine.bar(done: done, of: total)) indexing")
    }
  }

  /// A path on one line: control characters and backslashes escaped, everything else as it is, so
  /// that a script can tell which file is meant.
  static func acknowledged(_ path: String) -> String {
    var out = String.UnicodeScalarView()
    for scalar in path.unicodeScalars {
      switch scalar.value {
      case 0x5C: out.append(contentsOf: "\\\\".unicodeScalars)
      case 0x0A: out.append(contentsOf: "\\n".unicodeScalars)
      case 0x09: out.append(contentsOf: "\\t".unicodeScalars)
      case 0..<0x20, 0x7F...0x9F:
        let hex = String(scalar.value, radix: 16)
        out.append(contentsOf: ("\\x" + (hex.utf8.count < 2 ? "0" : "") + hex).unicodeScalars)
      default: out.append(scalar)
      }
    }
    return String(out)
  }

  // MARK: The result

  private func tell(
    _ report: ImportReport, wantsReceipt: Bool, isQuiet: Bool, _ context: CommandContext
  ) throws {
    if context.isJSON {
      try context.print(ImportDocument.json(report, withReceipts: wantsReceipt))
      return
    }
    if wantsReceipt { try context.print(ImportDocument.receiptLines(report)) }
    if !isQuiet {
      try context.print(ImportDocument.lines(report))
      try context.out.flush()
    }
  }

  private func status(of report: ImportReport, _ context: CommandContext) -> ExitStatus {
    if report.wasCancelled {
      context.warn(Interruption.notice)
      return .failed
    }
    let found = report.conversations
    let isEmpty = found.new + found.updated + found.unchanged + report.deletedConversations == 0
    if !report.failed.isEmpty {
      return report.files == 0 ? .failed : .partlyFailed
    }
    if isEmpty {
      context.warn(ImportDocument.emptiness(report))
    }
    return ImportDocument.isFruitless(report) ? .failed : .done
  }
}
