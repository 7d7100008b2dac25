import PolylogueImport
import PolylogueModel
import PolylogueParsing
import Testing

/// What stands in the messages of Gemini CLI.
struct GeminiCLIContentTests {
  private typealias Fixture = GeminiCLIFixture

  private func answer(_ line: String) throws -> [Message] {
    try Fixture.only([Fixture.metadata(), line]).messages
  }

  private func result(_ call: String) throws -> ToolResult? {
    for message in try answer(Fixture.calling("a1", [call])) {
      if case .toolResult(let result)? = message.blocks.first { return result }
    }
    return nil
  }

  // MARK: Answers

  @Test func `thoughts stand before the answer, with their subject`() throws {
    let message = try #require(
      try answer(
        Fixture.gemini(
          "a1", "Yes", second: 2,
          #","thoughts":[{"subject":"Plan","description":"Think."},{"description":"More."}]"#)
      ).first)
    #expect(message.outline == ["thinking:**Plan**\n\nThink.", "thinking:More.", "text:Yes"])
  }

  @Test func `thoughts that are repeated as parts count once`() throws {
    let parts = #"[{"text":"Plan","thought":true},{"text":"Yes"}]"#
    let repeated = try answer(
      Fixture.message("a1", "gemini", parts, #","thoughts":[{"description":"Plan"}]"#))
    #expect(repeated[0].outline == ["thinking:Plan", "text:Yes"])
    #expect(
      try answer(Fixture.message("a1", "gemini", parts))[0].outline == [
        "thinking:Plan", "text:Yes",
      ])
  }

  /// input holds the cached tokens, thoughts come on top of the output.
  @Test(arguments: [
    (
      #"{"input":12000,"output":80,"cached":11500,"thoughts":20,"tool":5,"total":12105}"#,
      TokenUsage(input: 505, output: 100, cacheRead: 11500, reasoning: 20)
    ),
    (#"{"input":"7","output":null,"cached":9}"#, TokenUsage(input: 0, cacheRead: 9)),
    (
      #"{"input":9223372036854775807,"output":-4}"#,
      TokenUsage(input: 1 << 50)
    ),
  ])
  func `tokens are counted as everywhere`(tokens: String, usage: TokenUsage) throws {
    #expect(
      try answer(Fixture.gemini("a1", "Yes", second: 2, ",\"tokens\":\(tokens)"))[0].usage == usage)
  }

  @Test(arguments: ["null", "{}", "[]"])
  func `no tokens are no usage`(tokens: String) throws {
    #expect(
      try answer(Fixture.gemini("a1", "Yes", second: 2, ",\"tokens\":\(tokens)"))[0].usage == nil)
  }

  // MARK: Tools

