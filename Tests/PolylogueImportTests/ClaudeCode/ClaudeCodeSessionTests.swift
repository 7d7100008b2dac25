import PolylogueImport
import PolylogueModel
import Testing

/// Sessions, their subagents, titles and traces.
struct ClaudeCodeSessionTests {
  private typealias Lines = SessionLines
  private let session = SessionLines.session

  private func run(_ files: [(label: String, text: String)]) throws -> SessionImport {
    let result = try SessionImport.run(ClaudeCodeImporter(), files)
    #expect(result.violations.isEmpty)
    return result
  }

  @Test func `describes a session by what its lines say`() throws {
    let result = try run([
      (
        "projects/-home-me/\(session).jsonl",
        [
          Lines.user(
            1, after: nil, "Start\nwith two lines",
            #","slug":"quiet-otter","forkedFrom":{"sessionId":"s0","messageUuid":"m0"}"#),
          #"{"type":"tag","tag":"work","sessionId":"\#(session)"}"#,
          #"{"type":"pr-link","prNumber":7,"prUrl":"https://x/7","sessionId":"\#(session)"}"#,
          Lines.assistant(2, after: 1, answer: "a", Lines.text("A")),
        ].joined(separator: "\n")
      )
    ])
    let header = try #require(result.conversations.first).header
    #expect(header.id.description == "claude-code:\(session)")
    #expect(header.title == "Start")
    #expect(header.project == "/home/me/project")
    #expect(header.createdAt?.iso == "2026-01-01T10:00:01Z")
    #expect(header.updatedAt?.iso == "2026-01-01T10:00:02Z")
    #expect(header.lineage == Lineage(kind: .fork, parent: "s0", origin: "m0"))
    #expect(
      header.metadata
        == #"{"version":"2.1.0","git_branch":"main","slug":"quiet-otter","tags":["work"],"pull_requests":["https://x/7"]}"#
    )
  }

  @Test func `prefers the name of the file to the sessions its lines name`() throws {
    let other = "22222222-2222-4222-8222-222222222222"
    let text = Lines.user(1, after: nil, "Hello")
    #expect(try run([("a/\(other).jsonl", text)]).conversations.first?.header.id.native == other)
    #expect(try run([("a/copy.jsonl", text)]).conversations.first?.header.id.native == session)
  }

  @Test(arguments: [
    (["summary"], "Start"), (["own-summary"], "Own"), (["own-summary", "agent-name"], "Agent"),
    (["agent-name", "ai-title", "own-summary"], "Made"),
    (["custom-title", "ai-title", "custom-title-2"], "Mine again"),
  ])
  func `chooses the best title, and of each kind the last`(kinds: [String], title: String) throws {
    let lines = [
      "summary": #"{"type":"summary","summary":"Other","leafUuid":"\#(Lines.uuid(99))"}"#,
      "own-summary": #"{"type":"summary","summary":"Own","leafUuid":"\#(Lines.uuid(1))"}"#,
      "agent-name": #"{"type":"agent-name","agentName":"Agent","sessionId":"s"}"#,
      "ai-title": #"{"type":"ai-title","aiTitle":"Made","sessionId":"s"}"#,
      "custom-title": #"{"type":"custom-title","customTitle":"Mine","sessionId":"s"}"#,
      "custom-title-2": #"{"type":"custom-title","customTitle":"Mine again","sessionId":"s"}"#,
    ]
    let text = (kinds.compactMap { lines[$0] } + [Lines.user(1, after: nil, "Start")])
      .joined(separator: "\n")
    #expect(try run([("\(session).jsonl", text)]).conversations.first?.header.title == title)
  }

  // MARK: Subagents

