import Foundation
import PolylogueModel
import PolylogueRender
import Testing

private func page(
  _ messages: [Message], title: String? = "A title", linksFiles: Bool = false,
  template: PageTemplate = .standard
) -> String {
  let header = ConversationHeader(
    id: ConversationID(provider: .chatgpt, native: "c1"), title: title,
    createdAt: Timestamp(iso: "2026-03-07T09:12:04Z"), project: "Garden",
    lineage: Lineage(kind: .fork, parent: "c0"))
  let renderer = HTMLRenderer(template: template, linksFiles: linksFiles)
  let conversation = Conversation(header: header, messages: messages)
  return String(decoding: renderer.bytes(of: conversation), as: UTF8.self)
}

private func message(
  _ id: String, _ parent: String? = nil, isActive: Bool = true, _ text: String? = nil
) -> Message {
  Message(
    id: id, parentID: parent, role: .user, isActive: isActive, blocks: [.text(text ?? "text \(id)")]
  )
}

/// What stands between two marks.
private func part(_ text: String, from start: String, to end: String) -> String {
  guard let first = text.ranges(of: start).first,
    let last = text[first.upperBound...].ranges(of: end).first
  else { return "" }
  return String(text[first.upperBound..<last.lowerBound])
}

@Suite struct HTMLRendererTests {
  @Test func `a page says who, when, with what and how much`() {
    let answer = Message(
      id: "m2", parentID: "m1", role: .assistant, model: "gpt-5",
      timestamp: Timestamp(iso: "2026-03-07T09:13:04Z"), blocks: [.text("Hello *there*.")],
      usage: TokenUsage(input: 12, output: 34))
    let html = page([message("m1"), answer])
    #expect(html.hasPrefix("<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"))
    #expect(html.contains("<title>A title</title>"))
    for fact in [
      "<li>chatgpt</li>", "<li>Garden</li>", "<li>gpt-5</li>", "<li>2 messages</li>",
      "<li>Fork of chatgpt:c0</li>", "<li class=id>chatgpt:c1</li>",
      "<li>12 tokens read, 34 written</li>",
      "<time datetime=\"2026-03-07T09:12:04Z\">2026-03-07 09:12</time>",
    ] {
      #expect(html.contains(fact), "\(fact)")
    }
    #expect(
      html.hasSuffix(
        """
        <article class="m a" id=m2><header><h2>Assistant</h2><span>gpt-5</span><a class=at \
        href="#m2"><time datetime="2026-03-07T09:13:04Z">2026-03-07 09:13</time></a><span \
        title="tokens read and written">12 → 34</span></header>
        <div class=t><p>Hello <em>there</em>.</p>
        </div>
        </article>
        </main>
        </body>
        </html>

        """))
  }

  @Test func `the user's tags, star and notes are shown`() {
    let user = UserData(
      tags: ["a<b"], isStarred: true, note: "Mine & yours",
      messageNotes: [.init(message: "m1", text: "On <this>")])
    let header = ConversationHeader(
      id: ConversationID(provider: .claude, native: "c"), title: "Title")
    let conversation = Conversation(
      header: header, messages: [message("m1")], userData: user)
    let html = String(decoding: HTMLRenderer().bytes(of: conversation), as: UTF8.self)
    #expect(html.contains("<h1>★ Title</h1>"))
    #expect(html.contains("<li class=tag>a&lt;b</li>"))
    #expect(html.contains("<p class=note>Mine &amp; yours</p>\n</header>"))
    #expect(html.contains("<p class=note>On &lt;this&gt;</p>\n</article>"))
  }

  @Test func `the policy allows one stylesheet and pictures beside the page`() {
    let html = page([message("m1")], linksFiles: true)
    let policy = part(html, from: "Content-Security-Policy\" content=\"", to: "\"")
    #expect(policy.hasPrefix("default-src 'none'; style-src 'sha256-"))
    #expect(policy.hasSuffix("'; img-src 'self'; base-uri 'none'; form-action 'none'"))
    #expect(!page([message("m1")]).contains("img-src"))
    #expect(html.ranges(of: "<style>").count == 1)
    #expect(!html.contains("<script") && !html.contains("style=") && !html.contains("url("))
    for hook in [" onclick", " onload", " onerror"] { #expect(!html.contains(hook)) }
  }

  @Test func `the stylesheet has the hash that the policy names`() throws {
    let html = page([message("m1")])
    let style = part(html, from: "<style>", to: "</style>")
    let stated = part(html, from: "'sha256-", to: "'")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/sha256sum")
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: Data(style.utf8))
    try input.fileHandleForWriting.close()
    let line = try #require(try output.fileHandleForReading.readToEnd())
    let hex = String(decoding: line.prefix(64), as: UTF8.self)
    let stored = try #require(Data(base64Encoded: stated))
    #expect(stored.map { String(format: "%02x", $0) }.joined() == hex)
  }

  @Test func `no field of a conversation is markup`() {
    let evil = "\"'><script>x</script>&\u{202E}"
    let attachment = PolylogueModel.Attachment(
      id: evil, name: evil, mediaType: evil, extractedText: evil)
    let message = Message(
      id: evil, role: .assistant, author: evil, model: evil,
      blocks: [
        .text(evil), .thinking(evil), .code(language: evil, text: evil),
        .toolCall(ToolCall(id: evil, name: evil, input: evil)),
        .toolResult(ToolResult(callID: evil, name: evil, output: evil, isError: true)),
        .document(Document(id: evil, title: evil, language: evil, content: evil)),
        .citation(Citation(title: evil, url: "https://x.org/" + evil, quote: evil)),
        .citation(Citation(title: evil, url: evil)), .attachment(id: evil),
        .unknown(type: evil, json: evil),
      ], attachments: [attachment])
    let header = ConversationHeader(
      id: ConversationID(provider: Provider(rawValue: evil), native: evil), title: evil,
      project: evil, lineage: Lineage(kind: .subagent, parent: evil))
    let bytes = HTMLRenderer(linksFiles: true).bytes(
      of: Conversation(header: header, messages: [message]))
    let html = String(decoding: bytes, as: UTF8.self)
    #expect(!html.contains("<script") && !html.contains("\u{202E}"))
    #expect(html.ranges(of: "&quot;&#39;&gt;&lt;script").count >= 20)
  }

  @Test func `reasoning and tools are folded, with the gist in sight`() {
    let html = messageHTML([
      .thinking("Hm."),
      .toolCall(ToolCall(id: "t", name: "Bash", input: #"{"command":"ls -la","n":1}"#)),
      .toolResult(ToolResult(callID: "t", output: "\na b\nc")),
    ])
    #expect(html.contains("<details class=\"d think\"><summary>Thinking</summary>"))
    #expect(
      html.contains("<summary><strong>Bash</strong> <code>ls -la</code></summary><pre class=code"))
    #expect(html.contains("{\n  <i class=s>&quot;command&quot;</i>: <i class=s>&quot;ls -la&quot;"))
    #expect(
      html.contains("<summary>Result <code>a b</code></summary><pre class=out tabindex=0>\na"))
  }

  @Test func `pictures are shown, files linked, and what is missing is said to be`() {
    let hash = String(repeating: "ab", count: 32)
    func file(_ name: String, isStored: Bool = true, text: String? = nil)
      -> PolylogueModel.Attachment
    {
      PolylogueModel.Attachment(
        id: name, name: name, extractedText: text,
        stored: isStored ? .init(sha256: hash, byteCount: 7) : nil)
    }
    let sent = Message(
      id: "m1", role: .user, blocks: [.attachment(id: "b.png"), .text("x")],
      attachments: [
        file("a.pdf"), file("b.png"), file("c.svg"), file("d.png", isStored: false),
        file("e.txt", isStored: false, text: "Read me."),
      ])
    let html = page([sent], linksFiles: true)
    #expect(html.contains("<a href=\"attachments/abababababab-a.pdf\">a.pdf</a> <small>7 bytes"))
    #expect(html.ranges(of: "<img ").count == 1)
    #expect(
      html.contains("<img loading=lazy src=\"attachments/abababababab-b.png\" alt=\"b.png\">"))
    #expect(html.contains("<a href=\"attachments/abababababab-c.svg\">"))
    #expect(html.contains("d.png <small>(not in the archive)"))
    #expect(html.contains("e.txt <small>(only its text is in the archive)"))
    #expect(html.contains(">Read me.</pre>"))
    #expect(!page([sent]).contains("attachments/"))
  }

  // MARK: Branches

  @Test func `a regeneration stands in front of the answer that was kept`() {
    let html = page([
      message("q"), message("a1", "q", isActive: false), message("a2", "q"), message("next", "a2"),
    ])
    let other = part(html, from: "<div class=alt>\n", to: "</div>\n<input")
    #expect(other.contains("text a1") && !other.contains("text a2"))
    #expect(
      html.contains("<input type=radio class=off name=f1 id=f1-1 aria-label=\"Branch 1 of 2\">"))
    #expect(html.contains("<input type=radio class=on checked name=f1 id=f1-2 aria-label"))
    #expect(
      html.contains(
        "<label aria-hidden=true for=f1-1>‹</label>2/2<label aria-hidden=true for=f1-1>›</label>"))
    let places = ["text q", "text a1", "text a2", "text next"].map { html.ranges(of: $0) }
    #expect(places.allSatisfy { $0.count == 1 })
    #expect(
      places.compactMap { $0.first?.lowerBound }
        == places.compactMap { $0.first?.lowerBound }.sorted())
  }

  @Test func `every branch is reached, nested ones and two first messages too`() {
    let html = page([
      message("r1", isActive: false), message("r2"), message("a", "r1", isActive: false),
      message("b", "a", isActive: false), message("c", "a", isActive: false),
      message("d", "r2", isActive: false), message("e", "d", isActive: false),
    ])
    for id in ["r1", "r2", "a", "b", "c", "d", "e"] {
      #expect(html.ranges(of: "<p>text \(id)</p>").count == 1, "\(id)")
    }
    #expect(html.ranges(of: "<div class=alt>").count == 3)
    #expect(html.contains("End of this branch"))
    #expect(html.ranges(of: "class=on checked").count == 3)
    #expect(html.ranges(of: "<div").count == html.ranges(of: "</div>").count)
  }

  @Test func `branches of branches of branches end up at the end of the page`() {
    var messages = [message("m0")]
    for level in 1...200 {
      messages.append(message("x\(level)", "m\(level - 1)", isActive: false))
      messages.append(message("m\(level)", "m\(level - 1)", isActive: false))
    }
    let html = page(messages)
    for message in messages { #expect(html.contains("<p>text \(message.id)</p>")) }
    #expect(html.contains("<h2>Another branch</h2>"))
    #expect(html.ranges(of: "<div").count == html.ranges(of: "</div>").count)
  }

  @Test func `two conversations in a page have ids of their own`() {
    let messages = [message("q"), message("a", "q", isActive: false), message("b", "q")]
    let header = ConversationHeader(id: ConversationID(provider: .codex, native: "c"))
    let conversation = Conversation(header: header, messages: messages)
    let renderer = HTMLRenderer()
    let pages = (1...2).map {
      String(decoding: renderer.section(of: conversation, number: $0), as: UTF8.self)
    }
    #expect(pages[0].contains(" id=m1-1>") && pages[0].contains(" id=f1-1-1 "))
    #expect(pages[1].contains(" id=m2-1>") && pages[1].contains(" id=f2-1-1 "))
    let opening = String(decoding: renderer.opening(title: "All <of> it"), as: UTF8.self)
    #expect(opening.contains("<title>All &lt;of&gt; it</title>"))
    #expect(opening.contains("Content-Security-Policy"))
  }

  // MARK: Templates

  @Test func `a template puts text and content where it says`() throws {
    let template = try PageTemplate(
      page: "<!DOCTYPE html>\n<html><head>{{head}}</head>\n<body><h6>{{ title }}|{{provider}}|"
        + "{{project}}|{{id}}|{{created}}</h6><main>{{content}}</main></body></html>",
      style: "h6 { color: red }", folder: "t")
    let html = page([message("m1")], title: "<b>&", template: template)
    #expect(html.contains("<h6>&lt;b&gt;&amp;|chatgpt|Garden|chatgpt:c1|2026-03-07T09:12:04Z</h6>"))
    #expect(html.contains("h6 { color: red }</style>"))
    #expect(html.contains("<p>text m1</p>"))
    let stated = part(html, from: "'sha256-", to: "'")
    #expect(stated != part(page([message("m1")]), from: "'sha256-", to: "'"))
  }

  @Test(arguments: [
    ("<html>\n<head>{{head}}\n{{contents}}", 3, "{{contents}} is not known"),
    ("<head>{{head}}</head>", 1, "{{content}} is missing"),
    ("<body>\n{{content}}", 1, "{{head}} has to come first"),
    ("x{{head}}{{content}}", 1, "{{head}} has to come first"),
    ("{{head}}\n<p title=\"{{title}}\">{{content}}", 2, "between tags"),
    ("{{head}}<!-- {{title}} -->{{content}}", 1, "between tags"),
    ("{{head}}\n\n<SCRIPT>{{title}}</SCRIPT>{{content}}", 3, "<script> cannot stand"),
    ("{{head}}<style>{{content}}", 1, "<style> cannot stand"),
    ("{{head}}{{content}}<p", 1, "not closed"),
    ("{{head}}\n{{content", 2, "not closed on its line"),
  ])
  func `a mistake in a template is named with its line`(text: String, line: Int, reason: String) {
    #expect {
      _ = try PageTemplate(page: text, style: nil, folder: "my")
    } throws: { error in
      let description = "\(error)"
      return description.hasPrefix("my/page.html:\(line): ") && description.contains(reason)
    }
  }

  @Test(arguments: ["a{}\n</style><script>", "x\n@import 'y'", "\na{background:URL(x)}"])
  func `a stylesheet stays one, and loads nothing`(style: String) {
    #expect {
      _ = try PageTemplate(page: nil, style: style, folder: "my")
    } throws: { error in
      let text = "\(error)"
      return text.hasPrefix("my/style.css:2: ") || text.hasPrefix("my/style.css:3: ")
    }
  }
}

