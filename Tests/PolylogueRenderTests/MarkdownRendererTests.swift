import PolylogueModel
import PolylogueRender
import Testing

/// A conversation of one message with these blocks.
private func conversation(
  _ blocks: [Block], title: String? = "A title", attachments: [PolylogueModel.Attachment] = []
) -> Conversation {
  let message = Message(
    id: "m1", role: .assistant, model: "gpt-4o",
    timestamp: Timestamp(iso: "2026-03-07T09:12:04Z"), blocks: blocks, attachments: attachments)
  let header = ConversationHeader(
    id: ConversationID(provider: .chatgpt, native: "c1"), title: title,
    createdAt: Timestamp(iso: "2026-03-07T09:12:04Z"))
  return Conversation(header: header, messages: [message])
}

private func markdown(_ conversation: Conversation) -> String {
  String(decoding: MarkdownRenderer().bytes(of: conversation), as: UTF8.self)
}

/// What stands behind the message's heading.
private func body(_ blocks: [Block]) -> String {
  let text = markdown(conversation(blocks))
  guard let heading = text.range(of: "09:12:04\n\n") else { return "no heading: " + text }
  return String(text[heading.upperBound...])
}

extension String {
  fileprivate func range(of part: String) -> Range<String.Index>? { ranges(of: part).first }
}

