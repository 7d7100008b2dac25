import PolylogueImport
import PolylogueModel
import PolylogueParsing
import Testing

/// Rollouts of all generations, and what they say twice.
struct CodexRolloutTests {
  private static let thread = "019b2ea4-0000-7000-8000-000000000001"
  private var meta: String { Self.meta() }

  private static func meta(_ more: String = "") -> String {
    record(
      "session_meta",
      #""id":"\#(thread)","timestamp":"2026-01-01T09:00:00Z","cwd":"/repo","cli_version":"0.99.0","git":{"branch":"main"}"#
        + more, second: 0)
  }

  private static func record(_ type: String, _ payload: String, second: Int) -> String {
    let time = second < 10 ? "0\(second)" : "\(second)"
    return
      #"{"timestamp":"2026-01-01T10:00:\#(time).000Z","type":"\#(type)","payload":{\#(payload)}}"#
  }

  private func item(_ payload: String, _ second: Int) -> String {
    Self.record("response_item", payload, second: second)
  }

  private func event(_ payload: String, _ second: Int) -> String {
    Self.record("event_msg", payload, second: second)
  }

  private func user(_ text: String, _ second: Int) -> String {
    item(
      #""type":"message","role":"user","content":[{"type":"input_text","text":\#(JSONWriter.quoted(text))}]"#,
      second)
  }

  private func assistant(_ text: String, _ second: Int) -> String {
    item(
      #""type":"message","role":"assistant","content":[{"type":"output_text","text":"\#(text)"}]"#,
      second)
  }

  private func run(
    _ lines: [String], label: String = "sessions/2026/rollout-x.jsonl"
  ) throws -> SessionImport {
    let text = lines.joined(separator: "\n")
    #expect(CodexImporter().recognizes(try SessionImport.probe(text, label: label)))
    let result = try SessionImport.run(CodexImporter(), [(label, text)])
    #expect(result.violations.isEmpty)
    return result
  }

  private func only(_ lines: [String]) throws -> Conversation {
    let result = try run(lines)
    #expect(result.conversations.count == 1)
    return try #require(result.conversations.first)
  }

  // MARK: Generations

