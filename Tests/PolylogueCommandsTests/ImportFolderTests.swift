import Foundation
import PolylogueCommands
import Testing

/// What an import says of folders that hold no export.
@Suite struct ImportFolderTests {
  private let folder: TemporaryFolder
  private let archive: String

  init() throws {
    folder = try TemporaryFolder()
    archive = folder.path + "/archive"
  }

  @Test func `a rendering as HTML is refused, and nothing of it is kept`() throws {
    let sample = try SampleArchive()
    let pages = folder.path + "/pages"
    #expect(try sample.run("render", "--format", "html", "--output", pages).status == .done)
    try #require(
      FileManager.default.subpaths(atPath: pages)?.contains { $0.contains("/attachments/") } == true
    )
    let run = try ProgramRun("import", "--archive", archive, pages)
    #expect(run.status == .failed)
    #expect(run.errors.contains("HTML, which are not read back"), "\(run.errors)")
    let imports = try ProgramRun("raw", "list", "--archive", archive, "--json").document()[
      "imports"]
    #expect((imports as? [Any])?.isEmpty == true)
  }

  @Test func `a rendering as Markdown and HTML is read from the Markdown, with its pictures`()
    throws
  {
    let sample = try SampleArchive()
    let pages = folder.path + "/pages"
    for format in ["html", "markdown"] {
      #expect(try sample.run("render", "--format", format, "--output", pages).status == .done)
    }
    let run = try ProgramRun("import", "--archive", archive, pages, "--json")
    #expect(run.status == .done, "\(run.errors)")
    let files = try #require(try run.document()["attachments"] as? [String: Int])
    #expect(files["new"] == 2, "\(files)")
  }

  @Test func `files of unknown kind are named, the first of them`() throws {
    for name in ["a.txt", "b.bin", "c.txt", "d.txt"] {
      _ = try folder.write("nothing of ours", to: "mixed/" + name)
    }
    let none = try ProgramRun("import", "--archive", archive, folder.path + "/mixed")
    #expect(none.errors.contains("mixed/a.txt"), "\(none.errors)")
    #expect(none.errors.contains("--provider"))
    _ = try folder.write(
      #"{"format":"polylogue","provider":"kitchen","id":"a","messages":[{"role":"user","text":"x"}]}"#,
      to: "mixed/talk.jsonl")
    let run = try ProgramRun("import", "--archive", archive, folder.path + "/mixed")
    #expect(run.status == .done)
    #expect(run.output.contains("4 files of unknown kind ("), "\(run.output)")
    #expect(run.output.contains("mixed/c.txt and 1 more)"), "\(run.output)")
    #expect(!run.output.contains("d.txt"))
  }
}
