import Foundation
import PolylogueCommands
import Testing

/// What a person reads, and finds again by its id.
@Suite struct ReadingTests {
  private let archive: SampleArchive

  init() throws {
    archive = try SampleArchive()
  }

  /// The first hit of a query.
  private func hit(_ words: String...) throws -> (id: String, conversation: String) {
    let page = try ProgramRun(
      arguments: ["--archive", archive.path, "search", "--json"] + words
    ).document()
    let hit = try #require((page["hits"] as? [[String: Any]])?.first)
    return (
      try #require(hit["id"] as? String), try #require(hit["conversation"] as? String)
    )
  }

  @Test func `the id of a hit shows the message marked among its neighbours`() throws {
    let (id, conversation) = try hit("\"humidity sensor drift\"")
    let whole = try archive.run("show", conversation).output
    #expect(!whole.contains("▶"))
    let near = try archive.run("show", id).output
    #expect(near.contains("\n▶ Assistant"))
    #expect(near.contains("before\n"))
    #expect(near.contains("the whole conversation: polylogue show \(conversation)"))
    #expect(near.utf8.count < whole.utf8.count)
    let alone = try archive.run("show", id, "--context", "0").output
    let headings = alone.split(separator: "\n").filter {
      $0.hasPrefix("User") || $0.hasPrefix("Assistant") || $0.hasPrefix("Tool")
    }
    #expect(headings.isEmpty, "\(headings)")
    let document = try archive.run("show", id, "--json", "--context", "0").document()
    let messages = try #require(document["messages"] as? [[String: Any]])
    #expect(messages.map { "\(conversation)/\($0["id"] ?? "")" } == [id])
    let all = try archive.run("show", id, "--json").document()
    #expect((all["messages"] as? [Any])?.count ?? 0 > 1)
  }

  @Test func `a hit on another branch is shown on its branch`() throws {
    let (id, _) = try hit("\"only want to start\"")
    let near = try archive.run("show", id).output
    #expect(near.contains("▶"))
    #expect(near.contains("only want to start"))
  }

  @Test func `a message that is not there is named`() throws {
    let (_, conversation) = try hit("drift")
    let run = try archive.run("show", conversation + "/nothing")
    #expect(run.status == .failed)
    #expect(run.errors.contains("no message “nothing”"))
    #expect(try archive.run("show", conversation, "--context", "3").status == .usage)
  }

  @Test func `an empty part says where there is something`() throws {
    let id = try #require(try archive.ids()["Balcony weather station: which sensor?"])
    let run = try archive.run("show", id, "--only", "tools")
    #expect(run.output.contains("no tool calls here; try --only with dialogue"), "\(run.output)")
  }

  @Test func `a subagent names its parent, and the parent its subagents`() throws {
    let folder = archive.folder.path + "/agents/-work"
    let line = { (session: String, side: Bool, id: String) in
      """
      {"type":"user","sessionId":"\(session)","uuid":"\(id)","parentUuid":null,\
      "isSidechain":\(side),\(side ? "\"agentId\":\"77\"," : "")"cwd":"/work",\
      "timestamp":"2026-01-02T03:04:05Z","message":{"role":"user","content":"look at the bees"}}
      """
    }
    let session = "0f0f0f0f-1111-4222-8333-444444444444"
    _ = try archive.folder.write(
      line(session, false, "a1") + "\n", to: "agents/-work/\(session).jsonl")
    _ = try archive.folder.write(
      line(session, true, "b1") + "\n", to: "agents/-work/\(session)/subagents/agent-77.jsonl")
    #expect(try archive.run("import", folder).status == .done)
    let child = "claude-code:\(session):agent-77"
    // The beginning fits both: the parent is meant.
    let parent = try archive.run("show", "claude-code:0f0f0f0f").output
    #expect(parent.contains("subagent \(child)"), "\(parent)")
    let agent = try archive.run("show", "claude-code:0f0f0f0f:agent").output
    #expect(agent.contains("subagent of claude-code:\(session)"), "\(agent)")
    let document = try archive.run("show", child, "--json").document()
    let lineage = document["lineage"] as? [String: Any]
    #expect(lineage?["parent"] as? String == "claude-code:\(session)")
    let markdown = try archive.run("show", child, "--format", "markdown").output
    #expect(markdown.contains("subagent_of: \"claude-code:\(session)\""))
    #expect(
      try archive.run("export", "--format", "canonical-jsonl").output
        .contains("\"parent\":\"claude-code:\(session)\""))
  }

  @Test func `a count by something is a table alone`() throws {
    let run = try archive.run("stats", "--by", "role")
    #expect(run.output.hasPrefix("ROLE "))
  }
}