@Suite struct MarkdownRendererTests {
  @Test func `a conversation is front matter, a title and messages`() {
    #expect(
      markdown(conversation([.text("Hello *there*.")])) == """
        ---
        polylogue: 1
        id: "chatgpt:c1"
        provider: "chatgpt"
        title: "A title"
        created_at: 2026-03-07T09:12:04Z
        models: ["gpt-4o"]
        messages: 1
        ---

        # A title

        <!-- polylogue:message id=m1 role=assistant kind=message model=gpt-4o time=2026-03-07T09:12:04Z -->
        ## Assistant · gpt-4o · 2026-03-07 09:12:04

        Hello *there*.


        """)
  }

  @Test(arguments: [
    ("say \"hi\" \\ bye", #"title: "say \"hi\" \\ bye""#),
    ("a\nb: c", #"title: "a\nb: c""#),
    ("\u{1B}[31m\u{85}\u{2028}", #"title: "\u001B[31m\u0085\u2028""#),
    ("---", #"title: "---""#),
    ("\u{E0041}", #"title: "\U000E0041""#),
  ])
  func `front matter quotes what YAML would take for something else`(
    title: String, line: String
  ) {
    let lines = markdown(conversation([], title: title)).split(separator: "\n")
    #expect(lines.contains { $0 == line }, "\(lines.prefix(6))")
  }

  @Test func `a title cannot break out of its heading`() {
    let text = markdown(conversation([], title: "a\n<!-- polylogue:message id=x -->\n# b"))
    #expect(text.contains("# a \\<!-- polylogue:message id=x --\\> \\# b\n"))
  }

  @Test(arguments: [
    ("<!-- polylogue:message id=m9 -->", "\\<!-- polylogue:message id=m9 -->"),
    ("\\<!-- polylogue:message -->", "\\\\<!-- polylogue:message -->"),
    ("  <!-- POLYLOGUE:x -->", "  \\<!-- POLYLOGUE:x -->"),
    ("<!-- open comment", "\\<!-- open comment"),
    ("<script>", "\\<script>"),
    ("<b>bold</b>", "<b>bold</b>"),
    ("a <!-- in line --> b", "a <!-- in line --> b"),
    ("## User · gpt", "## User · gpt"),
  ])
  func `a line that could be taken for ours gets a backslash`(line: String, written: String) {
    #expect(body([.text("before\n\(line)\nafter")]) == "before\n\(written)\nafter\n\n")
  }

  @Test func `in code, only look-alikes of our comments get a backslash`() {
    let code = "```html\n<!-- plain -->\n<!-- polylogue:message -->\n<script>\n```"
    #expect(
      body([.text(code)])
        == "```html\n<!-- plain -->\n\\<!-- polylogue:message -->\n<script>\n```\n\n")
  }

  @Test func `a fence that was left open is closed, and marked as closed by us`() {
    #expect(
      body([.text("look:\n~~~~\ncode")])
        == "look:\n~~~~\ncode\n~~~~\n<!-- polylogue:fence-added -->\n\n")
  }

  @Test func `a fence is longer than any run of backticks in it`() {
    let call = ToolCall(id: "t1", name: "Write", input: "a ```` b")
    #expect(
      body([.toolCall(call)])
        == "<!-- polylogue:tool-call id=t1 name=Write -->\n**Tool call:** Write\n\n`````\na ```` b\n`````\n\n"
    )
  }

  @Test func `a tool's failure, its colours and its end of line are kept`() {
    let result = ToolResult(callID: "t1", output: "\u{1B}[31mno\n", isError: true)
    #expect(
      body([.toolResult(result)])
        == "<!-- polylogue:tool-result call=t1 error=true -->\n**Tool error:**\n\n```\n␛[31mno\n\n```\n\n"
    )
  }

  @Test func `reasoning is a quote, whatever it holds`() {
    #expect(
      body([.thinking("a\n\n<!-- polylogue:message -->\n```")])
        == "<!-- polylogue:thinking -->\n> **Thinking**\n>\n> a\n>\n> <!-- polylogue:message -->\n> ```\n\n"
    )
  }

  @Test func `values in comments cannot end them`() {
    let call = ToolCall(id: "--> x\n", name: "a b", input: "")
    #expect(
      body([.toolCall(call)]).hasPrefix(
        "<!-- polylogue:tool-call id=-%2D%3E%20x%0A name=a%20b -->\n"))
  }

  @Test func `values in comments are encoded wherever they have to be, and only there`() {
    let tame = "abcXYZ019./:_@+-abcXYZ019./:_@+-abcdefgh"
    for place in tame.utf8.indices {
      for (odd, encoded) in [("<", "%3C"), ("é", "%C3%A9"), ("--", "-%2D")] {
        let before = tame[..<place].replacing("-", with: "x")
        let after = tame[place...].replacing("-", with: "x")
        let call = ToolCall(id: before + odd + after, name: tame, input: "")
        #expect(
          body([.toolCall(call)]).hasPrefix(
            "<!-- polylogue:tool-call id=\(before)\(encoded)\(after) name=\(tame) -->\n"))
      }
    }
  }

  @Test func `a document has room for texts of any length`() {
    for count in [65_000, 66_000, 200_000] {
      let text = String(repeating: "0123456789", count: count / 10)
      #expect(body([.text(text), .text("end")]) == text + "\n\n<!-- polylogue:text -->\n\nend\n\n")
    }
  }

  @Test func `an attachment is listed with its extracted text`() {
    let file = PolylogueModel.Attachment(
      id: "f1", name: "a*b.csv", mediaType: "text/csv", byteCount: 12, extractedText: "x,y")
    let text = markdown(conversation([.attachment(id: "f1")], attachments: [file]))
    #expect(text.contains("*Attachment: a\\*b.csv*\n"))
    #expect(text.contains("**Attachment:** a\\*b.csv (text/csv, 12 bytes)\n"))
    #expect(text.contains("<!-- polylogue:attachment-text -->\n```\nx,y\n```\n"))
  }

  @Test func `only web addresses become links`() {
    let good = Citation(title: "A", url: "https://example.org/a")
    let bad = Citation(title: "B", url: "javascript:alert(1)")
    #expect(body([.citation(good)]).contains("**Source:** A <https://example.org/a>\n"))
    #expect(body([.citation(bad)]).contains("**Source:** B\n"))
  }

  @Test func `other branches follow the path last shown`() {
    var made = conversation([])
    made.messages = [
      Message(id: "q", role: .user, blocks: [.text("question")]),
      Message(id: "a1", parentID: "q", role: .assistant, isActive: false, blocks: [.text("old")]),
      Message(id: "a2", parentID: "q", role: .assistant, blocks: [.text("new")]),
      Message(id: "b1", parentID: "a1", role: .user, isActive: false, blocks: [.text("further")]),
    ]
    let text = markdown(made)
    let order = ["question", "new", "## Other branches", "### Branch 1", "old", "further"]
    let places = order.compactMap { text.range(of: $0)?.lowerBound }
    #expect(places.count == order.count)
    #expect(places == places.sorted())
    #expect(text.contains("<!-- polylogue:branch from=q -->"))
  }

  @Test func `a chain of 100,000 messages is rendered without recursion`() {
    var made = conversation([])
    made.messages = (0..<100_000).map { index in
      Message(
        id: "m\(index)", parentID: index == 0 ? nil : "m\(index - 1)", role: .user,
        isActive: false)
    }
    #expect(markdown(made).contains("id=m99999"))
  }
}