  @Test func `an empty answer that only calls tools is a message with the calls`() throws {
    let messages = try answer(
      Fixture.calling(
        "a1",
        [
          Fixture.call(
            "c1",
            "\"result\":[\(Fixture.response("c1", #"{"output":"one"}"#))],"
              + #""timestamp":"2026-01-01T10:00:30Z""#),
          Fixture.call("c2", "\"result\":[\(Fixture.response("c2", #"{"error":"no"}"#))]"),
        ]))
    #expect(messages.map(\.id) == ["a1", "a1#result-1", "a1#result-2"])
    #expect(messages.map(\.parentID) == [nil, "a1", "a1#result-1"])
    #expect(messages[0].outline == ["call:tool", "call:tool"])
    #expect(messages[1].role == .tool && messages[1].kind == .toolResult)
    #expect(messages[1].timestamp?.iso == "2026-01-01T10:00:30Z")
    guard case .toolResult(let failed)? = messages[2].blocks.first else {
      Issue.record("no result")
      return
    }
    #expect(failed == ToolResult(callID: "c2", name: "tool", output: "no", isError: true))
  }

  @Test(arguments: [
    (#""resultDisplay":"three files""#, "three files"),
    (
      ##""resultDisplay":{"fileDiff":"@@ -1 +1 @@\n-a\n+b","fileName":"x.txt","filePath":"/x.txt"}"##,
      "Changed /x.txt\n\n@@ -1 +1 @@\n-a\n+b"
    ),
    (
      #""resultDisplay":{"todos":[{"description":"one","status":"completed"},{"description":"two","status":"pending"}]}"#,
      "[x] one\n[ ] two"
    ),
    (
      #""resultDisplay":[[{"text":"a ","bold":true},{"text":"b"}],[],[{"text":"c"}]]"#,
      "a b\n\nc"
    ),
    (#""resultDisplay":{"future":1}"#, #"{"future":1}"#),
    (#""result":[{"text":"plain"}],"resultDisplay":"shown""#, "plain"),
    (#""result":"text","resultDisplay":null"#, "text"),
  ])
  func `every form of a result has its text`(fields: String, output: String) throws {
    #expect(try result(Fixture.call("c1", fields))?.output == output)
  }

  @Test func `a diff stands behind the result that the model got`() throws {
    let call = Fixture.call(
      "c1",
      "\"result\":[\(Fixture.response("c1", #"{"output":"Modified."}"#))],"
        + #""resultDisplay":{"fileDiff":"-a\n+b","fileName":"x"}"#)
    #expect(try result(call)?.output == "Modified.\n\n-a\n+b")
  }

  @Test(arguments: [("success", false), ("error", true), ("cancelled", true)])
  func `the status says whether a tool failed`(status: String, isError: Bool) throws {
    let call = Fixture.call("c1", #""resultDisplay":"x""#, status: status)
    #expect(try result(call)?.isError == isError)
  }

  @Test func `a call that waits has no result`() throws {
    let messages = try answer(
      Fixture.calling("a1", [Fixture.call("c1", #""result":null"#, status: "executing")]))
    #expect(messages.map(\.outline) == [["call:tool"]])
  }

  /// When the history is brought in line, each call gets the whole turn of its answers.
  @Test func `of several answers in a result only the call's own counts`() throws {
    let both =
      "\"result\":[\(Fixture.response("c1", #"{"output":"one"}"#)),"
      + "\(Fixture.response("c2", #"{"output":"two"}"#))]"
    let messages = try answer(
      Fixture.calling("a1", [Fixture.call("c1", both), Fixture.call("c2", both)]))
    #expect(messages.dropFirst().map(\.outline) == [["result:one"], ["result:two"]])
  }

  @Test func `answers that a prompt repeats are taken once`() throws {
    let conversation = try Fixture.only([
      Fixture.metadata(), Fixture.user("u1", "Go"),
      Fixture.calling(
        "a1", [Fixture.call("c1", "\"result\":[\(Fixture.response("c1", #"{"output":"one"}"#))]")]),
      Fixture.message("r1", "user", "[\(Fixture.response("c1", #"{"output":"one"}"#))]"),
      Fixture.message("r2", "user", "[\(Fixture.response("c9", #"{"output":"nine"}"#))]"),
    ])
    #expect(
      conversation.path == [
        "user:text:Go", "assistant:call:tool", "tool:result:one", "tool:result:nine",
      ])
  }

  @Test func `calls that stand in the parts alone are calls`() throws {
    let messages = try answer(
      Fixture.message(
        "a1", "gemini", #"[{"functionCall":{"id":"c1","name":"glob","args":{"p":"*"}}}]"#,
        #","toolCalls":[]"#))
    #expect(
      messages[0].blocks == [.toolCall(ToolCall(id: "c1", name: "glob", input: #"{"p":"*"}"#))])
  }

  @Test func `images in results are attachments of the result`() throws {
    let response =
      #"{"functionResponse":{"id":"c1","name":"tool","response":{"output":"see"},"parts":[{"inlineData":{"mimeType":"image/png","data":"AAEC"}}]}}"#
    let messages = try answer(
      Fixture.calling("a1", [Fixture.call("c1", "\"result\":[\(response)]")]))
    #expect(messages[1].outline == ["result:see", "attachment:part-1"])
    #expect(messages[1].attachments.first?.inlineBytes == [0, 1, 2])
  }

  // MARK: Prompts

  @Test func `inline files and references are attachments, unknown parts are told`() throws {
    let parts =
      #"[{"text":"See"},{"inlineData":{"mimeType":"image/png","data":"AAEC"}},{"fileData":{"mimeType":"text/csv","fileUri":"gs://x/a.csv"}},{"hologram":{"z":1}}]"#
    let result = try Fixture.run([Fixture.metadata(), Fixture.message("u1", "user", parts)])
    let message = result.conversations[0].messages[0]
    #expect(
      message.outline == ["text:See", "attachment:part-1", "attachment:part-2", "unknown:hologram"])
    #expect(message.attachments[0].inlineBytes == [0, 1, 2])
    #expect(message.attachments[1].name == "gs://x/a.csv")
    #expect(result.tally("part hologram")?.unknown == 1)
  }

  @Test(arguments: [
    // One text, and a text for each piece.
    [
      "Explain @a.txt\n--- Content from referenced files ---\nContent from @a.txt:\nsecret\n"
        + "--- End of content ---"
    ],
    [
      "Explain @a.txt", "\n--- Content from referenced files ---", "\nContent from @a.txt:\n",
      "secret", "\n--- End of content ---",
    ],
  ])
  func `files that a prompt names stand apart from its words`(texts: [String]) throws {
    let parts = texts.map { "{\"text\":\(JSONWriter.quoted($0))}" }.joined(separator: ",")
    let messages = try answer(Fixture.message("u1", "user", "[\(parts)]"))
    #expect(messages.map(\.kind) == [.message, .injected])
    #expect(messages[0].text == "Explain @a.txt")
    #expect(messages[1].text.contains("secret"))
    #expect(messages.map(\.id) == ["u1", "u1#context-1"])
  }

  @Test func `what was typed counts where it is told apart`() throws {
    let messages = try answer(
      Fixture.user(
        "u1", "Long template around: fix it", second: 1, #","displayContent":[{"text":"/fix it"}]"#)
    )
    #expect(messages.map(\.text) == ["/fix it", "Long template around: fix it"])
    #expect(messages.map(\.kind) == [.command, .injected])
  }

  @Test(arguments: [
    ("<session_context>\nThis is the Gemini CLI.</session_context>", MessageKind.injected),
    ("This is the Gemini CLI. We are setting up the context for our chat.", .injected),
    ("<state_snapshot>x</state_snapshot>", .summary), ("/help", .command),
    ("/etc/fstab is wrong", .message), ("Hello", .message),
  ])
  func `tells a person's words from a program's`(text: String, kind: MessageKind) throws {
    let messages = try answer(Fixture.user("u1", text))
    #expect(messages.map(\.kind) == [kind])
    #expect(messages[0].id == "u1")
  }

  @Test(arguments: ["info", "warning", "error"])
  func `events of the client are notices`(type: String) throws {
    let message = try #require(try answer(Fixture.message("n1", type, "\"Busy\"")).first)
    #expect(message.role == .system && message.kind == .notice)
    #expect(message.metadata == "{\"type\":\"\(type)\"}")
  }

  @Test func `results that are nested in results cost no stack, and their files are not lost`()
    throws
  {
    let depth = 1200
    let open = #"{"functionResponse":{"id":"c","parts":["#
    let nested =
      String(repeating: open, count: depth) + #"{"text":"deep"}"#
      + String(repeating: "]}}", count: depth)
    let file = #"{"inlineData":{"mimeType":"text/plain","data":"YQ=="}}"#
    let made = try Fixture.run([
      Fixture.metadata(),
      Fixture.message("u", "user", "[\(open)\(nested),\(file)]}}]"),
    ])
    let result = try #require(made.conversations[0].messages.first)
    #expect(result.kind == .toolResult)
    #expect(result.attachments.map(\.inlineBytes) == [[97]])
  }

  @Test func `what was typed is told apart from thousands of texts`() throws {
    let texts = (0..<30_000).map { #"{"text":"w\#($0)"}"# }.joined(separator: ",")
    let typed = (0..<30_000).map { #""w\#($0 * 2)""# }.joined(separator: ",")
    let made = try Fixture.run([
      Fixture.metadata(),
      Fixture.message("u", "user", "[\(texts)]", #","displayContent":[\#(typed)]"#),
    ])
    let read = made.conversations[0].messages
    #expect(read.map(\.kind) == [.message, .injected])
    #expect(read[0].blocks.count == 30_000)
    #expect(read[1].text.hasPrefix("w1\nw3\nw5\n"))
  }
}
