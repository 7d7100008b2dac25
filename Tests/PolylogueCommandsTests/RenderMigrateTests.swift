import Foundation
import PolylogueCommands
import PolylogueRender
import Testing

/// Keeping a rendered folder up to date, and taking it back, on the command line.
@Suite struct RenderMigrateTests {
  private let archive: SampleArchive
  private let out: String

  init() throws {
    archive = try SampleArchive()
    out = archive.folder.path + "/rendered"
  }

  /// Every file below a folder with its bytes.
  private func tree(_ path: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in FileManager.default.subpaths(atPath: path) ?? [] where !name.hasPrefix(".") {
      files[name] = FileManager.default.contents(atPath: path + "/" + name)
    }
    return files
  }

  private func written() throws -> Int? {
    try archive.run("render", "--output", out, "--json").document()["written"] as? Int
  }

  @Test func `a change rewrites only its file, and all made again is the same`() throws {
    let count = try #require(try written())
    #expect(count > 2)
    let first = try tree(out)
    #expect(try written() == 0)
    let file = try #require(first.keys.sorted().first { $0.hasSuffix(".md") })
    try Data("mine".utf8).write(to: URL(fileURLWithPath: out + "/" + file))
    #expect(try written() == 1)
    #expect(try tree(out) == first)
    try FileManager.default.removeItem(atPath: out)
    // A part first, and the rest then: names do not depend on the order.
    _ = try archive.run("render", "--output", out, "--provider", "codex")
    _ = try archive.run("render", "--output", out)
    #expect(try tree(out) == first)
    #expect(try archive.run("delete", "claude:26a2c0bd").status == .done)
    let last = try archive.run("render", "--output", out, "--json").document()
    #expect(last["removed"] as? Int == 1)
    #expect(last["written"] as? Int == 0)
  }

  @Test func `two renderings into one folder at once are refused by name`() throws {
    let other = try RenderFolder(path: out, for: MarkdownRenderer())
    let run = try archive.run("render", "--output", out)
    #expect(run.status == .failed)
    #expect(run.errors.contains("another run is rendering into \(out)"))
    _ = try other.finish()
  }

  @Test func `a rendered tree is taken back into an empty archive`() throws {
    let count = try #require(try written())
    let second = archive.folder.path + "/second"
    let run = try ProgramRun("migrate", "--archive", second, "--json", out)
    #expect(run.status == .done, "\(run.errors)")
    let conversations = try run.document()["conversations"] as? [String: Int]
    #expect(conversations?["new"] == count)
    let again = archive.folder.path + "/again"
    _ = try ProgramRun("render", "--archive", second, "--output", again)
    #expect(try tree(again).keys.sorted() == tree(out).keys.sorted())
  }
}