  private func agentLine(_ id: Int, after parent: Int?, _ text: String, agent: String? = nil)
    -> String
  {
    let name = agent.map { #","agentId":"\#($0)""# } ?? ""
    return Lines.user(id, after: parent, text, #","isSidechain":true"# + name)
  }

  @Test func `sets subagents inside the file apart and finds the call by its prompt`() throws {
    let input = #"{"prompt":"Count the files","description":"Count","subagent_type":"scout"}"#
    let result = try run([
      (
        "\(session).jsonl",
        [
          Lines.user(1, after: nil, "Start"),
          Lines.assistant(2, after: 1, answer: "a", Lines.call("t1", "Task", input: input)),
          agentLine(10, after: nil, "Count the files"),
          Lines.assistant(
            11, after: 10, answer: "s", Lines.text("Three"), #","isSidechain":true"#),
          Lines.result(3, after: 2, of: "t1", "Three"),
        ].joined(separator: "\n")
      )
    ])
    #expect(result[session]?.messages.count == 3)
    let agent = try #require(result["\(session):agent-\(Lines.uuid(10))"])
    #expect(agent.messages.map(\.text) == ["Count the files", "Three"])
    #expect(agent.header.lineage == Lineage(kind: .subagent, parent: session, origin: "t1"))
    #expect(agent.header.title == "Count")
  }

  @Test(arguments: [
    "p/agent-a1.jsonl", "p/\(SessionLines.session)/subagents/agent-a1.jsonl",
    "p/\(SessionLines.session)/subagents/workflows/w1/agent-a1.jsonl",
  ])
  func `reads transcripts of subagents in files of their own`(label: String) throws {
    let result = try run([
      (
        "p/\(session).jsonl",
        [
          Lines.user(1, after: nil, "Start"),
          Lines.assistant(2, after: 1, answer: "a", Lines.call("t1", "Agent")),
          Lines.result(3, after: 2, of: "t1", "Done", #","toolUseResult":{"agentId":"a1"}"#),
        ].joined(separator: "\n")
      ),
      (label, agentLine(10, after: nil, "Count", agent: "a1")),
    ])
    let agent = try #require(result["\(session):agent-a1"])
    #expect(agent.header.lineage == Lineage(kind: .subagent, parent: session, origin: "t1"))
    #expect(result[session]?.messages.count == 3)
  }

  @Test func `reads what stands beside a transcript`() throws {
    let folder = "p/\(session)/subagents/"
    let result = try run([
      (
        folder + "agent-a1.meta.json",
        #"{"agentType":"scout","description":"Count files","toolUseId":"t9"}"#
      ),
      (folder + "agent-a1.jsonl", agentLine(10, after: nil, "Count", agent: "a1")),
      (folder + "agent-acompact-77.jsonl", agentLine(20, after: nil, "Summarize")),
    ])
    let agent = try #require(result["\(session):agent-a1"])
    #expect(agent.header.title == "Count files")
    #expect(agent.header.lineage?.origin == "t9")
    #expect(agent.header.metadata?.contains(#""agent_type":"scout""#) == true)
    #expect(result["\(session):agent-acompact-77"]?.header.lineage?.kind == .subagent)
  }

  // MARK: Other files

  @Test func `makes sessions of prompts that are all that is left`() throws {
    let gone = "33333333-3333-4333-8333-333333333333"
    let history = """
      {"display":"First","pastedContents":{"1":{"id":1,"type":"text","content":"Pasted"}},"timestamp":1767261600000,"project":"/p","sessionId":"\(gone)"}
      {"display":"/clear","pastedContents":{},"timestamp":1767261601000,"project":"/p","sessionId":"\(gone)"}
      {"display":"Known","pastedContents":{},"timestamp":1767261602000,"project":"/p","sessionId":"\(session)"}
      {"display":"Old","pastedContents":{},"timestamp":1767261603000,"project":"/p"}
      """
    #expect(
      ClaudeCodeImporter().recognizes(try SessionImport.probe(history, label: "history.jsonl")))
    let result = try run([
      ("history.jsonl", history), ("p/\(session).jsonl", Lines.user(1, after: nil, "Known")),
    ])
    let left = try #require(result[gone])
    #expect(left.header.fidelity == .slim && left.header.project == "/p")
    #expect(left.messages.map(\.text) == ["First\n\nPasted", "/clear"])
    #expect(left.messages.map(\.kind) == [.message, .command])
    #expect(result.conversations.count == 3)
    #expect(result[session]?.header.fidelity == .full)
  }

  @Test func `keeps a prompt that never left the queue, and no queue besides a session`() throws {
    let queue =
      #"{"type":"queue-operation","operation":"enqueue","content":"Later","sessionId":"\#(session)","timestamp":"2026-01-01T00:00:00Z"}"#
    let alone = try run([("\(session).jsonl", queue)])
    #expect(alone[session]?.messages.map(\.text) == ["Later"])
    let with = try run([("\(session).jsonl", queue + "\n" + Lines.user(1, after: nil, "Now"))])
    #expect(with[session]?.messages.map(\.text) == ["Now"])
  }

  @Test func `reads the document of a web session`() throws {
    let text = """
      {"loglines":[{"type":"user","timestamp":"2026-01-01T00:00:00Z","message":{"role":"user",\
      "content":"Hello"}},{"type":"assistant","timestamp":"2026-01-01T00:00:01Z","message":\
      {"role":"assistant","content":[{"type":"text","text":"Hi"}]}}]}
      """
    #expect(ClaudeCodeImporter().recognizes(try SessionImport.probe(text, label: "web.json")))
    let first = try #require(try run([("web.json", text)]).conversations.first)
    #expect(first.messages.map(\.text) == ["Hello", "Hi"])
    #expect(first.messages[1].parentID == first.messages[0].id)
    let again = try #require(try run([("renamed.json", text)]).conversations.first)
    #expect(again.header.id == first.header.id)
  }

  @Test func `says why a file holds no conversation`() throws {
    let result = try run([
      ("x.jsonl", #"{"type":"summary","summary":"Gone","leafUuid":"\#(Lines.uuid(1))"}"#)
    ])
    #expect(result.conversations.isEmpty)
    #expect(result.receipt.warnings.count == 1)
  }

  @Test(arguments: [
    #"{"sessionId":"a","projectHash":"b","type":"user","uuid":"c"}"#,
    #"{"type":"user","uuid":"a","sessionId":"b","message":{"role":"user","parts":[]}}"#,
    #"{"type":"session","version":3,"id":"a"}"#, #"{"type":"session_start","id":"a"}"#,
    #"{"type":"session.start","data":{}}"#, #"{"role":"user","content":"Hi"}"#,
    #"{"type":"response_item","payload":{"type":"message"}}"#,
  ])
  func `leaves other agents' files alone`(line: String) throws {
    #expect(!ClaudeCodeImporter().recognizes(try SessionImport.probe(line, label: "x.jsonl")))
  }
}
