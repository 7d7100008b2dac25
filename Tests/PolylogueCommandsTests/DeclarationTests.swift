import Foundation
import Testing

@testable import PolylogueCommands

@Suite struct DeclarationTests {
  private let commands = Program.commands

  @Test func `every command and every flag is documented`() {
    for command in commands {
      #expect(!command.summary.isEmpty && !command.summary.hasSuffix("."), "\(command.name)")
      for operand in command.operands { #expect(!operand.help.isEmpty, "\(command.name)") }
      for flag in command.flags + GlobalFlags.all {
        #expect(flag.help.hasSuffix("."), "\(command.name) --\(flag.name)")
      }
    }
  }

  @Test func `a flag's name means the same kind of flag in every command`() {
    var placeholders: [String: Bool] = [:]
    for flag in commands.flatMap(\.flags) + GlobalFlags.all {
      let takesValue = flag.placeholder != nil
      #expect(placeholders[flag.name] ?? takesValue == takesValue, "--\(flag.name)")
      placeholders[flag.name] = takesValue
    }
  }

  @Test func `every flag stands in the help, the manual page and the completions`() throws {
    let manual = ManualPage(commands: commands).text
    let scripts = Completions.Shell.allCases.map {
      Completions(commands: commands).script(for: $0)
    }
    for command in commands {
      let help = HelpPage(commands: commands).page(of: command)
      for flag in command.offeredFlags + command.commonFlags {
        #expect(help.contains("--\(flag.name)"), "\(command.name)")
        #expect(manual.contains("\\-\\-\(flag.name.replacing("-", with: "\\-"))"))
        for script in scripts { #expect(script.contains(flag.name), "\(flag.name)") }
      }
      #expect(!help.contains("not in this version"), "\(command.name)")
    }
  }

  @Test func `help fits a terminal of 80 columns`() {
    let pages = HelpPage(commands: commands)
    for text in [pages.overview] + commands.map({ pages.page(of: $0) }) {
      for line in text.split(separator: "\n") where !line.contains("polylogue ") {
        #expect(line.count <= 80, "\(line)")
      }
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `completion scripts are legal`(shell: String) throws {
    guard let kind = Completions.Shell(rawValue: shell),
      let found = ["/bin/", "/usr/bin/"].map({ $0 + shell }).first(where: {
        FileManager.default.isExecutableFile(atPath: $0)
      })
    else { return }
    let folder = try TemporaryFolder()
    let path = try folder.write(
      Completions(commands: commands).script(for: kind), to: "script." + shell)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: found)
    process.arguments = ["-n", path]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test(arguments: [
    ("export --format ", "jsonl canonical-jsonl markdown html csv"), ("list --sort ", ""),
    ("search --mode ", "hybrid semantic text words"),
    ("list --provider c", "chatgpt claude claude-code codex"),
    ("--archive /tmp list --has ", "attachment code thinking tool branch"),
    ("--archive=/tmp raw ", "list export cat"), ("completions ", "bash zsh fish"),
    ("help ra", "raw render"), ("help raw ", "list export cat"), ("raw export 1 --out", "--output"),
    ("render --ta", "--tag"), ("completions --js", ""),
  ])
  func `bash offers what can follow`(typed: String, offered: String) throws {
    let bash = "/bin/bash"
    guard FileManager.default.isExecutableFile(atPath: bash) else { return }
    let folder = try TemporaryFolder()
    let script = try folder.write(Completions(commands: commands).script(for: .bash), to: "script")
    // Bash hands an equals sign over as a word of its own.
    let words = ["polylogue"] + typed.replacing("=", with: " = ").components(separatedBy: " ")
    let run = Process()
    run.executableURL = URL(fileURLWithPath: bash)
    run.arguments =
      [
        "-c",
        "source \"$0\"; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _polylogue; "
          + "echo \"${COMPREPLY[*]}\"", script,
      ] + words
    let pipe = Pipe()
    run.standardOutput = pipe
    try run.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    run.waitUntilExit()
    let found = output.split(whereSeparator: \.isWhitespace).sorted()
    #expect(
      found
        == offered.split(separator: " ").filter { found.isEmpty || $0.hasPrefix(words.last ?? "") }
        .sorted())
  }

  @Test func `CommandReference: docs cli.md is what the declarations say`() throws {
    let path = packageRoot + "/docs/cli.md"
    let expected = CommandReference(commands: commands).text
    if ProcessInfo.processInfo.environment["POLYLOGUE_UPDATE_DOCS"] != nil {
      try expected.write(toFile: path, atomically: true, encoding: .utf8)
    }
    let found = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    #expect(
      found == expected,
      "stale: POLYLOGUE_UPDATE_DOCS=1 swift test --filter CommandReference writes it again")
  }

  @Test func `the help of a command`() throws {
    #expect(
      try ProgramRun("raw", "export", "--help").output == """
        polylogue raw export — write an imported file again, byte for byte

        usage: polylogue raw export IMPORT --output FILE [flags]

        operands:
          IMPORT  Its number, a unique part of its path, or a beginning of its SHA-256;
                  digits alone are a number.

        flags:
          --output FILE           The file to write; one that is there is replaced. - is
                                  standard output.

        flags of every command:
          --archive DIR           The archive's folder. Without it:
                                  $POLYLOGUE_ARCHIVE_ROOT, else
                                  $XDG_DATA_HOME/polylogue, else
                                  ~/.local/share/polylogue.
          --json                  Print one JSON document on standard output, and
                                  nothing else there.
          --help                  Show the help of the program or of a command.
          --version               Show the program's version.

        examples:
          polylogue raw export 3 --output conversations.json
              Writes the third import again

        """)
  }
}
