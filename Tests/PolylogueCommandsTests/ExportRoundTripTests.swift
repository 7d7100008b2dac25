import Foundation
import PolylogueCommands
import PolylogueKit
import Testing

/// What `export --format jsonl` writes is what `import` reads.
@Suite struct ExportRoundTripTests {
  private let archive: SampleArchive
  private let file: String

  init() throws {
    archive = try SampleArchive()
    file = archive.folder.path + "/all.jsonl"
    #expect(try archive.run("export", "--output", file).status == .done)
  }

  private func lines(_ path: String) throws -> [String] {
    let run = try ProgramRun("export", "--archive", path)
    #expect(run.status == .done)
    return run.output.split(separator: "\n").map(String.init).sorted()
  }

  @Test func `an exported archive imported elsewhere exports the same`() throws {
    let other = archive.folder.path + "/other"
    let run = try ProgramRun("import", "--archive", other, file)
    #expect(run.status == .done)
    let before = try lines(archive.path)
    #expect(before.count > 5)
    // Bytes of attachments are named and not carried; the archive they are in knows more.
    let stored = #""state":"stored""#
    let mine = try lines(other)
    for (left, right) in zip(before, mine) where !left.contains(stored) { #expect(left == right) }
    #expect(mine.count == before.count)
    #expect(try ProgramRun("import", "--archive", other, file).output.contains("0 new"))
  }

  @Test func `an exported archive imported into itself changes nothing`() throws {
    let before = try archive.run("export", "--format", "canonical-jsonl").output
    let run = try archive.run("import", "--json", file)
    let counts = try #require(try run.document()["conversations"] as? [String: Int])
    #expect(counts["new"] == 0)
    #expect(try archive.run("export", "--format", "canonical-jsonl").output == before)
    #expect(try archive.run("verify", "--deep").status == .done)
  }
}
