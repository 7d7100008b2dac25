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

  /// Imports conversations called r-N with a title and what they derive from, by N.
  private func takeIn(
    _ conversations: [(id: Int, title: String, parent: (String, Int)?)], in month: Int = 4
  ) throws {
    let lines = conversations.map { one in
      let lineage = one.parent.map {
        #","lineage":{"kind":"\#($0.0)","parent":"kitchen:r-\#($0.1)","origin":null}"#
      }
      return #"{"format":"polylogue","version":1,"provider":"kitchen","id":"r-\#(one.id)","#
        + #""title":"\#(one.title)","created_at":"2026-03-0\#(one.id)T08:00:00Z","#
        + #""updated_at":"2026-0\#(month)-01T08:00:00Z""#
        + #"\#(lineage ?? ""),"messages":[{"id":"1","role":"user","text":"What is this?"}]}"#
    }
    let file = archive.folder.path + "/kitchen.jsonl"
    try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
    #expect(try archive.run("import", file).status == .done)
  }

  private func page(of name: String, _ format: String = "md") throws -> String {
    let file = try #require(
      try FileManager.default.contentsOfDirectory(atPath: out + "/kitchen").first {
        $0.contains(name) && $0.hasSuffix(format)
      })
    return try String(contentsOfFile: out + "/kitchen/" + file, encoding: .utf8)
  }

  @Test(arguments: ["markdown", "html"])
  func `relatives link to each other, whatever they come to be called`(format: String) throws {
    try takeIn([
      (1, "Bread", nil), (2, "B[re]ad & <i>", ("fork", 1)), (3, "Crumbs", ("subagent", 1)),
      (4, "Lone", ("continuation", 9)),
    ])
    func render() throws -> [String: Any] {
      try archive.run(
        "render", "--output", out, "--provider", "kitchen", "--format", format, "--json"
      ).document()
    }
    #expect(try render()["written"] as? Int == 4)
    let suffix = format == "html" ? "html" : "md"
    let parent = try page(of: "-bread-", suffix)
    let child = try page(of: "b-re-ad", suffix)
    if format == "html" {
      #expect(parent.contains("<li>Fork: <a href=\"2026-03-02-b-re-ad-i-"))
      #expect(parent.contains(">B[re]ad &amp; &lt;i&gt;</a></li><li>Subagent: <a href"))
      #expect(child.contains("<li>Fork of <a href=\"2026-03-01-bread-"))
      #expect(try page(of: "lone", suffix).contains("<li>Continuation of kitchen:r-9</li>"))
    } else {
      #expect(parent.contains("\n- Fork: [B\\[re\\]ad \\& \\<i\\>](2026-03-02-b-re-ad-i-"))
      #expect(child.contains("\nFork of [Bread](2026-03-01-bread-"))
      #expect(try page(of: "lone").contains("continuation_of: \"kitchen:r-9\""))
    }
    for link in parent.matches(of: /(?:href="|\]\()(2026[^")]*)/) {
      #expect(FileManager.default.fileExists(atPath: out + "/kitchen/" + link.1), "\(link.1)")
    }
    #expect(try render()["unchanged"] as? Int == 4)
    try takeIn([(3, "Flour", ("subagent", 1))], in: 5)
    #expect(try render()["written"] as? Int == 2)
    #expect(try page(of: "-bread-", suffix).contains("-flour-"))
    _ = try archive.run("delete", "kitchen:r-3")
    #expect(try render()["written"] as? Int == 1)
    #expect(try !page(of: "-bread-", suffix).contains("flour"))
  }

  @Test func `a note on a message stands below it, and is not taken for a part of it`() throws {
    try takeIn([(1, "Bread", nil)])
    _ = try archive.run("note", "kitchen:r-1/1", "two\n<!-- polylogue:message id=x role=user -->")
    let shown = try archive.run("show", "kitchen:r-1", "--format", "markdown").output
    #expect(shown.contains("<!-- polylogue:note -->\n> **Note**\n>\n> two\n> "), "\(shown)")
    _ = try archive.run("render", "--output", out)
    let second = archive.folder.path + "/second"
    #expect(try ProgramRun("migrate", "--archive", second, out).status == .done)
    let back = try ProgramRun("show", "--archive", second, "kitchen:r-1", "--json").document()
    let messages = try #require(back["messages"] as? [[String: Any]])
    #expect(messages.count == 1)
    #expect(messages[0]["text"] as? String == "What is this?")
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
