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

  @Test func `the neighbours of a hit are those that hold the part asked for`() throws {
    let id = try #require(try archive.ids()["Build guide for the club"])
    let all = try archive.run("show", id, "--only", "dialogue", "--json").document()
    let messages = try #require(all["messages"] as? [[String: Any]])
    let ids = messages.compactMap { $0["id"] as? String }
    try #require(ids.count > 2)
    let near = try archive.run(
      "show", "\(id)/\(ids[1])", "--only", "dialogue", "--json", "--context", "1"
    ).document()
    let shown = try #require(near["messages"] as? [[String: Any]])
    #expect(shown.compactMap { $0["id"] as? String } == Array(ids[..<3]))
  }

  @Test func `a hit's id deletes nothing, and names its conversation`() throws {
    let (id, conversation) = try hit("\"humidity sensor drift\"")
    let run = try archive.run("delete", id)
    #expect(run.status == .failed)
    #expect(run.errors.contains("this one is \(conversation)"), "\(run.errors)")
    #expect(try archive.run("show", conversation).status == .done)
  }

  @Test func `dates that leave nothing between them are told`() throws {
    let run = try archive.run("list", "--since", "2026-05-01", "--until", "2026-04-01")
    #expect(run.status == .done)
    #expect(run.errors.contains("nothing lies between --since and --until"))
  }

  @Test func `a hit on another branch is shown on its branch`() throws {
    let (id, _) = try hit("\"only want to start\"")
    #expect(try archive.run("search", "\"only want to start\"").output.contains("· other branch ·"))
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

  @Test func `an attachment comes out by its hash, and stands beside its page`() throws {
    let original = try Data(
      contentsOf: URL(
        fileURLWithPath: SampleArchive.exports[0] + "/file-7Hq2PzKd9vWcTn4BxR1mEa.dat"))
    let ids = try archive.ids()
    let id = try #require(ids["Plot shows temperature creeping up"])
    let document = try archive.run("show", id, "--json").document()
    let messages = document["messages"] as? [[String: Any]] ?? []
    let attachments = messages.flatMap { $0["attachments"] as? [[String: Any]] ?? [] }
    let stored = try #require(attachments.first { $0["state"] as? String == "stored" })
    let hash = try #require(stored["sha256"] as? String)
    let number = try #require(stored["import"] as? Int)
    for name in [hash, "\(number)"] {
      #expect(
        try archive.run("raw", "cat", name).output == String(decoding: original, as: UTF8.self))
    }

    let out = archive.folder.path + "/pages"
    let files = { (run: ProgramRun) throws in
      try run.document()["attachments"] as? [String: Int] ?? [:]
    }
    #expect(try files(archive.run("render", "--output", out, "--json"))["written"] == 1)
    #expect(try files(archive.run("render", "--output", out, "--json"))["unchanged"] == 1)
    let name = "attachments/\(hash.prefix(12))-balcony-vs-airport.png"
    #expect(FileManager.default.contents(atPath: out + "/chatgpt/" + name) == original)
    let pages = try FileManager.default.contentsOfDirectory(atPath: out + "/chatgpt")
    let page = try #require(pages.first { $0.contains("plot-shows-temperature") })
    let text = try String(contentsOfFile: out + "/chatgpt/" + page, encoding: .utf8)
    #expect(text.contains("\n![balcony-vs-airport.png](\(name))\n"))
  }

  @Test func `an import is named by a part of its path when it is the only one`() throws {
    let many = try archive.run("raw", "export", packageRoot + "/Demo", "--output", "-")
    #expect(many.status == .failed)
    #expect(many.errors.contains("give one number, or more of the path"), "\(many.errors)")
    let one = try archive.run("raw", "export", "claude-export/conv", "--output", "-")
    #expect(one.status == .done, "\(one.errors)")
  }

  @Test func `a title that is found is no message`() throws {
    let page = try archive.run("search", "title:balcony", "balcony", "--json").document()
    let hits = try #require(page["hits"] as? [[String: Any]])
    let found = try #require(hits.first { $0["kind"] as? String == "conversation" })
    #expect(found["role"] is NSNull)
    #expect(found["id"] as? String == found["conversation"] as? String)
    #expect(hits.filter { $0["kind"] as? String == "message" }.allSatisfy { $0["role"] is String })
    #expect(try archive.run("search", "title:balcony", "balcony").output.contains(" · title · "))
  }

  @Test func `a page of hits says how to see more`() throws {
    #expect(
      try archive.run("search", "the", "--limit", "2").output.contains("· more: --offset 2\n"))
    #expect(try !archive.run("search", "夕立", "--limit", "100").output.contains("--offset"))
  }

  @Test func `a query without anything to find says so`() throws {
    for query in ["", "(", ".*"] {
      let run = try archive.run("search", query)
      #expect(run.status == .done)
      #expect(run.errors.contains("nothing to search for"), "\(query)")
    }
    let excluded = try archive.run("search", "--json", "--", "-drift").document()
    let words = try archive.run("search", "--json", "drift").document()
    #expect(excluded["total"] as? Int == words["total"] as? Int)
    #expect((excluded["notes"] as? [String])?.isEmpty == false)
  }

  @Test func `a hyphen excludes without ceremony behind the first word`() throws {
    let all = try archive.run("search", "--json", "drift").document()["total"] as? Int ?? 0
    for arguments in [
      ["drift", "-sensor"], ["-sensor drift"], ["drift", "-sensor", "--limit", "3"],
    ] {
      let run = try ProgramRun(
        arguments: ["--archive", archive.path, "search", "--json"] + arguments)
      let total = try run.document()["total"] as? Int ?? 0
      #expect(total > 0 && total < all, "\(arguments) \(run.errors)")
    }
    #expect(try archive.run("search", "drift", "--limitt", "3").status == .usage)
    #expect(try archive.run("search", "drift", "-h").output.contains("usage: polylogue search"))
  }

  @Test func `an ambiguous id is told on one short line`() throws {
    let run = try archive.run("show", "c")
    #expect(run.errors.contains("such as"))
    #expect(run.errors.utf8.count < 250, "\(run.errors)")
  }

  @Test func `a deleted conversation is gone and stays away`() throws {
    let id = try #require(try archive.ids()["Calibrating the balcony thermometer"])
    let run = try archive.run("delete", String(id.prefix(15)))
    #expect(run.status == .done)
    #expect(run.output.contains("deleted \(id) (Calibrating the balcony thermometer), "))
    #expect(try archive.run("show", id).status == .failed)
    #expect(try archive.run("delete", id).status == .failed)
    let again = try archive.run("import", SampleArchive.exports[1])
    #expect(again.status == .done)
    #expect(again.output.contains("0 new"))
    #expect(
      again.output.contains("  deleted        1 conversation that you have deleted; left out"))
    #expect(try archive.run("verify", "--deep").status == .done)
    let none = archive.folder.path + "/none"
    let mistyped = try ProgramRun(arguments: ["--archive", none, "delete", id])
    #expect(mistyped.status == .failed)
    #expect(!FileManager.default.fileExists(atPath: none))
  }
}
