import Foundation
import PolylogueCommands
import PolylogueSQL
import Testing

/// What goes on when a part of the archive is damaged.
@Suite struct DamageTests {
  private let archive: SampleArchive
  private let out: String
  private static let damaged = "claude:26a2c0bd-153e-42d1-a26b-a8943b618676"

  init() throws {
    archive = try SampleArchive()
    out = archive.folder.path + "/out"
  }

  /// Makes the first message of one conversation unreadable.
  private func damage() throws {
    let connection = try Connection(path: archive.path + "/archive.db", mode: .readWrite)
    try connection.execute(
      """
      UPDATE message SET body = x'00' WHERE id = (SELECT min(m.id) FROM message AS m
        JOIN conversation AS c ON c.id = m.conversation WHERE c.native_id LIKE '26a2c0bd%')
      """)
  }

  /// The lines of standard error that name the damaged conversation.
  private func named(_ run: ProgramRun) -> Int {
    run.errors.split(separator: "\n").count { $0.contains(Self.damaged + " is left out: ") }
  }

  @Test(arguments: ["jsonl", "canonical-jsonl", "markdown", "html", "csv"])
  func `an export goes on without a damaged conversation`(format: String) throws {
    let count = try #require(
      try archive.run("export", "--output", out, "--json").document()["conversations"] as? Int)
    try damage()
    let run = try archive.run("export", "--format", format, "--output", out, "--json")
    #expect(run.status == .partlyFailed)
    #expect(named(run) == 1, "\(run.errors)")
    #expect(try run.document()["conversations"] as? Int == count - 1)
  }

  @Test func `a rendering goes on, and leaves the file of a damaged conversation`() throws {
    let first = try archive.run("render", "--output", out, "--json").document()
    let count = try #require(first["written"] as? Int)
    let files = try FileManager.default.subpathsOfDirectory(atPath: out)
    try damage()
    let run = try archive.run("render", "--output", out, "--force", "--json")
    #expect(run.status == .partlyFailed)
    #expect(named(run) == 1, "\(run.errors)")
    let document = try run.document()
    #expect(document["written"] as? Int == count - 1)
    #expect(document["removed"] as? Int == 0)
    #expect(try FileManager.default.subpathsOfDirectory(atPath: out).sorted() == files.sorted())
    // What was never written is not there, and the others are.
    let fresh = try archive.run("render", "--output", out + "-2", "--json")
    #expect(fresh.status == .partlyFailed)
    #expect(try fresh.document()["written"] as? Int == count - 1)
  }

  @Test func `a deep check names the message as other commands do`() throws {
    try damage()
    let run = try archive.run("verify", "--deep")
    #expect(run.status == .failed)
    #expect(run.output.contains("message \(Self.damaged)/"), "\(run.output)")
  }

  @Test func `a number names an import and is no piece of a path`() throws {
    let file = try archive.folder.write(
      #"{"format":"polylogue","provider":"kitchen","id":"a","messages":[{"role":"user","text":"x"}]}"#,
      to: "notes-99941.jsonl")
    #expect(try archive.run("import", file).status == .done)
    let run = try archive.run("raw", "export", "99941", "--output", out)
    #expect(run.status == .failed)
    #expect(run.errors.contains("there is no import 99941"))
    #expect(!FileManager.default.fileExists(atPath: out))
    #expect(try archive.run("raw", "export", "notes-99941", "--output", out).status == .done)
  }

  @Test func `a rendering that leaves somebody's index tells what it has written`() throws {
    _ = try archive.folder.write("mine", to: "out/index.md")
    let run = try archive.run("render", "--output", out)
    #expect(run.status == .failed)
    #expect(run.errors.contains("index.md is not of an earlier rendering"))
    #expect(run.output.contains(" written, 0 unchanged, 0 removed"), "\(run.output)")
    #expect(try String(contentsOfFile: out + "/index.md", encoding: .utf8) == "mine")
  }
}
