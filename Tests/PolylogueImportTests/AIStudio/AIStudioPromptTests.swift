import PolylogueImport
import PolylogueModel
import Testing

struct AIStudioPromptTests {
  private func run(
    _ chunks: String, more: String = "", prompt: String = ""
  ) throws -> WebExport {
    let json =
      #"{"runSettings":{"model":"models/gemini-2.5-pro","temperature":1}\#(more),"#
      + #""chunkedPrompt":{"chunks":[\#(chunks)]\#(prompt)}}"#
    return try WebExport([("A prompt", json)]).run(AIStudioImporter())
  }

  private func conversation(
    _ chunks: String, more: String = "", prompt: String = ""
  ) throws -> Conversation {
    try #require(try run(chunks, more: more, prompt: prompt).conversations.first)
  }

  private static let question = #"{"role":"user","text":"Why?","tokenCount":2}"#

  // MARK: Text

  @Test(arguments: [
    (#""text":"one two","parts":[{"text":"one "},{"text":"two"}]"#, "one two"),
    (#""parts":[{"text":"one "},{"text":"two"}]"#, "one two"),
    (#""text":"one two""#, "one two"),
    // A slice was lost.
    (#""text":"one two","parts":[{"text":"one "}]"#, "one two"),
    // A person has changed the text; the slices are as they came.
    (#""text":"mine","isEdited":true,"parts":[{"text":"one "},{"text":"two"}]"#, "mine"),
    (#""text":"","parts":[]"#, ""),
  ])
  func `text and parts are the same thing, taken once`(members: String, expected: String) throws {
    let chunk = #"{"role":"model",\#(members)}"#
    let read = try conversation(AIStudioPromptTests.question + "," + chunk)
    let answer = read.messages.dropFirst().first
    #expect((answer?.text ?? "") == expected)
    #expect(read.messages.count == (expected.isEmpty ? 1 : 2))
  }

  @Test
  func `a thought is the reasoning of the answer it led to, its tokens among the answer's`() throws
  {
    let read = try conversation(
      AIStudioPromptTests.question
        + #",{"role":"model","text":"Hm. Aha.","isThought":true,"tokenCount":30,"#
        + #""parts":[{"text":"Hm. ","thought":true},{"text":"Aha.","thought":true}]},"#
        + #"{"role":"model","text":"So.","tokenCount":3,"finishReason":"STOP"}"#)
    #expect(read.messages.count == 2)
    let answer = try #require(read.messages.last)
    #expect(answer.blocks == [.thinking("Hm. Aha."), .text("So.")])
    #expect(answer.usage == TokenUsage(output: 33, reasoning: 30))
    #expect(answer.model == "gemini-2.5-pro")
    #expect(read.messages[0].metadata == #"{"token_count":2}"#)
  }

  @Test
  func `thoughts among the parts and thoughts that led to nothing are kept`() throws {
    let inside = try conversation(
      #"{"role":"model","text":"So.","parts":[{"text":"Hm.","thought":true},{"text":"So."}]}"#)
    #expect(inside.messages.map(\.blocks) == [[.thinking("Hm."), .text("So.")]])
    let repeated = try conversation(
      #"{"role":"model","text":"Hm.","parts":[{"text":"Hm.","thought":true}]}"#)
    #expect(repeated.messages.map(\.blocks) == [[.thinking("Hm.")]])
    let alone = try conversation(
      #"{"role":"model","text":"Hm.","isThought":true},"# + AIStudioPromptTests.question)
    #expect(alone.messages.map(\.role) == [.assistant, .user])
    #expect(alone.messages[0].thinking == ["Hm."])
  }

  @Test
  func `a system instruction comes first, and an empty one is none`() throws {
    let none = try conversation(
      AIStudioPromptTests.question, more: #","systemInstruction":{}"#)
    #expect(none.messages.map(\.role) == [.user])
    for form in [#"{"text":"Be brief."}"#, #"{"parts":[{"text":"Be "},{"text":"brief."}]}"#] {
      let read = try conversation(
        AIStudioPromptTests.question, more: #","systemInstruction":\#(form)"#)
      #expect(read.messages.map(\.role) == [.system, .user])
      #expect(read.messages[0].text == "Be brief.")
      #expect(read.messages[0].kind == .injected)
    }
  }

  @Test
  func `what was typed and not sent is a draft, and keeps its id when it is sent`() throws {
    let draft = try conversation(
      AIStudioPromptTests.question,
      prompt: #","pendingInputs":[{"text":"And then?","role":"user"}]"#)
    #expect(draft.messages.last?.text == "And then?")
    #expect(draft.messages.last?.metadata == #"{"draft":true}"#)
    let sent = try conversation(
      AIStudioPromptTests.question + #",{"role":"user","text":"And then?"}"#)
    #expect(sent.messages.last?.metadata == nil)
    #expect(sent.messages.map(\.id) == draft.messages.map(\.id))
    let empty = try run(
      AIStudioPromptTests.question, prompt: #","pendingInputs":[{"text":"","role":"user"}]"#)
    #expect(empty.conversations.first?.messages.count == 1)
    #expect(empty.tally("draft")?.skipped == 1)
  }

  // MARK: Tools and sources

  @Test
  func `code and what it printed are a call and its result`() throws {
    let read = try conversation(
      AIStudioPromptTests.question
        + #",{"role":"model","executableCode":{"language":"PYTHON","code":"print(4)"}},"#
        + #"{"role":"model","codeExecutionResult":{"outcome":"OUTCOME_OK","output":"4\n"}},"#
        + #"{"role":"model","text":"Four."}"#)
    #expect(read.messages.map(\.role) == [.user, .assistant, .tool, .assistant])
    let call = try #require(read.messages[1].calls.first)
    let result = try #require(read.messages[2].results.first)
    #expect(call.name == "code_execution")
    #expect(call.input == #"{"language":"PYTHON","code":"print(4)"}"#)
    #expect(result.callID == call.id && !call.id.isEmpty)
    #expect(result.output == "4\n" && !result.isError)
    #expect(read.messages[2].kind == .toolResult)
  }

  @Test
  func `code among the parts and functions are calls, too`() throws {
    let read = try conversation(
      #"{"role":"model","parts":[{"text":"Look: "},"#
        + #"{"executableCode":{"language":"PYTHON","code":"1/0"}},"#
        + #"{"codeExecutionResult":{"outcome":"OUTCOME_FAILED","output":"no"}},"#
        + #"{"functionCall":{"name":"now","args":{"zone":"UTC"}}},"#
        + #"{"functionResponse":{"name":"now","response":{"time":1}}}]}"#)
    let message = try #require(read.messages.first)
    #expect(message.calls.map(\.name) == ["code_execution", "now"])
    #expect(message.calls.last?.input == #"{"zone":"UTC"}"#)
    #expect(message.results.map(\.isError) == [true, false])
    #expect(message.results.map(\.callID) == message.calls.map(\.id))
  }

  @Test
  func `grounding gives citations, each source once`() throws {
    let read = try conversation(
      #"{"role":"model","text":"It is so.","grounding":{"webSearchQueries":["is it so"],"#
        + #""groundingSources":[{"referenceNumber":1,"uri":"https://a.example","title":"A"}],"#
        + #""corroborationSegments":[{"uri":"https://a.example","text":"so"},"#
        + #"{"uri":"https://b.example","footnoteNumber":2}]}}"#)
    let answer = try #require(read.messages.first)
    #expect(
      answer.citations == [
        Citation(title: "A", url: "https://a.example", quote: "so"),
        Citation(url: "https://b.example"),
      ])
    #expect(answer.metadata == #"{"web_search_queries":["is it so"]}"#)
  }

  @Test
  func `a failure stays with what was said before it, or stands alone`() throws {
    let read = try conversation(
      #"{"role":"model","text":"Half","errorMessage":"cut","finishReason":"OTHER"},"#
        + #"{"role":"model","text":"","errorMessage":"quota"}"#)
    #expect(read.messages[0].text == "Half")
    #expect(read.messages[0].metadata == #"{"finish_reason":"OTHER","error":"cut"}"#)
    #expect(read.messages[1].text == "quota")
    #expect(read.messages[1].kind == .notice)
  }

  @Test
  func `what is not known is counted and kept`() throws {
    let export = try run(
      #"{"role":"model","text":"x","novelty":1,"parts":[{"text":"x"},{"hologram":{}}]},7"#)
    #expect(export.tally("field of a chunk: novelty")?.unknown == 1)
    #expect(export.tally("part of a chunk")?.unknown == 1)
    #expect(export.tally("chunk")?.unknown == 1)
    #expect(export.conversations.first?.messages.first?.text == "x")
  }

  @Test(arguments: [
    (#""freeformPrompt":{"text":"Say hello."}"#, ["Say hello."]),
    (
      #""dataPrompt":{"columns":[{"id":"c1","displayName":"Input:"}],"#
        + #""rows":[{"columnBindings":{"c1":"red"}}]}"#, ["Input:\n\nred"]
    ),
    (
      #""multiturnPrompt":{"preamble":"Be kind.","primingExchanges":[{"request":"a"}],"#
        + #""sessions":[{"sessionExchanges":[{"request":"b","response":"c"}]}]}"#,
      ["Be kind.", "a", "b", "c"]
    ),
  ])
  func `older kinds of prompts give their text`(members: String, texts: [String]) throws {
    let json = #"{"runSettings":{"model":"models/text-bison-001"},\#(members)}"#
    let read = try WebExport.conversation(AIStudioImporter(), json)
    #expect(read.messages.map(\.text) == texts)
  }
}