@Suite struct IndexPagesTests {
  private func entries(_ count: Int) -> [IndexEntry] {
    (0..<count).map { number in
      IndexEntry(
        path: "chatgpt/2026-03-07-a-\(number).html", title: "<Title> [\(number)]",
        provider: number % 2 == 0 ? "chatgpt" : "claude",
        project: number % 3 == 0 ? "a/b" : number % 3 == 1 ? "a-b" : nil,
        created: Timestamp(iso: number < 2 ? "2026-03-07T00:00:00Z" : "2026-02-01T00:00:00Z"),
        messages: number)
    }
  }

  @Test func `conversations are listed by provider, month and project`() {
    let pages = IndexPages(of: entries(7), suffix: "html").pages
    let names = pages.map { $0.folder.isEmpty ? $0.name : "\($0.folder)/\($0.name)" }
    #expect(names.count == 7 && Set(names).count == 7)
    #expect(names.first == "index.html")
    #expect(names.contains("index/month-2026-03.html"))
    let html = String(decoding: HTMLRenderer().bytes(of: pages[0]), as: UTF8.self)
    #expect(html.ranges(of: "<a href=\"chatgpt/2026-03-07-a-").count == 7)
    #expect(html.contains("&lt;Title&gt; [0]</a><small>chatgpt · a/b · 0 messages</small>"))
    #expect(html.contains("<a href=\"index/month-2026-03.html\">2026-03 <small>2</small></a>"))
    let month = pages.first { $0.name == "month-2026-03.html" }
    let inner = month.map { String(decoding: HTMLRenderer().bytes(of: $0), as: UTF8.self) } ?? ""
    #expect(inner.ranges(of: "<a href=\"../chatgpt/2026-03-07-a-").count == 2)
    #expect(inner.contains("<a href=\"../index.html\">"))
    let markdown = String(decoding: MarkdownRenderer().bytes(of: pages[0]), as: UTF8.self)
    #expect(
      markdown.contains(
        "- 2026-03-07 [\\<Title\\> \\[0\\]](chatgpt/2026-03-07-a-0.html) · chatgpt · 0\n"))
  }

  @Test func `long lists are cut into pages that lead to each other`() {
    let pages = IndexPages(of: entries(1100), suffix: "html").pages
    let first = pages.map { String(decoding: HTMLRenderer().bytes(of: $0), as: UTF8.self) }
    #expect(first[0].contains("<a href=\"index/all-2.html\">Older →</a>"))
    #expect(pages[1].name == "all-2.html" && first[1].contains("<a href=\"../index.html\">← Newer"))
    #expect(first[2].ranges(of: "<a href=\"../chatgpt/").count == 100)
    #expect(!first[2].contains("Older"))
  }

  @Test func `an empty archive has an index`() {
    let pages = IndexPages(of: [], suffix: "md").pages
    #expect(pages.map(\.name) == ["index.md"])
  }
}
