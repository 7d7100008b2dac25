import Glibc
import PolylogueCommands
import Testing

@Suite struct UsageTests {
  @Test(arguments: [
    (["serch", "x"], "there is no command “serch”; did you mean “search”?"),
    (["imprt"], "did you mean “import”?"),
    (["list", "--limitt", "3"], "list has no flag --limitt; did you mean --limit?"),
    (["list", "--limit", "0"], "--limit takes a whole number of at least 1, not “0”"),
    (["list", "--limit", "99999999999999999999"], "--limit takes a whole number"),
    (["list", "--limit"], "--limit needs a value"),
    (["list", "--limit", "1", "--limit", "2"], "--limit was given more than once"),
    (["list", "--json=1"], "--json takes no value"),
    (["list", "extra"], "list has no use for “extra”"),
    (["search"], "search needs QUERY"),
    (["search", "-bar"], "what starts with a hyphen and is no flag goes behind --"),
    (["list", "--role", "usr"], "did you mean “user”?"),
    (["list", "--since", "31.1.2026"], "--since takes 2026-01-31"),
    (["list", "--since", "2026-02-30"], "--since takes 2026-01-31"),
    (["list", "--has", "cod"], "did you mean “code”?"),
    (["raw"], "raw is followed by list, export, cat"),
    (["raw", "dump"], "not “dump”"),
    (["raw", "export", "1"], "raw export needs --output FILE"),
    (["render"], "render needs --output DIR"),
    (["verify", "--subset", "31/30"], "--subset takes a part such as 1/30"),
    (["stats", "--by", "colour"], "--by takes provider, model, role, day, month, project"),
    (
      ["completions", "csh"],
      "completions takes bash, zsh, fish, not “csh” (see “polylogue help completions”)"
    ),
    (["--wrong"], "there is no flag --wrong"),
    (["serve"], "serve is not in this version"),
    (
      ["search", "x", "--provider", "gemini", "--archive", "/dev/null"],
      "is a file; --archive takes"
    ),
    (["help", "--json"], "help prints no JSON document"),
    (["export", "--json", "--format", "csv"], "both want standard output"),
    (["raw", "export", "1", "--output", "-", "--json"], "both want standard output"),
    (["import", "x", "--json", "--progress", "lines"], "both want standard output"),
    (["help", "serch"], "did you mean “search”?"),
    (["search", "deploy", "--title", ""], "--title needs a value, not an empty text"),
    (["list", "--tag="], "--tag needs a value"), (["export", "--project", ""], "--project needs"),
    (["list", "--tool", ""], "--tool needs"), (["list", "--model", ""], "--model needs"),
    (["export", "--output", ""], "--output needs"),
    (["stats", "--archive", ""], "--archive needs"),
    (["import", ""], "import needs PATH, not an empty text"),
    (["eval", ""], "eval needs QUESTIONS"), (["show", ""], "show needs ID"),
    (["note", "", "text"], "note needs ID"), (["similar", ""], "similar needs ID"),
    (["star", "a", ""], "star needs ID"),
    (["\u{1B}[2J"], "there is no command “␛[2J”"),
  ])
  func `wrong usage ends with 2, one line on standard error and nothing on standard output`(
    arguments: [String], message: String
  ) throws {
    let run = try ProgramRun(arguments: arguments)
    #expect(run.status == .usage)
    #expect(run.errors.contains(message), "\(run.errors)")
    #expect(run.errors.hasPrefix("polylogue: "))
    #expect(run.errors.utf8.filter { $0 == 0x0A }.count == 1)
    #expect(run.output.isEmpty)
  }

  @Test func `no command at all shows the help on standard error`() throws {
    let run = try ProgramRun()
    #expect(run.status == .usage)
    #expect(run.errors.contains("usage: polylogue COMMAND"))
    #expect(run.output.isEmpty)
  }

  @Test(arguments: [
    ["--archive", "postgres://host/db", "list"],
    ["list", "--archive=postgresql://host/db"],
    ["export", "--redact"],
    ["search", "x", "--in", "journal"],
  ])
  func `what comes with a later version says so and ends with 2`(arguments: [String]) throws {
    let run = try ProgramRun(arguments: arguments, environment: ["HOME": "/nonexistent"])
    #expect(run.status == .usage)
    #expect(run.errors.contains("not in this version"), "\(run.errors)")
    #expect(run.output.isEmpty)
  }

  @Test(arguments: [
    ["list", "--archive", "/nonexistent/archive"],
    ["--archive", "/nonexistent/archive", "list"],
    ["--archive=/nonexistent/archive", "list"],
    ["--limit", "3", "list", "--archive", "/nonexistent/archive", "--"],
  ])
  func `flags stand anywhere`(arguments: [String]) throws {
    let run = try ProgramRun(arguments: arguments)
    #expect(run.status == .failed)
    #expect(run.errors.contains("/nonexistent/archive"), "\(run.errors)")
  }

  @Test func `the archive is found by the environment`() throws {
    let places = [
      (["POLYLOGUE_ARCHIVE_ROOT": "/nonexistent/a", "XDG_DATA_HOME": "/x"], "/nonexistent/a"),
      (["XDG_DATA_HOME": "/nonexistent/b", "HOME": "/x"], "/nonexistent/b/polylogue"),
      (["XDG_DATA_HOME": "relative", "HOME": "/nonexistent/c"], "/nonexistent/c/.local/share"),
      (["POLYLOGUE_ARCHIVE_ROOT": "", "HOME": "/nonexistent/d"], "/nonexistent/d/.local/share"),
    ]
    for (environment, place) in places {
      let run = try ProgramRun("list", environment: environment)
      #expect(run.status == .failed)
      #expect(run.errors.contains(place), "\(run.errors)")
    }
    #expect(try ProgramRun("list").errors.contains("--archive DIR"))
  }

  @Test func `a closed pipe is no failure, a full disk is one`() throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    close(ends[0])
    signal(SIGPIPE, SIG_IGN)
    let closed = Program.run(
      arguments: ["help"], environment: [:], standardOutput: ends[1], standardError: STDERR_FILENO)
    close(ends[1])
    #expect(closed == .done)

    let full = open("/dev/full", O_WRONLY)
    let none = open("/dev/null", O_WRONLY)
    let status = Program.run(
      arguments: ["help"], environment: [:], standardOutput: full, standardError: none)
    close(full)
    close(none)
    #expect(status == .failed)
  }

  @Test func `the version is told`() throws {
    for line in ["--version", "-V", "version"] {
      #expect(try ProgramRun(line).output.hasPrefix("polylogue 0."))
    }
    #expect(try ProgramRun("--version", "--json").document()["name"] as? String == "polylogue")
  }
}
