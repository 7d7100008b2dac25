import PolylogueImport
import PolylogueModel
import Testing

struct ChatGPTContentTests {
  private typealias Fixture = ChatGPTFixture

  /// Reads one message with the content given.
  private func message(
    role: String = "assistant", _ content: String, name: String? = nil, recipient: String = "all",
    metadata: String = "{}", more: String = ""
  ) throws -> Message {
    let node = Fixture.node(
      "m", parent: nil, role: role, name: name, recipient: recipient, content: content,
      metadata: metadata, more: more)
    let conversation = try WebExport.conversation(
      ChatGPTImporter(), Fixture.conversation(current: "m", [node]))
    return try #require(conversation.messages.first)
  }

  @Test
  func `empty, null and object parts are tolerated`() throws {
    let text = try message(#"{"content_type":"text","parts":["a","",null,{"text":"b"},7]}"#)
    #expect(text.text == "a\n\nb\n\n7")
    #expect(try message("null").blocks.isEmpty)
    #expect(try message(#"{"content_type":"text","parts":null}"#).blocks.isEmpty)
    #expect(try message(#"{"content_type":"text"}"#).blocks.isEmpty)
    #expect(try message(#"{"parts":["no type"]}"#).text == "no type")
  }

  @Test
  func `metadata may be absent, and the author too`() throws {
    let conversation = try WebExport.conversation(
      ChatGPTImporter(),
      """
      {"id":"c","mapping":{"a":{"message":{"content":{"content_type":"text","parts":["x"]}}}},
      "current_node":"a"}
      """)
    #expect(conversation.messages.map(\.text) == ["x"])
    #expect(conversation.messages.first?.metadata == nil)
  }

  @Test
  func `reasoning stands apart from the answer`() throws {
    let thoughts = try message(
      #"{"content_type":"thoughts","thoughts":[{"summary":"Plan","content":"Do it"},"#
        + #"{"summary":"","content":"","chunks":["ab","cd"]},"bare"]}"#)
    #expect(thoughts.thinking == ["Plan\n\nDo it", "abcd", "bare"])
    #expect(thoughts.text == "")
    #expect(try message(#"{"content_type":"thoughts","thoughts":"one"}"#).thinking == ["one"])
    let recap = try message(
      #"{"content_type":"reasoning_recap","content":"Thought for 12s"}"#,
      metadata: #"{"finished_duration_sec":12}"#)
    #expect(recap.thinking == ["Thought for 12s"])
    #expect(recap.metadata == #"{"finished_duration_sec":12}"#)
  }

  @Test
  func `code without a recipient is code`() throws {
    let code = try message(#"{"content_type":"code","language":"python","text":"print(1)"}"#)
    #expect(code.blocks == [.code(language: "python", text: "print(1)")])
    let unknown = try message(#"{"content_type":"code","language":"unknown","text":"x"}"#)
    #expect(unknown.blocks == [.code(language: nil, text: "x")])
  }

  @Test
  func `web pages and browsing results carry their source`() throws {
    let quote = try message(
      role: "tool",
      #"{"content_type":"tether_quote","url":"https://e.org","title":"E","text":"words"}"#,
      name: "browser")
    #expect(quote.kind == .toolResult)
    #expect(quote.results.first?.output == "words")
    #expect(quote.citations == [Citation(title: "E", url: "https://e.org")])
    let page = try message(
      role: "tool", #"{"content_type":"sonic_webpage","url":"https://s.org","snippet":"cut"}"#)
    #expect(page.results.first?.output == "cut")
    let display = try message(
      role: "tool", #"{"content_type":"tether_browsing_display","result":"R","summary":"S"}"#)
    #expect(display.results.first?.output == "R\n\nS")
    let cited = try message(
      role: "tool",
      #"{"content_type":"citable_code_output","output_str":"out","#
        + #""metadata":{"display_title":"D","display_url":"https://d.org"}}"#)
    #expect(cited.results.first?.output == "out")
    #expect(cited.citations.first?.title == "D")
  }

  @Test
  func `errors are marked as errors`() throws {
    let error = #"{"content_type":"system_error","name":"Timeout","text":"too slow"}"#
    let result = try message(role: "tool", error)
    #expect(result.results.first?.isError == true)
    #expect(result.results.first?.output == "Timeout: too slow")
    #expect(try message(error).kind == .notice)
    let run = try message(
      role: "tool", #"{"content_type":"execution_output","text":"Traceback"}"#, name: "python",
      metadata: #"{"aggregate_result":{"in_kernel_exception":{"name":"E"},"#
        + #""messages":[{"image_url":"file-service://file-p"}]}}"#)
    #expect(run.results.first?.isError == true)
    #expect(run.attachments.map(\.id) == ["file-p"])
  }

  @Test
  func `custom instructions and memories are injected and hidden`() throws {
    let user = try message(
      role: "user",
      #"{"content_type":"user_editable_context","user_profile":"P","user_instructions":"I"}"#)
    #expect(user.kind == .injected)
    #expect(user.isHidden)
    #expect(user.text == "P\n\nI")
    let model = try message(
      role: "assistant", #"{"content_type":"model_editable_context","model_set_context":"M"}"#)
    #expect(model.kind == .injected)
    #expect(model.text == "M")
    let system = try message(role: "system", #"{"content_type":"text","parts":["S"]}"#)
    #expect(system.kind == .injected)
    #expect(system.isHidden)
  }

  @Test
  func `hidden messages say so`() throws {
    let text = #"{"content_type":"text","parts":["x"]}"#
    #expect(
      try message(text, metadata: #"{"is_visually_hidden_from_conversation":true}"#).isHidden)
    let json = Fixture.conversation(
      current: "m",
      [
        Fixture.bare(
          "m", parent: nil, message: #"{"author":{"role":"user"},"weight":0,"content":\#(text)}"#)
      ])
    #expect(
      try WebExport.conversation(ChatGPTImporter(), json).messages.first?.isHidden == true)
  }

  @Test
  func `speech is text, its recordings are attachments`() throws {
    let spoken = try message(
      role: "user",
      #"{"content_type":"multimodal_text","parts":["#
        + #"{"content_type":"audio_transcription","text":"hello","direction":"in"},"#
        + #"{"content_type":"real_time_user_audio_video_asset_pointer","#
        + #""frames_asset_pointers":[{"asset_pointer":"sediment://file_f"}],"#
        + #""video_container_asset_pointer":{"asset_pointer":"sediment://file_v"},"#
        + #""audio_asset_pointer":{"asset_pointer":"sediment://file_a","format":"wav","#
        + #""size_bytes":9}}]}"#)
    #expect(spoken.text == "hello")
    #expect(spoken.attachments.map(\.id) == ["file_a", "file_v", "file_f"])
    #expect(spoken.attachments.first?.mediaType == "audio/wav")
    #expect(spoken.attachments.first?.byteCount == 9)
    #expect(spoken.blocks.dropFirst().first == .attachment(id: "file_a"))
  }

  @Test
  func `a picture stands in the tool's message, with what was asked for`() throws {
    let picture = try message(
      role: "tool",
      #"{"content_type":"multimodal_text","parts":[{"content_type":"image_asset_pointer","#
        + #""asset_pointer":"file-service://file-i","size_bytes":5,"#
        + #""metadata":{"dalle":{"prompt":"a cat","gen_id":"g"}}}]}"#, name: "dalle.text2im")
    #expect(picture.attachments.map(\.id) == ["file-i"])
    #expect(picture.metadata == #"{"images":[{"prompt":"a cat","gen_id":"g"}]}"#)
    #expect(picture.blocks.contains(.attachment(id: "file-i")))
  }

  @Test
  func `a computer's screen is an attachment and its page a source`() throws {
    let screen = try message(
      role: "tool",
      #"{"content_type":"computer_output","screenshot":{"asset_pointer":"sediment://file_s"},"#
        + #""state":{"title":"Shop","url":"https://shop.org"}}"#)
    #expect(screen.attachments.map(\.id) == ["file_s"])
    #expect(screen.citations == [Citation(title: "Shop", url: "https://shop.org")])
  }

  @Test
  func `unknown content is kept, made findable and reported`() throws {
    let json = Fixture.conversation(
      current: "m",
      [
        Fixture.node(
          "m", parent: nil, role: "assistant",
          content: #"{"content_type":"super_widget","data":{"rows":["#
            + #"{"label":"the whole report in words"}],"n":1}}"#)
      ])
    let export = try WebExport([("c.json", json)]).run(ChatGPTImporter())
    let message = try #require(export.conversations.first?.messages.first)
    #expect(message.text == "the whole report in words")
    #expect(
      message.blocks.contains { if case .unknown("super_widget", _) = $0 { true } else { false } })
    #expect(export.tally("message: super_widget")?.unknown == 1)
  }

  @Test
  func `facts about a message are kept only where they say something`() throws {
    let text = #"{"content_type":"text","parts":["x"]}"#
    let plain = try message(
      text,
      metadata: #"{"model_slug":"gpt-5","request_id":"r","timestamp_":"absolute","#
        + #""finish_details":{"type":"stop"},"is_complete":true,"citations":[]}"#)
    #expect(plain.model == "gpt-5")
    #expect(plain.metadata == nil)
    let research = try message(
      text,
      metadata: #"{"async_task_type":"research","thinking_effort":"extended","#
        + #""finish_details":{"type":"max_tokens"},"search_queries":["q"]}"#,
      more: #","channel":"final""#)
    #expect(
      research.metadata
        == #"{"async_task_type":"research","thinking_effort":"extended","#
        + #""search_queries":["q"],"channel":"final","finish_type":"max_tokens"}"#)
  }

  @Test
  func `in a group chat every person has a name`() throws {
    let named = try message(
      role: "user", #"{"content_type":"text","parts":["hi"]}"#, name: "Ada")
    #expect(named.author == "Ada")
    let json =
      #"{"id":"g","current_node":"m","mapping":{"m":{"message":{"author":{"role":"user","#
      + #""metadata":{"name":"Bob"}},"content":{"content_type":"text","parts":["hi"]}}}}}"#
    let conversation = try WebExport.conversation(ChatGPTImporter(), json)
    #expect(conversation.messages.first?.author == "Bob")
  }

  @Test
  func `the duration of a turn is kept once`() throws {
    let about = #"{"finished_duration_sec":40}"#
    let conversation = try WebExport.conversation(
      ChatGPTImporter(),
      Fixture.conversation(
        current: "a3",
        [
          Fixture.node("q", parent: nil, text: "q"),
          Fixture.node("a1", parent: "q", role: "assistant", text: "1", metadata: about),
          Fixture.node("a2", parent: "a1", role: "assistant", text: "2", metadata: about),
          Fixture.node("q2", parent: "a2", text: "q"),
          Fixture.node("a3", parent: "q2", role: "assistant", text: "3", metadata: about),
        ]))
    #expect(conversation.messages.map { $0.metadata != nil } == [false, true, false, false, true])
  }
}