  @Test func `reads enveloped records`() throws {
    let conversation = try only([
      meta, Self.record("turn_context", #""model":"gpt-x","cwd":"/repo""#, second: 1),
      user("Hello", 2), assistant("Hi", 3),
    ])
    #expect(conversation.header.id.description == "codex:\(Self.thread)")
    #expect(conversation.header.title == "Hello")
    #expect(conversation.header.project == "/repo")
    #expect(conversation.header.metadata == #"{"version":"0.99.0","git_branch":"main"}"#)
    #expect(conversation.header.createdAt?.iso == "2026-01-01T09:00:00Z")
    #expect(conversation.messages.map(\.id) == ["r2", "r3"])
    #expect(conversation.messages.map(\.parentID) == [nil, "r2"])
    #expect(conversation.messages[1].model == "gpt-x")
  }

  @Test func `reads bare items`() throws {
    let conversation = try only([
      #"{"id":"b-1","timestamp":"2025-06-01T08:00:00Z","instructions":null}"#,
      #"{"record_type":"state"}"#,
      #"{"type":"message","role":"user","content":[{"type":"input_text","text":"Hello"}]}"#,
      #"{"type":"function_call","name":"shell","arguments":"{\"command\":[\"ls\"]","call_id":"c"}"#,
      #"{"type":"function_call_output","call_id":"c","output":"{\"output\":\"a\",\"metadata\":{\"exit_code\":1}}"}"#,
    ])
    #expect(conversation.header.id.native == "b-1")
    #expect(conversation.messages.map(\.outline) == [["text:Hello"], ["call:shell"], ["result:a"]])
    #expect(
      conversation.messages[1].blocks
        == [.toolCall(ToolCall(id: "c", name: "shell", input: #"{"command":["ls"]"#))])
    #expect(
      conversation.messages[2].blocks
        == [.toolResult(ToolResult(callID: "c", output: "a", isError: true))])
    #expect(conversation.messages.allSatisfy { $0.timestamp == nil })
  }

  @Test func `reads the one document of early versions`() throws {
    let text =
      #"{"session":{"id":"c-1","timestamp":"2025-04-20T08:00:00Z","instructions":""},"items":["#
      + #"{"type":"message","role":"user","content":[{"type":"input_text","text":"Hello"}]},"#
      + #"{"type":"local_shell_call","id":"l","status":"completed","action":{"type":"exec","command":["ls"]}},"#
      + #"{"type":"local_shell_call_output","call_id":"l","output":{"content":"a","success":false}}]}"#
    let result = try run([text], label: "sessions/rollout-2025-04-20-c-1.json")
    let conversation = try #require(result["c-1"])
    #expect(conversation.messages.map(\.outline) == [["text:Hello"], ["call:shell"], ["result:a"]])
    #expect(conversation.messages.map(\.id) == ["r0", "r1", "r2"])
  }

  @Test func `takes the thread from the file's name where no record gives it`() throws {
    let label = "archived_sessions/rollout-2026-01-01T10-00-00-\(Self.thread).jsonl"
    let result = try run([user("Hello", 1)], label: label)
    #expect(result[Self.thread] != nil)
    let unnamed = try run([user("Hello", 1)], label: "copy.jsonl")
    #expect(try run([user("Hello", 1)], label: "b.jsonl").conversations == unnamed.conversations)
  }

  // MARK: Twice

  @Test func `takes what events repeat once, whichever comes first`() throws {
    let conversation = try only([
      meta, event(#""type":"user_message","message":"Hello\n""#, 1),
      event(#""type":"task_started","turn_id":"t""#, 2), user("Hello", 3),
      event(#""type":"agent_reasoning","text":"Hm""#, 4),
      event(#""type":"agent_message","message":"Hi""#, 5),
      item(#""type":"reasoning","summary":[{"type":"summary_text","text":"Hm"}]"#, 6),
      assistant("Hi", 7), user("Again", 8),
      event(#""type":"user_message","message":"Again""#, 9), assistant("Hi", 10),
      event(#""type":"agent_message","message":"Hi""#, 11),
    ])
    #expect(
      conversation.messages.map(\.outline)
        == [["text:Hello"], ["thinking:Hm"], ["text:Hi"], ["text:Again"], ["text:Hi"]])
  }

  @Test func `imports a rollout that holds only events`() throws {
    let conversation = try only([
      meta,
      event(
        #""type":"user_message","message":"Draw","images":["data:image/png;base64,AAEC"]"#, 1),
      event(
        #""type":"exec_command_end","call_id":"e","command":["ls"],"aggregated_output":"a","exit_code":2"#,
        2),
      event(
        #""type":"mcp_tool_call_end","call_id":"m","invocation":{"server":"s","tool":"t","arguments":{}},"result":{"Ok":{"content":[{"type":"text","text":"fine"}],"isError":false}}"#,
        3),
      event(
        #""type":"mcp_tool_call_end","call_id":"n","invocation":{"server":"s","tool":"t"},"result":{"Err":"broken"}"#,
        4), event(#""type":"agent_reasoning","text":"Hm""#, 5),
      event(#""type":"agent_message","message":"Here""#, 6),
      event(#""type":"task_complete","last_agent_message":"Here""#, 7),
      event(#""type":"user_message","message":"Bye""#, 8),
      event(#""type":"task_complete","last_agent_message":"Only here""#, 9),
    ])
    #expect(
      conversation.messages.map(\.outline)
        == [
          ["text:Draw", "attachment:image-1"], ["call:shell"], ["result:a"], ["call:s.t"],
          ["result:fine"], ["call:s.t"], ["result:broken"], ["thinking:Hm"], ["text:Here"],
          ["text:Bye"], ["text:Only here"],
        ])
    #expect(conversation.messages[0].attachments.first?.inlineBytes == [0, 1, 2])
    let errors = conversation.messages.flatMap(\.blocks).compactMap {
      if case .toolResult(let result) = $0 { result.isError } else { nil }
    }
    #expect(errors == [true, false, true])
  }

  @Test func `does not repeat a tool that items tell of`() throws {
    let conversation = try only([
      meta, user("Go", 1),
      item(#""type":"function_call","name":"shell","arguments":"{}","call_id":"c""#, 2),
      event(
        #""type":"exec_command_end","call_id":"c","command":["ls"],"aggregated_output":"a""#, 3),
      item(
        #""type":"function_call_output","call_id":"c","output":"Exit code: 0\nWall time: 1 seconds\nOutput:\na""#,
        4),
    ])
    #expect(conversation.messages.map(\.id) == ["r1", "r2", "r4"])
  }

  @Test func `keeps the ids of a growing file`() throws {
    let lines = [
      meta, user("Hello", 1), event(#""type":"user_message","message":"Hello""#, 2),
      event(#""type":"agent_message","message":"Hi""#, 3), assistant("Hi", 4),
      item(#""type":"custom_tool_call","name":"apply_patch","input":"*** Begin","call_id":"c""#, 5),
      event(
        #""type":"token_count","info":{"total_token_usage":{"input_tokens":9,"output_tokens":4}}"#,
        6), item(#""type":"custom_tool_call_output","call_id":"c","output":"ok""#, 7),
      user("More", 8), assistant("Done", 9),
    ]
    var before: [String] = []
    for count in 2...lines.count {
      let ids = try only(Array(lines.prefix(count))).messages.map(\.id)
      #expect(ids.starts(with: before))
      before = ids
    }
    #expect(before.count == 6)
  }

  // MARK: Contexts, tools, rollback

  @Test(arguments: [
    ("<environment_context><cwd>/x</cwd></environment_context>", MessageKind.injected),
    ("<user_instructions>\nBe kind\n</user_instructions>", .injected),
    ("# AGENTS.md instructions for /repo\n\n<INSTRUCTIONS>x</INSTRUCTIONS>", .injected),
    ("<subagent_notification>{}</subagent_notification>", .injected),
    ("<skill>\n<name>x</name></skill>", .injected),
    ("<permissions instructions>x</permissions instructions>", .injected),
    ("<collaboration_mode>x</collaboration_mode>", .injected),
    ("<turn_aborted>\nThe user interrupted\n</turn_aborted>", .notice),
    ("<user_shell_command><command>ls</command></user_shell_command>", .command),
    ("<div> is what?", .message), ("# My plan", .message),
  ])
  func `tells words from contexts`(text: String, kind: MessageKind) throws {
    let conversation = try only([meta, user(text, 1)])
    #expect(conversation.messages.map(\.kind) == [kind])
    #expect(conversation.messages.map(\.text) == [text])
  }

  @Test func `splits an editor's context from the request`() throws {
    let conversation = try only([
      meta,
      user(
        "# Context from my IDE setup:\n\n## Open tabs:\n- a\n\n## My request for Codex:\nFix", 1),
      event(#""type":"user_message","message":"Fix""#, 2), assistant("Yes", 3),
    ])
    #expect(conversation.messages.map(\.kind) == [.injected, .message, .message])
    #expect(conversation.messages.map(\.id) == ["r1#2", "r1", "r3"])
    #expect(conversation.messages[1].text == "Fix")
    #expect(conversation.header.title == "Fix")
  }

  @Test func `marks rolled back turns and goes on from before them`() throws {
    let conversation = try only([
      meta, user("One", 1), assistant("1", 2), user("Two", 3), assistant("2", 4), user("Three", 5),
      assistant("3", 6), event(#""type":"thread_rolled_back","num_turns":2"#, 7), user("Four", 8),
      assistant("4", 9), event(#""type":"thread_rolled_back","num_turns":99"#, 10),
      user("Five", 11),
    ])
    #expect(conversation.messages.filter(\.isActive).map(\.text) == ["Five"])
    #expect(conversation.messages.first { $0.text == "Four" }?.parentID == "r2")
    #expect(conversation.messages.last?.parentID == nil)
  }

  @Test func `does not append the history that a compaction repeats`() throws {
    let conversation = try only([
      meta, user("One", 1),
      Self.record(
        "compacted",
        #""message":"So far: one","replacement_history":[{"type":"message","role":"user","content":[]}]"#,
        second: 2), item(#""type":"compaction","encrypted_content":"x""#, 3), user("Two", 4),
    ])
    #expect(conversation.messages.map(\.kind) == [.message, .summary, .message])
    #expect(conversation.messages.map(\.text) == ["One", "So far: one", "Two"])
  }

  @Test func `reads outputs in all their forms`() throws {
    let outputs = [
      #""plain""#, #"[{"type":"input_text","text":"a"},{"type":"input_text","text":"b"}]"#,
      #"{"content":"c","success":true}"#, #""{\"output\":\"d\",\"metadata\":{\"exit_code\":0}}""#,
      #""Process exited with code 3\nOutput:\ne""#, #""{\"not\":\"an output\"}""#,
    ]
    let lines = outputs.enumerated().map { place, output in
      item(#""type":"function_call_output","call_id":"c\#(place)","output":\#(output)"#, place + 1)
    }
    let conversation = try only([meta] + lines)
    let results = conversation.messages.flatMap(\.blocks).compactMap {
      if case .toolResult(let result) = $0 { result } else { nil }
    }
    #expect(
      results.map(\.output)
        == [
          "plain", "a\nb", "c", "d", "Process exited with code 3\nOutput:\ne",
          #"{"not":"an output"}"#,
        ])
    #expect(results.map(\.isError) == [false, false, false, false, true, false])
  }

  // MARK: Tokens

  @Test func `counts tokens once, cached ones apart`() throws {
    func count(_ info: String, _ second: Int) -> String {
      event(#""type":"token_count","info":\#(info)"#, second)
    }
    let first =
      #"{"total_token_usage":{"input_tokens":100,"cached_input_tokens":"60","output_tokens":7,"reasoning_output_tokens":2},"last_token_usage":{"input_tokens":100,"cached_input_tokens":60,"output_tokens":7,"reasoning_output_tokens":2}}"#
    let conversation = try only([
      meta, user("One", 1), assistant("1", 2),
      item(#""type":"function_call","name":"x","arguments":"{}","call_id":"c""#, 3),
      item(#""type":"function_call_output","call_id":"c","output":"y""#, 4), count(first, 5),
      count("null", 6), count(first, 7), assistant("2", 8),
      count(
        #"{"total_token_usage":{"input_tokens":150,"cached_input_tokens":60,"output_tokens":9,"reasoning_output_tokens":2}}"#,
        9),
      assistant("3", 10),
      count(#"{"total_token_usage":{"input_tokens":20,"output_tokens":1}}"#, 11),
    ])
    let usage = conversation.messages.map(\.usage)
    #expect(usage[1] == nil)
    #expect(usage[2] == TokenUsage(input: 40, output: 7, cacheRead: 60, reasoning: 2))
    #expect(usage[4] == TokenUsage(input: 50, output: 2))
    #expect(usage[5] == TokenUsage(input: 20, output: 1))
  }

  // MARK: Threads

  @Test func `knows forks and subagents by the first description alone`() throws {
    let second = Self.record(
      "session_meta", #""id":"parent","cwd":"/elsewhere","timestamp":"2020-01-01T00:00:00Z""#,
      second: 1)
    let fork = try only([Self.meta(#","forked_from_id":"parent""#), second, user("Hi", 2)])
    #expect(fork.header.lineage == Lineage(kind: .fork, parent: "parent"))
    #expect(fork.header.id.native == Self.thread)
    #expect(fork.header.project == "/repo")
    let spawned = try only([
      Self.meta(#","source":{"subagent":{"thread_spawn":{"parent_thread_id":"p","depth":1}}}"#),
      user("Hi", 2),
    ])
    #expect(spawned.header.lineage == Lineage(kind: .subagent, parent: "p"))
    let review = try only([
      Self.meta(#","source":"subagent_review","parent_thread_id":"q""#), user("Hi", 2),
    ])
    #expect(review.header.lineage == Lineage(kind: .subagent, parent: "q"))
  }

  @Test func `names a thread by its own name, the index, or its first prompt`() throws {
    let lines = [meta, user("Prompt", 1)]
    let index = #"{"id":"\#(Self.thread)","thread_name":"Indexed","updated_at":"x"}"#
    let files = [
      ("session_index.jsonl", index), ("sessions/a.jsonl", lines.joined(separator: "\n")),
    ]
    let indexed = try SessionImport.run(CodexImporter(), files)
    #expect(indexed.conversations.map(\.header.title) == ["Indexed"])
    let named = try only(
      lines + [event(#""type":"thread_name_updated","thread_name":"Named""#, 2)])
    #expect(named.header.title == "Named")
  }

  @Test func `makes threads of prompts that are all that is left`() throws {
    let history = """
      {"session_id":"gone","ts":1767261600,"text":"First"}
      {"session_id":"gone","ts":1767261601,"text":"Second"}
      """
    let result = try run([history], label: "history.jsonl")
    #expect(result["gone"]?.messages.map(\.text) == ["First", "Second"])
    #expect(result["gone"]?.header.fidelity == .slim)
  }

  @Test func `counts what it does not know and says why nothing came of a file`() throws {
    let result = try run([
      meta, Self.record("news", #""x":1"#, second: 1), item(#""type":"hologram""#, 2),
      event(#""type":"omen""#, 3),
    ])
    #expect(result.conversations.isEmpty)
    #expect(result.receipt.warnings.count == 1)
    for kind in ["news", "response_item/hologram", "event_msg/omen"] {
      #expect(result.tally(kind)?.unknown == 1)
    }
  }
}
