import Glibc
import PolylogueKit
import PolylogueRender

/// What a command works with: its streams, its environment, the archive's place.
final class CommandContext {
  /// Results.
  let out: Output
  /// Progress and warnings.
  let errors: Output
  /// Whether `--json` was given.
  let isJSON: Bool
  /// Colours on standard output.
  let style: Style
  /// The columns that tables on standard output fit in; nil where nothing is cut.
  let width: Int?
  private let environment: Environment
  private let archiveFlag: String?

  init(
    out: Output, errors: Output, environment: Environment, invocation: Invocation
  ) throws(UsageError) {
    self.out = out
    self.errors = errors
    self.environment = environment
    isJSON = invocation.has(GlobalFlags.json)
    archiveFlag = try invocation.value(GlobalFlags.archive)
    let isDumb = environment[.term] == "dumb"
    style = Style(isOn: out.isTerminal && !isDumb && (environment[.noColor] ?? "").isEmpty)
    width =
      out.isTerminal
      ? max(40, out.terminalWidth ?? environment[.columns].flatMap { Int($0) } ?? 80) : nil
  }

  /// The value of an environment variable that the program reads.
  func variable(_ name: String) -> String? {
    EnvironmentVariable(rawValue: name).flatMap { environment[$0] }
  }

  /// The language models of this machine.
  var languageModels: LanguageModels {
    let environment = environment
    return LanguageModels { name in
      EnvironmentVariable(rawValue: name).flatMap { environment[$0] }
    }
  }

  /// The archive's folder.
  func archivePath() throws -> String {
    let path: String
    if let archiveFlag {
      path = archiveFlag
    } else if let root = environment[.archiveRoot], !root.isEmpty {
      path = root
    } else if let data = environment[.dataHome], data.hasPrefix("/") {
      path = data + "/polylogue"
    } else if let home = environment[.home], !home.isEmpty {
      path = home + "/.local/share/polylogue"
    } else {
      throw CommandError("no place for the archive is known; give --archive DIR")
    }
    if path.hasPrefix("postgres://") || path.hasPrefix("postgresql://") {
      throw UsageError("PostgreSQL archives are not in this version; give a folder to --archive")
    }
    return try CommandContext.folder(path)
  }

  /// The folder of an archive, also where its database is named.
  private static func folder(_ path: String) throws -> String {
    var facts = stat()
    guard stat(path, &facts) == 0, facts.st_mode & S_IFMT != S_IFDIR else { return path }
    let name = "/archive.db"
    if path.hasSuffix(name) { return String(path.dropLast(name.utf8.count)) }
    throw UsageError("\(path) is a file; --archive takes the archive's folder")
  }

  /// Opens the archive, hands it over, closes it.
  func withArchive<Result>(
    _ access: Archive.Access, _ body: (Archive) throws -> Result
  ) throws -> Result {
    var hasTold = false
    let archive = try Archive(path: archivePath(), access: access) {
      if !hasTold { self.warn("another process is writing to the archive; waiting for it") }
      hasTold = true
    }
    let result: Result
    do {
      result = try body(archive)
    } catch {
      // The first failure is the one to tell.
      try? archive.close()
      throw error
    }
    try archive.close()
    return result
  }

  /// As ``withArchive(_:_:)`` to write, where there has to be an archive: a mistyped folder is no
  /// reason to make one. One of an older format is brought up to date.
  func withExistingArchive<Result>(_ body: (Archive) throws -> Result) throws -> Result {
    do {
      try withArchive(.read) { _ in }
    } catch let error as ArchiveError where error.code == .notFound {
      throw error
    } catch is ArchiveError {
      // Whether it can be written is for the writer to say.
    }
    return try withArchive(.write, body)
  }

  /// A line of progress, where somebody can see it.
  func progressLine(isWanted: Bool = true) -> ProgressLine {
    let isSeen = isWanted && errors.isTerminal && environment[.term] != "dumb"
    return ProgressLine(output: isSeen ? errors : nil)
  }

  /// Prints a document of `--json`.
  func print(_ document: JSON) throws {
    try out.write(document.bytes)
    try out.line("")
  }

  /// Prints lines for a person.
  func print(_ lines: [String]) throws {
    for line in lines { try out.line(line) }
  }

  /// One line on standard error, safe to look at whatever it quotes.
  func warn(_ message: String) {
    // Where standard error is closed there is nobody left to tell.
    try? errors.line("polylogue: " + VisibleText.oneLine(message))
    try? errors.flush()
  }
}

/// The environment variables, or what a test puts in their place.
struct Environment: Sendable {
  private let values: [String: String]?

  /// - Parameter values: What to answer; nil asks the process's environment.
  init(values: [String: String]? = nil) {
    self.values = values
  }

  subscript(_ variable: EnvironmentVariable) -> String? {
    if let values { return values[variable.rawValue] }
    return getenv(variable.rawValue).map { String(cString: $0) }
  }
}
