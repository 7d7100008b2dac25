import PolylogueImport
import PolylogueModel
import Testing

struct TakeoutActivityTests {
  private func entry(
    _ title: String, at time: String, answer: String? = nil, product: String = "Gemini Apps",
    more: String = ""
  ) -> String {
    let html = answer.map { #","safeHtmlItem":[{"html":"\#($0)"}]"# } ?? ""
    return
      #"{"header":"\#(product)","title":"\#(title)","time":"\#(time)","#
      + #""products":["\#(product)"]\#(html)\#(more)}"#
  }

  private func run(
    _ entries: [String], label: String = "MyActivity.json",
    files: [(label: String, text: String)] = []
  ) throws -> WebExport {
    try WebExport([(label, "[\(entries.joined(separator: ","))]")] + files).run(
      TakeoutImporter(), only: label)
  }

  // MARK: Threads

  @Test
  func `turns are threaded by their address, else by the time between them`() throws {
    let url = #","titleUrl":"https://gemini.google.com/app/"#
    let export = try run([
      entry("Prompted late", at: "2026-01-01T12:31:00Z"),
      entry(
        "Prompted d", at: "2026-01-01T12:00:00Z", answer: "<p>D</p>", more: url + #"t1?hl=de""#),
      entry("Prompted c", at: "2026-01-01T10:20:00Z"),
      entry("Prompted b", at: "2026-01-01T10:10:00Z", more: url + #"c/t1""#),
      entry("Prompted a", at: "2026-01-01T10:00:00Z", answer: "<p>A</p>"),
    ])
    let texts = export.conversations.map { $0.messages.map(\.text) }
    #expect(Set(texts) == [["a", "A", "c"], ["late"], ["b", "d", "D"]])
    let inferred = try #require(export.conversations.first { $0.header.title == "a" })
    #expect(inferred.header.id.description == "gemini-apps:activity-2026-01-01T10:00:00Z")
    #expect(inferred.header.metadata == #"{"threading":"inferred"}"#)
    #expect(inferred.messages.map(\.parentID) == [nil] + inferred.messages.dropLast().map(\.id))
    let named = try #require(export.conversations.first { $0.header.id.native == "t1" })
    #expect(named.header.metadata?.contains(#""threading":"address""#) == true)
    #expect(export.tally("answer")?.skipped == 3)
  }

  @Test
  func `the order of the file does not matter, nor that it comes again with more`() throws {
    let entries = [
      entry("Prompted c", at: "2026-01-01T10:20:00.500Z", answer: "C"),
      entry("Prompted b", at: "2026-01-01T10:10:00.250Z", answer: "B"),
      entry("Prompted a", at: "2026-01-01T10:10:00.100Z", answer: "A"),
    ]
    let newestFirst = try run(entries).conversations
    #expect(try run(entries.reversed()).conversations == newestFirst)
    let older = try run(Array(entries.dropFirst())).conversations
    #expect(older.first?.header.id == newestFirst.first?.header.id)
    #expect(
      older.first?.messages.map(\.id) == newestFirst.first?.messages.prefix(4).map(\.id))
  }

  @Test
  func `what else was done in the app is an event beside turns, and alone is left out`() throws {
    let export = try run([
      entry("Selected preferred draft", at: "2026-01-01T10:01:00Z"),
      entry("Prompted a", at: "2026-01-01T10:00:00Z", answer: "A"),
      entry("Gave feedback: good", at: "2025-01-01T10:00:00Z"),
    ])
    #expect(export.conversations.count == 1)
    #expect(export.conversations.first?.messages.map(\.kind) == [.message, .message, .notice])
    #expect(export.tally("event of the app")?.skipped == 1)
  }

  @Test
  func `entries of other products are counted by name, and alone are a failure`() throws {
    let search =
      #"{"header":"Search","title":"Searched for x","time":"2026-01-01T10:00:00Z"}"#
    let mixed = try run([search, entry("Prompted a", at: "2026-01-01T10:00:00Z")])
    #expect(mixed.conversations.count == 1)
    #expect(mixed.tally("entry of Search")?.skipped == 1)
    #expect(mixed.receipt.lost == 0)
    let alone = try run([search, search])
    #expect(alone.conversations.isEmpty)
    #expect(alone.receipt.firstLoss == "none of its entries is of Gemini Apps: Search × 2")
  }

  // MARK: Shapes

  @Test(arguments: [
    #""details":[{"name":"Request","value":"Why?"},{"name":"Response","value":"So."}]"#,
    #""userInteractions":[{"userInteraction":{"endpoint":"e","#
      + #""request":"{\"text\":\"Why?\"}","response":"{\"candidates\":[{\"content\":\"So.\"}]}"}}]"#,
    #""userInteractions":[{"userInteraction":{"request":"Why?","response":"So."}}]"#,
    #""safeHtmlItem":[{"html":"<p>So.</p>"}]"#,
    #""description":"So.""#,
  ])
  func `each entry is read in its own shape`(shape: String) throws {
    let export = try run([entry("Prompted Why?", at: "2026-01-01T10:00:00Z", more: "," + shape)])
    #expect(export.conversations.first?.messages.map(\.text) == ["Why?", "So."])
    #expect(export.conversations.first?.messages.map(\.role) == [.user, .assistant])
  }

  @Test(arguments: [
    ("Prompted Tom&#39;s &lt;b&gt;", "Tom's <b>"),
    ("Prompted a &amp;&amp; b", "a &amp;&amp; b"),
    ("送信したメッセージ: これ", "これ"),
    ("Demande envoyée : bonjour", "bonjour"),
    ("No verb that is known", "No verb that is known"),
    ("Prompted line one\\nline two", "line one\nline two"),
  ])
  func `the verb is taken off the prompt`(title: String, prompt: String) throws {
    let export = try run([entry(title, at: "2026-01-01T10:00:00Z")])
    #expect(export.conversations.first?.messages.first?.text == prompt)
  }

  @Test
  func `files are found beside the activity`() throws {
    let folder = "Takeout/My Activity/Gemini Apps/"
    let more =
      #","attachedFiles":[{"name":"a.pdf"},"b.txt"],"imageFile":"c.png","#
      + #""subtitles":[{"name":"A page","url":"https://a.example"}]"#
    let export = try run(
      [entry("Prompted x", at: "2026-01-01T10:00:00Z", answer: "y", more: more)],
      label: folder + "MyActivity.json",
      files: [(folder + "a.pdf", "%PDF-"), (folder + "c.png", ""), ("b.txt", "elsewhere")])
    let messages = try #require(export.conversations.first?.messages)
    #expect(messages[0].attachments.map(\.member) == [folder + "a.pdf", nil])
    #expect(messages[1].attachments.map(\.member) == [folder + "c.png"])
    #expect(messages[1].citations == [Citation(title: "A page", url: "https://a.example")])
    #expect(TakeoutImporter().companion(folder + "a.pdf") == attachmentCompanion)
    #expect(TakeoutImporter().companion("Takeout/My Activity/Search/a.pdf") == nil)
    #expect(TakeoutImporter().companion("code/gemini/a.pdf") == nil)
  }

  @Test
  func `an entry that is listed twice is one`() throws {
    let twice = entry("Prompted x", at: "2026-01-01T10:00:00Z", answer: "y")
    #expect(try run([twice, twice]).conversations.first?.messages.count == 2)
    let other = entry("Prompted z", at: "2026-01-01T10:00:00Z", answer: "y")
    let ids = try run([twice, other]).conversations.first?.messages.map(\.id) ?? []
    #expect(ids.count == 4 && Set(ids).count == 4)
  }

  // MARK: Markdown

  @Test(arguments: [
    ("<p>a <b>b</b> <i>c</i></p><p>d<br>e</p>", "a **b** *c*\n\nd  \ne"),
    ("<b> x </b>y", "**x** y"),
    ("<b></b>y", "y"),
    ("<h2>T</h2><p>x</p>", "## T\n\nx"),
    (
      "<ul><li>a</li><li><p>b</p><ol><li>c</li><li>d</li></ol></li></ul>z",
      "- a\n- b\n  1. c\n  2. d\n\nz"
    ),
    ("<ul><li>a<li>b</ul>", "- a\n- b"),
    ("<blockquote><p>a</p><p>b</p></blockquote>c", "> a\n>\n> b\n\nc"),
    (
      "<pre><code class='language-swift'>let a = 1\\n  b&lt;c\\n</code></pre>",
      "```swift\nlet a = 1\n  b<c\n```"
    ),
    ("<pre>```</pre>", "````\n```\n````"),
    ("x <code>a`b</code> y", "x `` a`b `` y"),
    ("<a href='https://a.example/x y'>t</a>", "[t](https://a.example/x%20y)"),
    ("<a href='javascript:alert(1)'>t</a>", "t"),
    ("<img src='https://a.example/i.png' alt='i'>", "![i](https://a.example/i.png)"),
    (
      "<table><tr><th>a</th><th>b|c</th></tr><tr><td>1</td><td>2<br>3</td></tr></table>",
      "| a | b\\|c |\n| --- | --- |\n| 1 | 2 3 |"
    ),
    ("<script>alert(1)</script>a<style>p{}</style>", "a"),
    ("a <!-- b --> c <unknown>d</unknown>", "a c d"),
    ("1 &lt; 2 &amp;&amp; 3 &#8364; &unknown; &", "1 < 2 && 3 € &unknown; &"),
    ("it&amp;#39;s", "it's"),
    ("5 < 6 <3", "5 < 6 <3"),
    ("<b><p>a</p><p>b</p></b>", "**a**\n\n**b**"),
    ("<p>open <a href='x", "open"),
  ])
  func `an answer's HTML becomes Markdown`(html: String, markdown: String) throws {
    let quoted = html.replacing("\"", with: "\\\"")
    let export = try run([entry("Prompted x", at: "2026-01-01T10:00:00Z", answer: quoted)])
    #expect(export.conversations.first?.messages.last?.text == markdown)
  }

  @Test(arguments: [
    "<a href='", "<b>", "<ul><li>", "<!--", "&", "<", "<table><tr><td>", "<pre>", "</", "<br>",
    "<blockquote>", "<p><a href='https://a.example'>x",
  ])
  func `hostile HTML is read in one go`(piece: String) throws {
    let count = 20_000
    let html = String(repeating: piece, count: count)
    let export = try run([entry("Prompted x", at: "2026-01-01T10:00:00Z", answer: html + "end")])
    let text = export.conversations.first?.messages.last?.text ?? ""
    #expect(text.utf8.count < count * (piece.utf8.count + 150))
  }

  // MARK: Languages

  @Test(arguments: [
    ("Gemini Apps", "Prompted Why: not?", "Why: not?"),
    ("Gemini Apps", "Submitted query Why", "Why"),
    ("Gemini-Apps", "Eingegebener Prompt: Wie spät?", "Wie spät?"),
    ("Applications Gemini", "Prompt : Quelle heure ?", "Quelle heure ?"),
    ("Aplicaciones de Gemini", "Has dicho: Hola", "Hola"),
    ("Aplicaciones de Gemini", "Hiciste la petición Hola", "Hola"),
    ("Εφαρμογές Gemini", "Υποβλήθηκε το ερώτημα Τι ώρα είναι;", "Τι ώρα είναι;"),
    ("Gemini アプリ", "送信したメッセージ: 何時?", "何時?"), ("Gemini 应用", "已提示几点了", "几点了"),
  ])
  func `verbs that are known are taken off in many languages`(
    product: String, title: String, text: String
  ) throws {
    let export = try run([
      entry(title, at: "2026-01-01T10:00:00Z", answer: "A", product: product)
    ])
    let message = try #require(export.conversations.first?.messages.first)
    #expect(message.text == text && message.kind == .message)
    #expect(message.metadata == nil)
    #expect(export.tally("verb of the activity") == nil)
  }

  @Test(arguments: [
    ("App Gemini", "Hai chiesto: che ore sono?", "che ore sono?"),
    ("Aplikacje Gemini", "Wpisano która godzina", "Wpisano która godzina"),
    ("Aplikacje Gemini", "Jedno dwa trzy cztery: pięć", "Jedno dwa trzy cztery: pięć"),
  ])
  func `an unknown language is imported, and told`(
    product: String, title: String, text: String
  ) throws {
    let export = try run([
      entry(title, at: "2026-01-01T10:00:00Z", answer: "A", product: product)
    ])
    let message = try #require(export.conversations.first?.messages.first)
    #expect(message.text == text && message.kind == .message)
    #expect(text == title || message.metadata?.contains(title) == true)
    #expect(export.tally("verb of the activity")?.unknown == 1)
    #expect(export.receipt.lost == 0)
  }

  @Test(arguments: [
    ("Gemini-Apps", "Gemini-Apps verwendet"),
    ("Εφαρμογές Gemini", "Δημιουργήθηκε Gemini Canvas με τίτλο Κήπος"),
  ])
  func `what was done besides is told from prompts in other languages, too`(
    product: String, title: String
  ) throws {
    let export = try run([
      entry("Prompted a", at: "2026-01-01T10:00:00Z", answer: "A", product: product),
      entry(title, at: "2026-01-01T10:01:00Z", product: product),
    ])
    #expect(export.conversations.first?.messages.map(\.kind) == [.message, .message, .notice])
    #expect(export.tally("verb of the activity") == nil)
  }

  // MARK: Addresses and files

  @Test
  func `the address of a conversation may stand among the details`() throws {
    let first = entry("Prompted a", at: "2026-01-01T10:00:00Z", answer: "A")
    let more = #","details":[{"name":"x","url":"https://gemini.google.com/app/t7"}]}"#
    let export = try run([String(first.dropLast()) + more])
    #expect(export.conversations.map(\.header.id.native) == ["t7"])
  }

  @Test
  func `lines below the title are kept, whatever they mean`() throws {
    let export = try run([
      entry(
        "Prompted a", at: "2026-01-01T10:00:00Z", answer: "A",
        more: #","subtitles":[{"name":"Model: x"},{"name":"see","url":"https://x.example/"}]"#)
    ])
    let messages = try #require(export.conversations.first?.messages)
    #expect(messages[0].metadata == #"{"notes":["Model: x"]}"#)
    #expect(messages[1].citations == [Citation(title: "see", url: "https://x.example/")])
  }

  @Test
  func `a file that the answer shows is the answer's, whatever list names it`() throws {
    let json =
      #"{"header":"Gemini Apps","title":"Prompted x","time":"2026-01-01T10:00:00Z","#
      + #""safeHtmlItem":[{"html":"<p>There:</p><img src=\"made.png\">"}],"#
      + #""attachedFiles":["sent.png","made.png"]}"#
    let read = try #require(try run([json]).conversations.first)
    #expect(read.messages.map { $0.attachments.map(\.name) } == [["sent.png"], ["made.png"]])
  }

  @Test
  func `thousands of entries of one second are thousands of turns`() throws {
    let count = 20_000
    let export = try run(
      (0..<count).map { entry("Prompted \($0)", at: "2026-01-01T10:00:00Z", answer: "A\($0)") })
    let messages = try #require(export.conversations.first?.messages)
    #expect(messages.count == 2 * count)
    #expect(Set(messages.map(\.id)).count == 2 * count)
  }
}
