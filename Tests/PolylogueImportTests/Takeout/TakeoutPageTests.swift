import PolylogueImport
import PolylogueModel
import PolylogueParsing
import Testing

/// `MyActivity.html`: activity as a page.
struct TakeoutPageTests {
  private static let space = "\u{202F}"

  private func cell(
    _ content: String, product: String = "Gemini Apps"
  ) -> String {
    #"<div class="outer-cell mdl-cell mdl-cell--12-col mdl-shadow--2dp"><div class="mdl-grid">"#
      + #"<div class="header-cell mdl-cell mdl-cell--12-col"><p class="mdl-typography--title">"#
      + #"\#(product)<br></p></div>"#
      + #"<div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1">\#(content)</div>"#
      + #"<div class="content-cell mdl-cell mdl-typography--body-1 mdl-typography--text-right"></div>"#
      + #"<div class="content-cell mdl-cell mdl-cell--12-col mdl-typography--caption">"#
      + #"<b>Products:</b><br>&emsp;\#(product)<br></div></div></div>"#
  }

  private func page(_ cells: [String]) -> String {
    "<html><head><title>My Activity</title><style>.x{}</style></head><body>"
      + #"<div class="mdl-grid">"# + cells.joined() + "</div></body></html>"
  }

  /// The records of a page as an import cuts them.
  private func records(_ html: String) throws -> [String] {
    var reader = RecordReader(
      source: MemorySource(Array(html.utf8)), label: "MyActivity.html")
    var found: [String] = []
    var whole: [UInt8] = []
    while let piece = try reader.next() {
      whole += Array(piece.separator) + Array(piece.bytes)
      guard piece.kind == .record, let json = reader.framing.json(of: piece.bytes) else { continue }
      found.append(String(decoding: json, as: UTF8.self))
    }
    #expect(whole == Array(html.utf8))
    return found
  }

  private func run(_ cells: [String]) throws -> WebExport {
    let list = try records(page(cells)).joined(separator: ",")
    return try WebExport([("MyActivity.html", "[\(list)]")]).run(TakeoutImporter())
  }

