import Foundation
import Testing

@testable import PolylogueCommands

/// `sources discover` in a home folder of its own.
@Suite struct SourcesDiscoverTests {
  private let home: TemporaryFolder
  private var archive: String { home.path + "/archive" }

  init() throws { home = try TemporaryFolder() }

  private func run(_ arguments: String..., environment: [String: String] = [:]) throws -> ProgramRun
  {
    try ProgramRun(
      arguments: ["--archive", archive] + arguments,
      environment: ["HOME": home.path].merging(environment) { $1 })
  }

  private func sources(
    _ arguments: [String] = [], environment: [String: String] = [:]
  ) throws -> [[String: Any]] {
    let run = try ProgramRun(
      arguments: ["--archive", archive, "--json", "sources", "discover"] + arguments,
      environment: ["HOME": home.path].merging(environment) { $1 })
    #expect(run.status == .done, "\(run.errors)")
    return try run.document()["sources"] as? [[String: Any]] ?? []
  }

  /// A session of Claude Code that was last changed so many days ago.
  private func session(_ name: String, days: Double, below folder: String = ".claude") throws
    -> String
  {
    let line = """
      {"type":"user","uuid":"u-\(name)","parentUuid":null,"sessionId":"\(name)",\
      "timestamp":"2026-01-01T00:00:00Z","cwd":"/w","message":{"role":"user","content":"hi \(name)"}}

      """
    let file = try home.write(line, to: "\(folder)/projects/-w/\(name).jsonl")
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -days * 86_400)], ofItemAtPath: file)
    return file
  }

  @Test func `what a program deletes soon is counted, and what the archive has of it`() throws {
    let old = try session("old", days: 28)
    _ = try session("older", days: 40)
    let fresh = try session("fresh", days: 1)
    #expect(try run("import", old, fresh).status == .done)
    let before = try #require(try sources().first)
    #expect(before["provider"] as? String == "claude-code")
    #expect(before["files"] as? Int == 3)
    #expect(before["archived"] as? Int == 2)
    #expect(before["new"] as? Int == 1)
    #expect(before["kept_days"] as? Int == 30)
    #expect(
      before["vanishing"] as? [String: Int] == ["days": 7, "files": 2, "not_archived": 1])
    #expect(before["import"] as? [String] == [home.path + "/.claude/projects"])
    let text = try run("sources", "discover").output
    #expect(
      text.contains(
        "deletes them after 30 days: 2 sessions vanish within 7 days, 1 not in the archive"))
    #expect(text.contains("polylogue import \(home.path)/.claude/projects"))

    #expect(try run("import", home.path + "/.claude/projects").status == .done)
    let after = try #require(try sources().first)
    #expect(after["archived"] as? Int == 3)
    #expect(after["import"] as? [String] == [])
    #expect(try run("sources", "discover").output.contains("all in the archive"))
  }

  @Test(arguments: [
    ("{\"cleanupPeriodDays\": 365}", 365), ("{\"cleanupPeriodDays\": -1}", 30), ("{", 30),
  ])
  func `the settings say how long sessions are kept`(settings: String, days: Int) throws {
    _ = try session("a", days: 29)
    _ = try home.write(settings, to: ".claude/settings.json")
    let source = try #require(try sources().first)
    #expect(source["kept_days"] as? Int == days)
    #expect((source["vanishing"] as? [String: Int])?["files"] == (days == 365 ? 0 : 1))
    #expect((source["problems"] as? [String])?.isEmpty == (settings != "{"))
  }

  @Test func `a file that has grown since is told from one that was moved`() throws {
    let file = try session("a", days: 2)
    #expect(try run("import", file).status == .done)
    try FileManager.default.moveItem(
      atPath: file, toPath: home.path + "/.claude/projects/-w/moved.jsonl")
    #expect(try sources().first?["archived"] as? Int == 1)
    _ = try session("a", days: 1)
    let handle = try #require(FileHandle(forUpdatingAtPath: file))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("{\"type\":\"summary\",\"summary\":\"s\"}\n".utf8))
    try handle.close()
    #expect(try sources().first?["changed"] as? Int == 1)
  }

  @Test func `variables name other folders`() throws {
    _ = try session("a", days: 1)
    _ = try session("b", days: 1, below: "elsewhere")
    let found = try sources(environment: ["CLAUDE_CONFIG_DIR": home.path + "/elsewhere//"])
    #expect(found.map { $0["path"] as? String } == [home.path + "/elsewhere"])
    _ = try home.write("{}", to: "g/.gemini/tmp/x/chats/session-1.json")
    _ = try home.write("{}", to: "d/amp/threads/T-1.json")
    let others = try sources(environment: [
      "GEMINI_CLI_HOME": home.path + "/g", "XDG_DATA_HOME": home.path + "/d",
    ])
    let providers = others.compactMap { $0["provider"] as? String }
    #expect(Set(providers) == ["claude-code", "gemini-cli", "amp"])
  }

  @Test func `links and folders that cannot be read are named and not followed`() throws {
    _ = try session("a", days: 1)
    let projects = home.path + "/.claude/projects"
    try FileManager.default.createSymbolicLink(
      atPath: projects + "/link", withDestinationPath: projects + "/-w")
    try FileManager.default.createSymbolicLink(
      atPath: projects + "/-w/link.jsonl", withDestinationPath: projects + "/-w/a.jsonl")
    let source = try #require(try sources().first)
    #expect(source["files"] as? Int == 1)
    let problems = try #require(source["problems"] as? [String])
    #expect(problems.count == 2)
    #expect(problems.allSatisfy { $0.contains("a symbolic link, not followed") })
  }

  @Test func `what this version cannot read is told with its reason`() throws {
    _ = try home.write("SQLite", to: ".config/Cursor/User/globalStorage/state.vscdb")
    _ = try home.write("# aider chat started", to: ".aider.chat.history.md")
    let found = try sources()
    #expect(found.map { $0["importable"] as? Bool } == [false, false])
    #expect(found.allSatisfy { $0["reason"] is String && ($0["import"] as? [String]) == [] })
    #expect(!FileManager.default.fileExists(atPath: archive))
  }

  @Test func `all known places can be named`() throws {
    let all = try sources(["--all"])
    #expect(all.count > 40)
    #expect(all.allSatisfy { $0["exists"] as? Bool == false })
    #expect(try run("sources", "discover").output.hasPrefix("nothing found"))
    let providers = Set(all.compactMap { $0["provider"] as? String })
    #expect(providers.isSuperset(of: ["claude-code", "codex", "gemini-cli", "cursor", "zed"]))
  }

  @Test func `the document is as docs json.md says`() throws {
    _ = try session("a", days: 1)
    let reference = try JSONReference()
    let document = try run("sources", "discover", "--json").document()
    #expect(reference.complaints(of: document, "sources discover") == [])
  }
}
