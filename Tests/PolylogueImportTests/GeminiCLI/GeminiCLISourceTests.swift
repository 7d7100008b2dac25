import PolylogueImport
import PolylogueModel
import PolylogueParsing
import Testing

/// The other files that Gemini CLI keeps, and what they tell about sessions.
struct GeminiCLISourceTests {
  private typealias Fixture = GeminiCLIFixture

  private func run(_ files: [(label: String, text: String)]) throws -> SessionImport {
    let result = try SessionImport.run(GeminiCLIImporter(), files)
    #expect(result.violations.isEmpty)
    return result
  }

  // MARK: Projects

  @Test(arguments: [
    ("tmp/balcony/.project_root", "/home/mira/balcony\n", "tmp/balcony", "other"),
    ("projects.json", #"{"projects":{"/home/mira/balcony":"balcony"}}"#, "tmp/balcony", "other"),
    (
      "projects.json", #"{"projects":{"/home/mira/balcony":"balcony"}}"#,
      "tmp/\(GeminiCLIFixture.projectHash)", GeminiCLIFixture.projectHash
    ),
    (".project_root", "/home/mira/balcony", "", "other"),
  ])
  func `a file beside the sessions tells the project`(
    companion: String, content: String, folder: String, hash: String
  ) throws {
    let label =
      (folder.isEmpty ? "" : folder + "/") + "chats/session-2026-01-01T10-00-7c1f0a3e.jsonl"
    let session = [Fixture.metadata(hash: hash), Fixture.user("u1", "Hello")]
    let result = try run([(companion, content), (label, session.joined(separator: "\n"))])
    #expect(result.conversations.first?.header.project == "/home/mira/balcony")
  }

  @Test func `a folder of the session is the project where its hash says so`() throws {
    let conversation = try Fixture.only([
      Fixture.metadata(
        #","directories":["/tmp","/home/mira/balcony"]"#, hash: Fixture.projectHash),
      Fixture.user("u1", "Hello"),
    ])
    #expect(conversation.header.project == "/home/mira/balcony")
    let other = try Fixture.only([
      Fixture.metadata(#","directories":["/tmp"]"#), Fixture.user("u1", "Hello"),
    ])
    #expect(other.header.project == nil)
  }

  // MARK: Subagents

  @Test func `a file below its session's folder is a subagent's`() throws {
    let parent = "0d9e8f7a-6b5c-4d3e-8f21-1a2b3c4d5e6f"
    let conversation = try Fixture.only(
      [Fixture.metadata(), Fixture.user("u1", "Investigate")],
      label: "tmp/balcony/chats/\(parent)/\(Fixture.session).jsonl")
    #expect(conversation.header.lineage == Lineage(kind: .subagent, parent: parent))
    #expect(conversation.header.id.native == Fixture.session)
  }

  @Test func `a subagent that carries its session's id has one of its own`() throws {
    let conversation = try Fixture.only(
      [Fixture.metadata(), Fixture.user("u1", "Investigate")],
      label: "chats/\(Fixture.session)/investigator-1.jsonl")
    #expect(conversation.header.id.native == "\(Fixture.session):agent-investigator-1")
    #expect(conversation.header.lineage?.parent == Fixture.session)
  }

  // MARK: The log of prompts

  private let log = """
    [{"sessionId":"7c1f0a3e-5b2d-4e8f-9a61-2d4c8b0e6f13","messageId":0,"type":"user",
      "message":"Hello","timestamp":"2026-01-01T10:00:01.000Z"},
     {"sessionId":"lost","messageId":0,"type":"user","message":"Gone","timestamp":"2025-07-01T10:00:00Z"},
     {"sessionId":"lost","messageId":1,"type":"user","message":"/quit","timestamp":"2025-07-01T10:01:00Z"}]
    """

  @Test func `the log of prompts stands in for sessions that have no file`() throws {
    let probe = try SessionImport.probe(log, label: "logs.json")
    #expect(ImporterRegistry.recognize(probe)?.provider == .geminiCLI)
    let session = [Fixture.metadata(), Fixture.user("u1", "Hello")].joined(separator: "\n")
    let result = try run([("tmp/balcony/logs.json", log), (Fixture.label, session)])
    #expect(result.conversations.map(\.header.id.native) == ["lost", Fixture.session])
    #expect(result["lost"]?.path == ["user:text:Gone", "user:text:/quit"])
    #expect(result["lost"]?.messages.map(\.kind) == [.message, .command])
    #expect(result["lost"]?.header.fidelity == .slim)
    #expect(result.tally("log entry")?.skipped == 1)
  }

  // MARK: Checkpoints

  private let contents = """
    {"role":"user","parts":[{"text":"This is the Gemini CLI. We are setting up the context. Day 1"}]},
    {"role":"model","parts":[{"text":"Got it."}]},{"role":"user","parts":[{"text":"List files"}]},
    {"role":"model","parts":[{"text":"I look","thought":true},{"functionCall":{"name":"ls","args":{}}}]},
    {"role":"user","parts":[{"functionResponse":{"name":"ls","response":{"output":"a.txt"}}}]},
    {"role":"model","parts":[{"text":"One file."}]}
    """

  @Test(arguments: ["[CONTENTS]", #"{"history":[CONTENTS],"authType":"oauth"}"#])
  func `a checkpoint is a conversation of its own`(form: String) throws {
    let text = form.replacing("CONTENTS", with: contents)
    let conversation = try Fixture.only([text], label: "tmp/balcony/checkpoint-plan.json")
    #expect(
      conversation.path == [
        "user:text:This is the Gemini CLI. We are setting up the context. Day 1",
        "assistant:text:Got it.", "user:text:List files", "assistant:thinking:I look|call:ls",
        "tool:result:a.txt", "assistant:text:One file.",
      ])
    #expect(conversation.header.title == "plan")
    #expect(conversation.header.fidelity == .slim)
    #expect(conversation.messages.map(\.kind).first == .injected)
  }

  @Test func `states that were saved before changes are one conversation`() throws {
    func state(_ minute: Int, _ more: String) throws -> Conversation {
      let text =
        #"{"history":[{"type":"user","text":"Fix it","id":1}],"clientHistory":[{"role":"user","parts":[{"text":"Fix it"}]}"#
        + more + #"],"toolCall":{"name":"replace","args":{}},"commitHash":"c0ffee"}"#
      return try Fixture.only(
        [text], label: "tmp/x/checkpoints/2026-01-01T10-0\(minute)-00_000Z-a.txt-replace.json")
    }
    let first = try state(1, "")
    let second = try state(2, #",{"role":"model","parts":[{"text":"Done"}]}"#)
    #expect(first.header.id == second.header.id)
    #expect(first.header.updatedAt?.iso == "2026-01-01T10:01:00Z")
    #expect(first.messages[0].id == second.messages[0].id)
    #expect(second.header.title == "Fix it")
  }

  @Test func `a saved state that has only what the terminal showed is read from that`() throws {
    let text =
      #"{"history":[{"type":"user","text":"Fix it","id":1},{"type":"gemini","text":"Done","id":2},{"type":"info","text":"i","id":3}],"toolCall":{"name":"replace"}}"#
    let conversation = try Fixture.only([text], label: "checkpoints/x.json")
    #expect(conversation.path == ["user:text:Fix it", "assistant:text:Done"])
  }

  // MARK: Recognition

  @Test(arguments: [
    // Claude Code's lines have a sessionId too.
    #"{"type":"user","sessionId":"s","uuid":"u","message":{"role":"user","content":"x"}}"#,
    #"{"messages":[{"role":"user","content":"x"}]}"#, #"{"sessionId":"s"}"#,
    #"{"history":[]}"#, #"{"security":{"auth":{"selectedType":"oauth-personal"}}}"#,
    #"[{"role":"user","content":"x"}]"#, #"{"$set":{"colour":"red"}}"#,
  ])
  func `leaves other files alone`(text: String) throws {
    #expect(!GeminiCLIImporter().recognizes(try SessionImport.probe(text, label: "logs.json")))
  }
}
