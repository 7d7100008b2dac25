import PolylogueModel
import PolylogueRender
import Testing

/// The HTML of a message's text.
func messageHTML(_ text: String) -> String {
  messageHTML([.text(text)])
}

func messageHTML(_ blocks: [Block]) -> String {
  let message = Message(id: "m1", role: .assistant, blocks: blocks)
  let header = ConversationHeader(id: ConversationID(provider: .chatgpt, native: "c1"))
  let bytes = HTMLRenderer().bytes(of: Conversation(header: header, messages: [message]))
  let page = String(decoding: bytes, as: UTF8.self)
  guard let start = page.ranges(of: "</header>\n").last?.upperBound,
    let end = page.ranges(of: "</article>").last?.lowerBound
  else { return page }
  let body = page[start..<end]
  guard body.hasPrefix("<div class=t>"), body.hasSuffix("</div>\n") else { return String(body) }
  return String(body.dropFirst(13).dropLast(7))
}

@Suite struct MarkdownHTMLTests {
  @Test(arguments: [
    (
      "a *b* **c** ***d*** _e_ __f__",
      "a <em>b</em> <strong>c</strong> "
        + "<em><strong>d</strong></em> <em>e</em> <strong>f</strong>"
    ),
    ("**a *b** c*", "<em><em>a <em>b</em></em> c</em>"),
    ("a*b*c a_b_c 2 * 3 * 4", "a<em>b</em>c a_b_c 2 * 3 * 4"),
    ("~~a~~ ~b~ ~5", "<del>a</del> <del>b</del> ~5"),
    ("`a*b*` ``c`d`` `e", "<code>a*b*</code> <code>c`d</code> `e"),
    (#"\*a\* \\ \a"#, #"*a* \ \a"#),
    ("&amp; &#233; &nope; &#0; &#x1F600;", "&amp; é &amp;nope; &amp;#0; 😀"),
    ("a<br>b<br/>c<br />d", "a<br>b<br>c<br>d"),
    ("**強調（かっこ）**です", "<strong>強調（かっこ）</strong>です"),
  ])
  func `inline forms`(text: String, html: String) {
    #expect(messageHTML(text) == "<p>\(html)</p>\n")
  }

  @Test(arguments: [
    (
      "$a*b*c$ and $$x_1$$",
      "<span class=math>$a*b*c$</span> and <span class=\"math display\">$$x_1$$</span>"
    ),
    (
      #"\(a*b*c\) \[d\]"#,
      #"<span class=math>\(a*b*c\)</span> <span class="math display">\[d\]</span>"#
    ),
    ("$5 and *$6*", "$5 and <em>$6</em>"),
    ("in $HOME and $PATH, a$b$c", "in $HOME and $PATH, a$b$c"),
    (#"\(open"#, "(open"),
    (#"\\(a_b\) \$a$"#, #"\(a_b) $a$"#),
    ("`$a` *b* `$c`", "<code>$a</code> <em>b</em> <code>$c</code>"),
    ("`\\(a` *b*\nc\\)", "<code>\\(a</code> <em>b</em>\nc)"),
    (
      "a \\[\n- b\n= c_d_e\n\\] f",
      "a <span class=\"math display\">\\[\n- b\n= c_d_e\n\\]</span> f"
    ),
    ("*a $b* c$ d", "*a <span class=math>$b* c$</span> d"),
    (#"\(a \(b"# + "\n\n" + #"c\) d"#, "(a (b</p>\n<p>c) d"),
  ])
  func `formulas stay as they are written`(text: String, html: String) {
    #expect(messageHTML(text) == "<p>\(html)</p>\n")
  }

  @Test(arguments: [
    ("[a *b*](https://x.org/a_(b)?c=1&amp;d)", "https://x.org/a_(b)?c=1&amp;d", "a <em>b</em>"),
    ("[a](<https://x.org/b> \"title\")", "https://x.org/b", "a"),
    ("<https://x.org>", "https://x.org", "https://x.org"),
    ("<me@x.org>", "mailto:me@x.org", "me@x.org"),
    ("<HTTPS://x.org/a>", "HTTPS://x.org/a", "HTTPS://x.org/a"),
    ("[a](https://x.org/Foo_\\(bar\\))", "https://x.org/Foo_(bar)", "a"),
    ("[a](https://x.org/\\(a\\)?b&amp;c=d)", "https://x.org/(a)?b&amp;c=d", "a"),
    ("[a](https://x.org/?p=$b$&amp;c=d)", "https://x.org/?p=$b$&amp;c=d", "a"),
    ("https://x.org/?p=$b$&c", "https://x.org/?p=$b$&amp;c", "https://x.org/?p=$b$&amp;c"),
    ("详见 **https://x.org/x**，谢谢", "https://x.org/x", "https://x.org/x"),
    ("“http://localhost:8080/x”。", "http://localhost:8080/x", "http://localhost:8080/x"),
    ("[a](https://x.org/$b_c$/)", "https://x.org/$b_c$/", "a"),
    ("[a](mailto:me@x.org)", "mailto:me@x.org", "a"),
    ("[a [b](https://x.org) c](https://y.org)", "https://x.org", "b"),
  ])
  func `web and mail addresses are links`(text: String, address: String, label: String) {
    let link = "<a rel=\"nofollow noopener noreferrer\" href=\"\(address)\">\(label)</a>"
    #expect(messageHTML(text).contains(link), "\(messageHTML(text))")
  }

  @Test func `a bare address ends before the sentence does`() {
    let html = messageHTML("(see https://x.org/a_(b)). **https://y.org**")
    #expect(html.contains(">https://x.org/a_(b)</a>). <strong>"), "\(html)")
    #expect(html.contains(">https://y.org</a></strong>"), "\(html)")
  }

  @Test(arguments: [
    "[a](javascript:alert(1))", "[a](JaVaScRiPt:x)", "[a](java\tscript:x)", "[a](data:text/html,x)",
    "[a](//x.org)", "[a](\u{1}https://x.org)", "<javascript:x>", "[a](sandbox:/mnt/x)", "[a](#b)",
    "[a](https:x)", "<a href='https://x.org'>", "[a](vbscript:x)", "![a](file:///etc/passwd)",
  ])
  func `nothing else is a link`(text: String) {
    let html = messageHTML(text)
    #expect(!html.contains("href=\"javascript") && !html.contains("<img"), "\(html)")
    // An address inside of a piece of text may still be found by itself.
    #expect(!html.contains("<a ") || html.contains("href=\"https://x.org"), "\(html)")
  }

  @Test func `an address that is no link is shown behind the label`() {
    #expect(
      messageHTML("[report](sandbox:/mnt/report.csv)")
        == "<p>report <span class=dest>sandbox:/mnt/report.csv</span></p>\n")
  }

  @Test func `a picture from elsewhere is a link`() {
    let html = messageHTML("![diagram](https://x.org/d.png)")
    #expect(html.contains("href=\"https://x.org/d.png\""))
    #expect(!html.contains("<img"))
  }

  @Test(arguments: [
    ("# One\n## Two #\n###### Six", "<h3>One</h3>\n<h4>Two</h4>\n<h6>Six</h6>\n"),
    ("One\n===\nTwo\n---", "<h3>One</h3>\n<h4>Two</h4>\n"),
    ("a\n\n***\nb", "<p>a</p>\n<hr>\n<p>b</p>\n"),
    (
      "> a\nb\n> > c",
      "<blockquote>\n<p>a\nb</p>\n<blockquote>\n<p>c</p>\n</blockquote>\n"
        + "</blockquote>\n"
    ),
    (
      "- a\n  - b\n- c",
      "<ul>\n<li>a<ul>\n<li>b</li>\n</ul>\n</li>\n"
        + "<li>c</li>\n</ul>\n"
    ),
    (
      "3. a\n\n   b\n4. c",
      "<ol start=3>\n<li><p>a</p>\n<p>b</p>\n</li>\n<li><p>c</p>\n</li>\n"
        + "</ol>\n"
    ),
    ("- a\n1. b", "<ul>\n<li>a</li>\n</ul>\n<ol>\n<li>b</li>\n</ol>\n"),
    (
      "- [x] a\n- [ ] b",
      "<ul>\n<li class=task><input type=checkbox disabled checked>a"
        + "</li>\n<li class=task><input type=checkbox disabled>b</li>\n</ul>\n"
    ),
    ("a\n  b\n    c", "<p>a\n  b\n    c</p>\n"),
    ("in\n2024. It", "<p>in\n2024. It</p>\n"),
    ("$$\na\n= b\n$$\nc", "<p><span class=\"math display\">$$\na\n= b\n$$</span>\nc</p>\n"),
  ])
  func `blocks`(text: String, html: String) {
    #expect(messageHTML(text) == html)
    #expect(
      messageHTML(
        text.split(separator: "\n", omittingEmptySubsequences: false)
          .joined(separator: "\r\n")) == html)
  }

  @Test func `tables have alignments, and cells that are missing are not made up`() {
    #expect(
      messageHTML("a | b\n:--|--:\n`c\\|d` | **e** | f\ng\n\nh")
        == """
        <div class=wide tabindex=0><table>
        <thead><tr>
        <th class=l>a</th><th class=r>b</th></tr>
        </thead>
        <tbody><tr>
        <td class=l><code>c|d</code></td><td class=r><strong>e</strong></td></tr>
        <tr>
        <td class=l>g</td></tr>
        </tbody></table></div>
        <p>h</p>

        """.replacing("<tr>\n", with: "<tr>"))
  }

  @Test func `code keeps its bytes, and an open fence ends with the text`() {
    #expect(
      messageHTML("~~~\n<b> & **x**\n  y")
        == "<pre class=code tabindex=0><code>&lt;b&gt; &amp; **x**\n  y\n</code></pre>\n")
    #expect(
      messageHTML("    a\n\n    b\nc")
        == "<pre class=code tabindex=0><code>a\n\nb\n</code></pre>\n<p>c</p>\n")
    #expect(
      messageHTML("- ```x\"y\n  a\n  ```\n  b").contains(" data-language=\"x&quot;y\"><code>a\n<"))
  }

  @Test(arguments: [
    (
      "swift", "let x = 1.5 // \"c\"",
      "<b>let</b> x = <i class=n>1.5</i> <i class=c>// &quot;c&quot;"
    ),
    ("Python", "def f(): '''a\nb''' # c", "<b>def</b> f(): <i class=s>&#39;&#39;&#39;a\nb"),
    (
      "sh", "echo $# \"a\\\"b\" don't",
      "<b>echo</b> $# <i class=s>&quot;a\\&quot;b&quot;</i> don&#39;t"
    ),
    ("SQL", "Select 1 -- x", "<b>Select</b> <i class=n>1</i> <i class=c>-- x"),
    ("diff", "-a\n+b\n c", "<del>-a</del>\n<ins>+b</ins>\n c"),
    ("html", "<p class='x'><!-- c -->y</p>", "&lt;<b>p</b> class=<i class=s>&#39;x&#39;</i>&gt;<i"),
    ("brainfuck", "let if", "let if"),
  ])
  func `known languages are coloured`(language: String, code: String, html: String) {
    #expect(messageHTML([.code(language: language, text: code)]).contains(html))
  }

  @Test func `raw HTML is text`() {
    #expect(
      messageHTML("<script>alert(1)</script>\n<img src=x onerror=\"a\">")
        == "<p>&lt;script&gt;alert(1)&lt;/script&gt;\n"
        + "&lt;img src=x onerror=&quot;a&quot;&gt;</p>\n")
  }

  @Test func `control characters and direction marks are shown`() {
    #expect(
      messageHTML("a\u{1B}[31m\u{7F}\u{85}\u{202E}b\u{2066}c\u{E0041}\u{0}")
        == "<p>a␛[31m␡‹U+85›‹U+202E›b‹U+2066›c‹U+E0041›␀</p>\n")
    #expect(messageHTML("```\na\u{0}b\n```").contains("<code>a␀b\n"))
    #expect(messageHTML("“a” – b…\u{200D}") == "<p>“a” – b…\u{200D}</p>\n")
  }

  @Test func `an address that is said over and over is not written over and over`() {
    let text =
      "[a]: https://x.org/" + String(repeating: "b", count: 20_000) + "\n\n"
      + String(repeating: "[a] ", count: 5000)
    #expect(messageHTML(text).utf8.count < 20 * text.utf8.count)
  }

  @Test func `formulas leave quotes and fences alone`() {
    #expect(
      messageHTML("> \\[\n> x_1\n> \\]")
        == "<blockquote>\n<p><span class=\"math display\">\\[\nx_1\n\\]</span></p>\n</blockquote>\n"
    )
    #expect(messageHTML("~~~\n$$\n~~~\ntext $$ after **b**").hasSuffix("<strong>b</strong></p>\n"))
  }

  @Test func `a definition of a link is shown`() {
    let html = messageHTML("see [1]\n\n[1]: https://x.org \"t\"\n[^2]: note")
    #expect(html.contains("see [1]</p>"))
    #expect(html.contains("[1]: <a "))
    #expect(html.contains("[^2]: note"))
  }

  @Test func `a line break of two characters is one`() {
    #expect(messageHTML([.code(language: nil, text: "a\r\nb\rc")]).contains("a\nb\nc"))
  }

  @Test func `what lies deeper than lists and quotes go is shown all the same`() {
    let html = messageHTML(String(repeating: "> - ", count: 100) + "deep **down**")
    #expect(html.contains("deep <strong>down</strong>"))
    #expect(html.ranges(of: "<ul>").count == html.ranges(of: "</ul>").count)
    #expect(html.ranges(of: "<blockquote>").count < 40)
  }

  /// Each of these has been quadratic, or worse, in somebody's reader.
  @Test(arguments: [
    "[", "![", "]", "[a](", "[a](<b", "*a ", "**a*", "_a_ *", "`", "` ``", "``` `", "<", "<a", "&",
    "$a ", "\\(", "$$", "> ", "- ", "1. ", "|", "a|", "http://", "http://a", "~~a", "\"\\", "\n>",
    "((", "](", "<http", "*_", "\n- a\n", "{", "&#x", "\\[", "$$a\n\n", "[a]: b\n[a]", "[]: a\n",
  ])
  func `no text takes more than its share`(piece: String) {
    let count = 60_000 / piece.utf8.count
    let hostile = String(repeating: piece, count: count)
    for text in [hostile, "a|b\n---|---\n" + hostile, "```js\n" + hostile] {
      let html = messageHTML(text)
      #expect(html.utf8.count < 40 * text.utf8.count + 1000)
    }
  }

  @Test func `a wide table with many rows stays as large as it is`() {
    let head = String(repeating: "a|", count: 2000) + "\n" + String(repeating: "---|", count: 2000)
    let html = messageHTML(head + String(repeating: "\nx", count: 5000))
    #expect(html.utf8.count < 200_000)
  }
}
