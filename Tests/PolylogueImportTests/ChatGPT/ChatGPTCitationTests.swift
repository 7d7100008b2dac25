import PolylogueImport
import PolylogueModel
import Testing

struct ChatGPTCitationTests {
  private typealias Fixture = ChatGPTFixture

  private func message(
    role: String = "assistant", _ text: String, metadata: String = "{}"
  ) throws -> Message {
    let node = Fixture.node("m", parent: nil, role: role, text: text, metadata: metadata)
    let conversation = try WebExport.conversation(
      ChatGPTImporter(), Fixture.conversation(current: "m", [node]))
    return try #require(conversation.messages.first)
  }

  @Test
  func `new marks leave the text, their sources become citations`() throws {
    let mark = "\u{E200}cite\u{E202}turn0search3\u{E202}turn0news0\u{E201}"
    let message = try message(
      "It rains.\(mark) Bring a hat.",
      metadata: #"{"content_references":[{"type":"grouped_webpages","matched_text":"\#(mark)","#
        + #""start_idx":9,"items":[{"title":"Sky","url":"https://sky.org","snippet":"wet","#
        + #""supporting_websites":[{"title":"Sea","url":"https://sea.org"}]}]},"#
        + #"{"type":"sources_footnote","sources":[{"title":"Sky","url":"https://sky.org"}]}]}"#)
    #expect(message.text == "It rains. Bring a hat.")
    #expect(
      message.citations == [
        Citation(title: "Sky", url: "https://sky.org", quote: "wet"),
        Citation(title: "Sea", url: "https://sea.org"),
        Citation(title: "Sky", url: "https://sky.org"),
      ])
    #expect(
      message.metadata
        == #"{"marks":[{"at":9,"kind":"cite","args":["turn0search3","turn0news0"]}]}"#)
  }

  @Test
  func `a mark that nothing explains keeps the provider's reference`() throws {
    let message = try message("See \u{E200}filecite\u{E202}turn1file0\u{E201}.")
    #expect(message.text == "See .")
    #expect(message.citations == [Citation(url: "turn1file0")])
  }

  @Test
  func `offsets count code points or UTF-16 units`() throws {
    let mark = "\u{E200}cite\u{E202}turn0search0\u{E201}"
    for start in [2, 3] {
      let message = try message(
        "\u{1F600}a\(mark)",
        metadata: #"{"content_references":[{"type":"webpage","start_idx":\#(start),"#
          + #""url":"https://u.org","title":"U"}]}"#)
      #expect(message.citations == [Citation(title: "U", url: "https://u.org")])
    }
  }

  @Test
  func `names and link titles inside marks stay in the text`() throws {
    let entity = #"\u{E200}entity\u{E202}[\"city\",\"Oslo\",\"capital\"]\u{E201}"#
      .replacing(#"\u{E200}"#, with: "\u{E200}").replacing(#"\u{E202}"#, with: "\u{E202}")
      .replacing(#"\u{E201}"#, with: "\u{E201}")
    let link = "\u{E200}url\u{E202}The site\u{E202}turn0search1\u{E201}"
    #expect(try message("In \(entity), \(link)!").text == "In Oslo, The site!")
  }

  @Test
  func `a mark cut off by the end of the text takes nothing else with it`() throws {
    #expect(try message("Done.\u{E200}cite\u{E202}turn0sea").text == "Done.")
    #expect(try message("A\u{E200}cite\u{E202}turn0search1 and more").text == "A and more")
    #expect(try message("x\u{E203}y\u{E204}z\u{E206}").text == "xyz")
  }

  @Test
  func `old marks leave the answer and stay in a person's text`() throws {
    let text = "Yes【12†source】, see【4:0†a.pdf】:contentReference[oaicite:2]{index=2}."
    #expect(try message(text).text == "Yes, see.")
    #expect(try message(role: "user", text).text == text)
    #expect(try message("【注意】 keep").text == "【注意】 keep")
  }

  @Test
  func `old citations name their sources`() throws {
    let message = try message(
      "Yes【1†source】",
      metadata: #"{"citations":[{"start_ix":3,"end_ix":13,"metadata":{"type":"webpage","#
        + #""title":"T","url":"https://t.org","text":"quoted"}}]}"#)
    #expect(message.citations == [Citation(title: "T", url: "https://t.org", quote: "quoted")])
  }

  @Test
  func `what a search found is cited by the tool's message`() throws {
    let message = try message(
      role: "tool", "",
      metadata: #"{"search_result_groups":[{"domain":"e.org","entries":[{"title":"E","#
        + #""url":"https://e.org","snippet":"about e"}]}]}"#)
    #expect(
      message.citations == [Citation(title: "E", url: "https://e.org", quote: "about e")])
  }
}
