import PolylogueImport
import PolylogueModel
import Testing

struct ClaudeAIContentTests {
  private func export(_ message: String) throws -> WebExport {
    let json =
      #"[{"uuid":"c","name":"n","chat_messages":[{"uuid":"m","sender":"assistant",\#(message)}]}]"#
    return try WebExport([("conversations.json", json)]).run(ClaudeAIImporter())
  }

  private func message(_ members: String) throws -> Message {
    try #require(try export(members).conversations.first?.messages.first)
  }

  private func message(blocks: String) throws -> Message {
    try message(#""text":"flattened","content":[\#(blocks)]"#)
  }

  // MARK: Text

  @Test(arguments: [
    (#""text":"flat","content":[{"type":"text","text":"rich"}]"#, "rich"),
    (#""text":"flat","content":[]"#, "flat"),
    (#""text":"flat","content":null"#, "flat"),
    (#""text":"flat","content":[{"type":"text","text":null}]"#, "flat"),
    (#""text":"flat","content":"plain""#, "plain"),
    (#""text":"flat","content":[{"type":"text","text":12345}]"#, "12345"),
    (#""text":"","content":[]"#, ""),
  ])
  func `content comes before the flattened text`(members: String, expected: String) throws {
    #expect(try message(members).text == expected)
  }

  @Test
  func `placeholders for unsupported blocks are no text`() throws {
    let notice = #"```\nThis block is not supported on your current device yet.\n```"#
    #expect(
      try message(#""content":[],"text":"Before\n\#(notice)\nafter""#).text == "Before\n\nafter")
    let only = try export(#""content":[],"text":"\#(notice)""#)
    #expect(only.conversations.first?.messages.first?.blocks.isEmpty == true)
    #expect(
      only.tally("content block: placeholder for an unsupported block")?.skipped == 1)
  }

  @Test
  func `thinking stands apart, its summaries where it is empty`() throws {
    let full = try message(
      blocks: #"{"type":"thinking","thinking":"why","cut_off":true},{"type":"text","text":"so"}"#)
    #expect(full.thinking == ["why"])
    #expect(full.text == "so")
    #expect(full.metadata == #"{"thinking_cut_off":true}"#)
    let short = try message(
      blocks: #"{"type":"thinking","thinking":"","summaries":[{"summary":"a"},{"summary":"b"}]}"#)
    #expect(short.thinking == ["a\n\nb"])
  }

  @Test
  func `citations follow their text`() throws {
    let cited = try message(
      blocks: #"{"type":"text","text":"It rains","citations":[{"uuid":"u","start_index":0,"#
        + #""details":{"type":"web_search_citation","url":"https://e.org","title":"E"}}]}"#)
    #expect(cited.text == "It rains")
    #expect(cited.citations == [Citation(title: "E", url: "https://e.org")])
  }

  @Test
  func `voice notes are text, budgets are left out, unknown blocks are kept`() throws {
    let export = try export(
      #""content":[{"type":"voice_note","title":"Walk","text":"said"},"#
        + #"{"type":"token_budget","remaining":5},{"type":"flag","flag":"f"}]"#)
    let message = try #require(export.conversations.first?.messages.first)
    #expect(message.text == "Walk\n\nsaid")
    #expect(message.blocks.last == .unknown(type: "flag", json: #"{"type":"flag","flag":"f"}"#))
    #expect(export.tally("content block: token_budget")?.skipped == 1)
    #expect(export.tally("content block: flag")?.unknown == 1)
  }

  // MARK: Tools

  @Test
  func `calls and results are paired by their ids`() throws {
    let both = try message(
      blocks: #"{"type":"tool_use","id":"t1","name":"search","input":{"q":"x"}},"#
        + #"{"type":"tool_result","tool_use_id":"t1","name":"search","is_error":true,"#
        + #""content":[{"type":"text","text":"no"},{"type":"text","text":"hits"}]}"#)
    #expect(both.calls == [ToolCall(id: "t1", name: "search", input: #"{"q":"x"}"#)])
    #expect(
      both.results == [
        ToolResult(callID: "t1", name: "search", output: "no\n\nhits", isError: true)
      ])
  }

  @Test
  func `without ids a call has the next result of its name`() throws {
    let many = try message(
      blocks: #"{"type":"tool_use","id":null,"name":"a","input":{}},"#
        + #"{"type":"tool_use","id":null,"name":"b","input":{}},"#
        + #"{"type":"tool_result","tool_use_id":null,"name":"b","content":"B"},"#
        + #"{"type":"tool_result","tool_use_id":null,"name":"a","content":"A"},"#
        + #"{"type":"tool_use","id":null,"name":"a","input":{}},"#
        + #"{"type":"tool_result","tool_use_id":null,"name":"a","content":"A2"}"#)
    #expect(many.calls.map(\.id) == ["m#0", "m#1", "m#4"])
    #expect(many.results.map(\.callID) == ["m#1", "m#0", "m#4"])
  }

  @Test
  func `a result that stands before its call finds it, one without any is alone`() throws {
    let early = try message(
      blocks: #"{"type":"tool_result","name":"a","content":"A"},"#
        + #"{"type":"tool_use","name":"a","input":{}},"#
        + #"{"type":"tool_result","name":"z","content":"Z"}"#)
    #expect(early.results.map(\.callID) == ["m#1", ""])
  }

  @Test
  func `what a search found is text and source`() throws {
    let found = try message(
      blocks: #"{"type":"tool_result","tool_use_id":"t","name":"web_search","content":["#
        + #"{"type":"knowledge","title":"Sky &amp; sea","url":"https://s.org","text":"blue"},"#
        + #"{"type":"rag_reference","doc_uuid":"d9","extras":{"title":"Notes"}},"#
        + #"{"type":"local_resource","uuid":"f1","name":"a.csv","mime_type":"text/csv"},"#
        + #"{"type":"image","file_uuid":"i1"},{"type":"table","rows":[1]}]}"#)
    #expect(
      found.results.first?.output == "Sky &amp; sea\n\nblue\n\n{\"type\":\"table\",\"rows\":[1]}")
    #expect(
      found.citations == [
        Citation(title: "Sky &amp; sea", url: "https://s.org"),
        Citation(title: "Notes", url: "d9"),
      ])
    #expect(found.attachments.map(\.id) == ["f1", "i1"])
    #expect(found.attachments.first?.mediaType == "text/csv")
  }

  @Test
  func `what is only displayed counts where the content is empty`() throws {
    let shown = try message(
      blocks: #"{"type":"tool_use","id":"t","name":"x","input":{},"display_content":"#
        + #"{"type":"json_block","json_block":"{\"a\":1}"}},"#
        + #"{"type":"tool_result","tool_use_id":"t","name":"x","content":[],"#
        + #""display_content":{"type":"text","text":"seen"}}"#)
    #expect(shown.calls.first?.input == #"{"a":1}"#)
    #expect(shown.results.first?.output == "seen")
  }

  // MARK: Attachments

  @Test
  func `attachments bring their text, files only their names`() throws {
    let files = try message(
      #""content":[],"text":"","attachments":[{"file_name":"","file_size":4,"file_type":"txt","#
        + #""extracted_content":"pasted"},{"id":"a1","file_name":"b.pdf","#
        + #""extracted_content":"page"}],"files":[{"file_name":"p.png","file_uuid":"u1","#
        + #""file_kind":"image"},{"file_name":"q.png"}],"#
        + #""files_v2":[{"file_name":"p.png","file_uuid":"u1"},{"file_name":"q.png"}]"#)
    #expect(files.attachments.map(\.id) == ["attachment-1", "a1", "u1", "file-4"])
    #expect(files.attachments.map(\.name) == [nil, "b.pdf", "p.png", "q.png"])
    #expect(files.attachments.map(\.extractedText) == ["pasted", "page", nil, nil])
    #expect(files.attachments.first?.byteCount == 4)
    #expect(files.blocks.isEmpty)
  }
}

struct ClaudeAIArtifactTests {
  private func conversation(_ messages: [(id: String, parent: String, blocks: String)]) throws
    -> Conversation
  {
    let list = messages.map { message in
      #"{"uuid":"\#(message.id)","parent_message_uuid":"\#(message.parent)","#
        + #""sender":"assistant","content":[\#(message.blocks)]}"#
    }
    return try WebExport.conversation(
      ClaudeAIImporter(),
      #"{"uuid":"c","name":"n","chat_messages":[\#(list.joined(separator: ","))]}"#)
  }

  private func call(_ input: String, tool: String = "artifacts") -> String {
    #"{"type":"tool_use","id":"t","name":"\#(tool)","input":{\#(input)}}"#
  }

  @Test
  func `create, update and rewrite make versions`() throws {
    let conversation = try conversation([
      (
        "m1", "0",
        call(
          #""command":"create","id":"a","type":"text/markdown","title":"T","content":"x x""#)
      ),
      ("m2", "m1", call(#""command":"update","id":"a","old_str":"x","new_str":"y""#)),
      ("m3", "m2", call(#""command":"update","id":"a","old_str":"gone","new_str":"z""#)),
      ("m4", "m3", call(#""command":"update","id":"a","old_str":"x","new_str":"z""#)),
      ("m5", "m4", call(#""command":"rewrite","id":"a","content":"all new""#)),
    ])
    let versions = conversation.messages.flatMap(\.documents)
    #expect(versions.map(\.isComplete) == [true, true, false, true, true])
    #expect(versions[1].content == "y x")
    #expect(versions[2].content.contains("gone"))
    #expect(versions[3].content == "y z")
    #expect(versions[4].content == "all new")
    #expect(versions.allSatisfy { $0.title == "T" && $0.language == "text/markdown" })
  }

  @Test
  func `an update applies along its branch only`() throws {
    let conversation = try conversation([
      ("m1", "0", call(#""command":"create","id":"a","content":"base""#)),
      ("l", "m1", call(#""command":"update","id":"a","old_str":"base","new_str":"left""#)),
      ("r", "m1", call(#""command":"update","id":"a","old_str":"base","new_str":"right""#)),
    ])
    #expect(conversation.message("l")?.documents.first?.content == "left")
    #expect(conversation.message("r")?.documents.first?.content == "right")
  }

  @Test
  func `tags in early answers are documents and reasoning`() throws {
    let conversation = try conversation([
      (
        "m1", "0",
        #"{"type":"text","text":"Here.\n<antThinking>plan</antThinking>\n"#
          + #"<antArtifact identifier=\"a\" type=\"text/html\" title=\"Page\">\n<p>\n"#
          + #"</antArtifact>\nEnjoy <antlers>."}"#
      ),
      ("m2", "m1", #"{"type":"text","text":"<antArtifact identifier=\"b\">cut off"}"#),
    ])
    #expect(
      conversation.messages[0].blocks == [
        .text("Here."), .thinking("plan"),
        .document(Document(id: "a", title: "Page", language: "text/html", content: "<p>")),
        .text("Enjoy <antlers>."),
      ])
    #expect(conversation.messages[1].documents.first?.content == "cut off")
  }

  @Test
  func `files made by tools are documents`() throws {
    let conversation = try conversation([
      (
        "m1", "0",
        call(#""path":"/a.py","file_text":"x = 1","description":"d""#, tool: "create_file")
      ),
      ("m2", "m1", call(#""path":"/a.py","old_str":"1","new_str":"2""#, tool: "str_replace")),
      ("m3", "m2", call(#""path":"/b.py","old_str":"1","new_str":"2""#, tool: "str_replace")),
    ])
    let versions = conversation.messages.flatMap(\.documents)
    #expect(versions.map(\.id) == ["/a.py", "/a.py", "/b.py"])
    #expect(versions[1].content == "x = 2")
    #expect(!versions[2].isComplete)
  }
}