  @Test
  func `each cell is a turn, prompt and answer parted by the date`() throws {
    let date = "Aug 3, 2026, 10:12:33\(TakeoutPageTests.space)AM CEST"
    let export = try run([
      cell(
        "Prompted&nbsp;And <i>then</i>?<br>Aug 3, 2026, 10:20:00 AM CEST<br><p>No <b>more</b>.</p>"),
      cell(
        "Prompted&nbsp;Why?<br>second line<br>Attached 1 file.<br>-&nbsp;<a href=\"a.png\">a.png</a>"
          + "<br>\(date)<br><p>So:</p><ul><li>one</li></ul><img src=\"out.png\">"),
      cell("Searched for x<br>\(date)<br>", product: "Search"),
    ])
    let read = try #require(export.conversations.first)
    #expect(export.conversations.count == 1)
    #expect(
      read.messages.map(\.text) == [
        "Why?\nsecond line\nAttached 1 file.\n- a.png", "So:\n\n- one\n\nimage", "And then?",
        "No **more**.",
      ])
    #expect(read.messages[0].attachments.map(\.name) == ["a.png"])
    #expect(read.messages[1].attachments.map(\.name) == ["out.png"])
    #expect(read.messages[0].timestamp?.iso == "2026-08-03T08:12:33Z")
    #expect(export.tally("entry of Search")?.skipped == 1)
  }

  @Test(arguments: [
    ("Aug 3, 2026, 10:12:33 PM PDT", "2026-08-04T05:12:33Z"),
    ("Aug 3, 2026, 12:12:33 AM GMT+5:30", "2026-08-02T18:42:33Z"),
    ("3 Aug 2026, 10:12:33 BST", "2026-08-03T09:12:33Z"),
    ("03.08.2026, 10:12:33 MESZ", "2026-08-03T08:12:33Z"),
    ("3 août 2026 à 10:12:33 UTC+2", "2026-08-03T08:12:33Z"),
    ("3 de ago. de 2026, 10:12:33 BRT", "2026-08-03T13:12:33Z"),
    ("2026/08/03 10:12:33 JST", "2026-08-03T01:12:33Z"),
    ("2026年8月3日 午後10:12:33 JST", "2026-08-03T13:12:33Z"),
    ("3 авг. 2026 г., 10:12:33 MSK", "2026-08-03T07:12:33Z"),
    ("Aug 3, 2026, 10:12:33 a.m. GMT-3", "2026-08-03T13:12:33Z"),
    ("3. aug. 2026 10.12.33 CEST", "2026-08-03T08:12:33Z"),
    ("3.8.2026 klo 10.12.33 UTC+3", "2026-08-03T07:12:33Z"),
    ("3. des. 2026, 10:12:33 CET", "2026-12-03T09:12:33Z"),
    ("3. 8. 2026 10:12:33 SELČ", "2026-08-03T08:12:33Z"),
    ("2026. aug. 3. 10:12:33 CEST", "2026-08-03T08:12:33Z"),
    ("2026. máj. 3. 10:12:33 CEST", "2026-05-03T08:12:33Z"),
    ("3 iun. 2026, 10:12:33 EEST", "2026-06-03T07:12:33Z"),
    ("3 Αυγ 2026, 10:12:33 μ.μ. EEST", "2026-08-03T19:12:33Z"),
    ("3 Μαΐ 2026, 12:12:33 π.μ. EEST", "2026-05-02T21:12:33Z"),
    ("3 Ağu 2026 10:12:33 TSİ", "2026-08-03T07:12:33Z"),
    ("3 серп. 2026 р., 10:12:33 EEST", "2026-08-03T07:12:33Z"),
    ("3.08.2026 г., 10:12:33 ч. Гринуич+3", "2026-08-03T07:12:33Z"),
    ("3 d’ag. 2026, 10:12:33 CEST", "2026-08-03T08:12:33Z"),
    ("3. kol 2026. 10:12:33 CEST", "2026-08-03T08:12:33Z"),
    ("3 lip 2026, 10:12:33 CEST", "2026-07-03T08:12:33Z"),
    ("2026-08-03 10:12:33 EEST", "2026-08-03T07:12:33Z"),
  ])
  func `dates are read in many languages`(date: String, iso: String) throws {
    let export = try run([cell("Prompted x<br>\(date)<br><p>y</p>")])
    let messages = export.conversations.first?.messages ?? []
    #expect(messages.map(\.text) == ["x", "y"])
    #expect(messages.first?.timestamp?.iso == iso)
  }

  @Test(arguments: [
    "Aug 32, 2026, 10:12:33 AM", "११ अगस्त २०२६ १०:१२", "99:99:99 2026 1 1",
    // June in Croatian, July in Polish.
    "3. lip 2026. 10:12:33 CEST",
  ])
  func `a date that cannot be read still parts prompt from answer, and is told`(
    date: String
  ) throws {
    let export = try run([cell("Prompted x<br>\(date)<br><p>y</p>")])
    let messages = export.conversations.first?.messages ?? []
    #expect(messages.first?.timestamp == nil)
    #expect(messages.first?.text.hasPrefix("x") == true)
    #expect(export.tally("date of the activity")?.unknown == 1)
  }

  @Test
  func `the same turn in JSON has the same ids`() throws {
    let html = try run([cell("Prompted x<br>Aug 3, 2026, 10:12:33 AM UTC<br><p>y</p>")])
    let entry =
      #"{"header":"Gemini Apps","title":"Prompted x","time":"2026-08-03T10:12:33.700Z","#
      + #""products":["Gemini Apps"],"safeHtmlItem":[{"html":"<p>y</p>"}]}"#
    let json = try WebExport([("MyActivity.json", "[\(entry)]")]).run(TakeoutImporter())
    #expect(html.conversations.map(\.header.id) == json.conversations.map(\.header.id))
    #expect(
      html.conversations.flatMap(\.messages).map(\.id)
        == json.conversations.flatMap(\.messages).map(\.id))
  }

  @Test
  func `pages of other kinds are no activity`() throws {
    for html in ["<html><body><p>hello</p></body></html>", "<svg></svg>", "< 3"] {
      #expect(try records(html).isEmpty)
    }
  }

  @Test
  func `a cell that is too long is kept and passed over`() throws {
    var limits = ParsingLimits.standard
    limits.recordByteCount = 1000
    let html = page([cell("a"), cell(String(repeating: "b", count: 5000)), cell("c")])
    var reader = RecordReader(
      source: MemorySource(Array(html.utf8)), label: "MyActivity.html", limits: limits)
    var kinds: [Piece.Kind] = []
    var whole: [UInt8] = []
    while let piece = try reader.next() {
      kinds.append(piece.kind)
      whole += Array(piece.separator) + Array(piece.bytes)
    }
    #expect(whole == Array(html.utf8))
    #expect(kinds.count(where: { $0 == .record }) == 2)
    #expect(kinds.contains(.oversized))
  }

  @Test
  func `the address below the answer tells the conversation, a link in the prompt does not`() throws
  {
    let page = cell(
      #"Prompted see <a href="https://x.example/app/1">this</a><br>"#
        + "Aug 3, 2026, 10:12:33 AM UTC<br><p>y</p>"
    ).replacing(
      "<b>Products:</b>",
      with: #"<b>Details:</b><br><a href="https://gemini.google.com/u/1/app/t9">Chat</a>"#)
    let read = try #require(try run([page]).conversations.first)
    #expect(read.header.id.native == "t9")
    #expect(read.messages.map(\.text) == ["see this", "y"])
  }

  @Test
  func `deep lists and signs that are no tags stay within bounds`() throws {
    let lists = String(repeating: #"<ol start="9223372036854775807"><li>"#, count: 40)
    let lines = String(repeating: "x<br>", count: 20_000)
    let signs = String(repeating: "<", count: 100_000)
    let export = try run([
      cell("Prompted x<br>Aug 3, 2026, 10:12:33 AM UTC<br>\(lists)\(lines)\(signs) y &lt; z")
    ])
    let text = try #require(export.conversations.first?.messages.last?.text)
    #expect(text.hasSuffix(signs + " y < z"))
    #expect(text.utf8.count < 20_000 * 50 + 200_000)
  }
}
