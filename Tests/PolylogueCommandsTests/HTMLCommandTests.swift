import Foundation
import PolylogueCommands
import Testing

@Suite struct HTMLCommandTests {
  private let archive: SampleArchive

  init() throws { archive = try SampleArchive() }

  private func text(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }

  @Test func `pages and indexes are written beside Markdown, and stay as they are`() throws {
    let out = archive.folder.path + "/pages"
    for format in ["markdown", "html"] {
      let first = try archive.run("render", "--output", out, "--format", format, "--json")
      #expect(try first.document()["written"] as? Int == 10)
      let second = try archive.run("render", "--output", out, "--format", format, "--json")
      #expect(try second.document()["unchanged"] as? Int == 10)
    }
    let index = try text(out + "/index.html")
    #expect(index.contains("<li>10 conversations</li>"))
    let addresses = index.split(separator: "href=\"").dropFirst().compactMap {
      $0.split(separator: "\"").first.map(String.init)
    }
    #expect(addresses.count > 20)
    for address in addresses {
      #expect(FileManager.default.fileExists(atPath: out + "/" + address), "\(address)")
    }
    #expect(try text(out + "/index.md").contains("](index/provider-chatgpt-"))
    let pages = try FileManager.default.contentsOfDirectory(atPath: out + "/chatgpt")
    let page = try #require(pages.first { $0.contains("plot-shows") && $0.hasSuffix(".html") })
    let html = try text(out + "/chatgpt/" + page)
    #expect(html.contains("<img loading=lazy src=\"attachments/"))
    #expect(html.contains("<a href=\"../index.html\">"))
  }

  @Test func `a run with a filter keeps the others in the index`() throws {
    let out = archive.folder.path + "/pages"
    _ = try archive.run("render", "--output", out, "--format", "html")
    let all = try text(out + "/index.html")
    let run = try archive.run(
      "render", "--output", out, "--format", "html", "--provider", "claude", "--json")
    #expect(try run.document()["unchanged"] as? Int == 3)
    #expect(try text(out + "/index.html") == all)
  }

  @Test func `templates change every page, and a mistake in one is named`() throws {
    let out = archive.folder.path + "/pages"
    let templates = archive.folder.path + "/mine"
    _ = try archive.run("render", "--output", out, "--format", "html")
    let missing = try archive.run(
      "render", "--output", out, "--format", "html", "--templates", templates)
    #expect(missing.status == .failed)
    #expect(missing.errors.contains("neither page.html nor style.css"))

    try FileManager.default.createDirectory(atPath: templates, withIntermediateDirectories: true)
    try "h1{color:red}".write(toFile: templates + "/style.css", atomically: true, encoding: .utf8)
    let styled = try archive.run(
      "render", "--output", out, "--format", "html", "--templates", templates, "--json")
    #expect(try styled.document()["written"] as? Int == 10)
    #expect(try text(out + "/index.html").contains("h1{color:red}"))

    try "<html>\n{{head}}\n{{name}}".write(
      toFile: templates + "/page.html", atomically: true, encoding: .utf8)
    let wrong = try archive.run(
      "render", "--output", out, "--format", "html", "--templates", templates)
    #expect(wrong.status == .failed)
    #expect(wrong.errors.contains("/mine/page.html:3: {{name}} is not known"), "\(wrong.errors)")
    let markdown = try archive.run("render", "--output", out, "--templates", templates)
    #expect(markdown.status == .usage)
  }

  @Test func `one conversation and all of them come as a page`() throws {
    let id = try #require(try archive.ids()["Plot shows temperature creeping up"])
    let shown = try archive.run("show", id, "--format", "html")
    #expect(shown.status == .done)
    #expect(shown.output.hasPrefix("<!doctype html>\n"))
    #expect(shown.output.contains("<h1>Plot shows temperature creeping up</h1>"))
    let exported = try archive.run("export", "--format", "html")
    #expect(exported.output.ranges(of: "<h1>").count == 10)
    #expect(exported.output.ranges(of: "<style>").count == 1)
    #expect(exported.output.hasSuffix("</html>\n"))
    let ids = exported.output.split(separator: " id=").dropFirst().compactMap {
      $0.split(whereSeparator: { " >".contains($0) }).first
    }
    #expect(Set(ids).count == ids.count)
  }
}
