import Foundation
import PolylogueModel
import Testing

@testable import PolylogueCommands

@Suite struct OutputTests {
  @Test(arguments: [
    "plain", "quote \" backslash \\", "a\nb\tc\r", "\u{0}\u{1F}\u{7F}\u{85}\u{9B}31m",
    "bidi \u{202E} line \u{2028}", "日本語 🙂 é e\u{301}", "",
  ])
  func `a JSON string says what it was made from, and nothing a terminal acts upon`(
    text: String
  ) throws {
    let bytes = JSON.string(text).bytes
    let read = try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
    #expect((read as? String).map { Array($0.utf8) } == Array(text.utf8))
    let written = String(decoding: bytes, as: UTF8.self).unicodeScalars
    #expect(written.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
    #expect(!written.contains("\u{202E}"))
  }

  @Test func `a JSON document keeps its members' order and stays on one line`() {
    let document = JSON.object([
      ("b", .integer(-1)), ("a", .array([.bool(true), .null, .number(0.5)])),
      ("raw", .text("{\n \"x\": 1\r\n}")), ("bad", .number(.nan)), ("s", .seconds(1.23456)),
    ])
    #expect(
      String(decoding: document.bytes, as: UTF8.self)
        == #"{"b":-1,"a":[true,null,0.5],"raw":{  "x": 1  },"bad":null,"s":1.235}"#)
  }

  @Test(arguments: [
    ("abc", 3), ("日本", 4), ("e\u{301}", 1), ("🙂", 2), ("", 0), ("…", 1),
  ])
  func `the width of text is what a terminal shows`(text: String, columns: Int) {
    #expect(DisplayWidth.columns(of: text) == columns)
  }

  @Test(arguments: [("abcdef", 4, "abc…"), ("日本語", 4, "日…"), ("ab", 2, "ab"), ("ab", 0, "")])
  func `text is cut to fit`(text: String, limit: Int, cut: String) {
    #expect(DisplayWidth.fit(text, columns: limit) == cut)
  }

  @Test(arguments: [
    ("short", ["short"]), ("one two three four", ["one two", "three", "four"]),
    ("0123456789abcdef", ["012345678", "9abcdef"]), ("  one two", ["  one two"]),
    ("  indent two", ["  indent", "two"]),
    ("nine char and", ["nine char", "and"]), ("", [""]), ("日本語日本語", ["日本語日", "本語"]),
  ])
  func `a long line is broken at spaces, or where it must be`(text: String, lines: [String]) {
    #expect(DisplayWidth.wrap(text, columns: 9) == lines)
    #expect(DisplayWidth.wrap(text, columns: nil) == [text])
  }

  @Test func `a table gives way in its flexible columns`() {
    var table = Table([
      .init(title: "N", isNumber: true), .init(title: "TITLE", least: 12),
      .init(title: "WHEN", isOptional: true),
    ])
    table.add(["1", "short", "now"], note: "a reason that is too long for one line")
    table.add(["1,000", "a title that is far too long", "then"])
    let plain = Style(isOn: false)
    #expect(
      table.lines(width: 24, style: plain) == [
        "    N  TITLE", "    1  short", "        a reason that is", "        too long for one",
        "        line", "1,000  a title that is …",
      ])
    #expect(table.lines(width: 30, style: plain).last == "1,000  a title that is …  then")
    var paths = Table([.init(title: "PATH", least: 8, keepsEnd: true)])
    paths.add(["/home/ada/export/conversations.json"])
    #expect(paths.lines(width: 19, style: plain).last == "…conversations.json")
    #expect(table.lines(width: nil, style: plain).last?.hasSuffix("far too long  then") == true)
  }

  @Test(arguments: [
    (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_540_000, "1.5 MB"), (999_999, "1.0 MB"),
    (12_345_678_901, "12 GB"), (Int64.max, "9223372 TB"),
  ])
  func `bytes are told in steps of a thousand`(bytes: Int64, text: String) {
    #expect(Amount.bytes(bytes) == text)
  }

  @Test(arguments: [
    (0.0, "0 ms"), (0.0123, "12 ms"), (0.951, "1.0 s"), (12.6, "13 s"), (125, "2 min 5 s"),
    (.nan, "?"), (-1, "?"), (.infinity, "?"),
  ])
  func `times are told in a fitting unit`(seconds: Double, text: String) {
    #expect(Amount.seconds(seconds) == text)
  }

  @Test func `counts are grouped and named`() {
    #expect(Amount.count(1_234_567) == "1,234,567")
    #expect(Amount.count(Int64.min) == "-9,223,372,036,854,775,808")
    #expect(Amount.count(1, "file") == "1 file")
    #expect(Amount.count(2, "branch", "branches") == "2 branches")
  }

  @Test(arguments: [
    ("/a/b.json", "/a/b.json"), ("/a/\u{1B}[2J\nb", "/a/\\x1b[2J\\nb"), ("é\\t", "é\\\\t"),
    ("\u{9B}", "\\x9b"),
  ])
  func `an acknowledged path stands on one line`(path: String, shown: String) {
    #expect(ImportCommand.acknowledged(path) == shown)
  }

  @Test(arguments: [
    ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""),
    ("=1+1", "'=1+1"), ("-1", "'-1"), ("@x\ny", "\"'@x\ny\""),
  ])
  func `a cell of a table cannot become two cells or a formula`(text: String, cell: String) {
    #expect(CSV.cell(text) == cell)
  }

  @Test(arguments: [
    ("2026-01-31", "2026-01-31T00:00:00Z", "2026-02-01T00:00:00Z"),
    ("2026-01", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
    ("2025-12", "2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z"),
    ("2026", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
    ("today", "2026-03-10T00:00:00Z", "2026-03-11T00:00:00Z"),
    ("yesterday", "2026-03-09T00:00:00Z", "2026-03-10T00:00:00Z"),
    ("7d", "2026-03-03T12:00:00Z", "2026-03-03T12:00:00Z"),
    ("2w", "2026-02-24T12:00:00Z", "2026-02-24T12:00:00Z"),
    ("2026-03-01T10:30:00+02:00", "2026-03-01T08:30:00Z", "2026-03-01T08:30:01Z"),
  ])
  func `days, months and spans are understood`(text: String, start: String, end: String) throws {
    let now = try #require(Timestamp(iso: "2026-03-10T12:00:00Z"))
    let span = try DateWords.span(text, of: "--since", now: now)
    #expect(span.start.iso == start)
    #expect(span.end.iso == end)
  }

  @Test(arguments: [
    "", "d", "-1d", "99999999999999999999d", "2026-13", "20260131", "nonsense", "-",
  ])
  func `what is no time is refused`(text: String) {
    #expect(throws: UsageError.self) {
      try DateWords.span(text, of: "--since", now: Timestamp(microseconds: 0))
    }
  }

  @Test func `a conversation's document has the keys of the contract`() throws {
    let conversation = Conversation(
      header: ConversationHeader(
        id: ConversationID(provider: .claude, native: "x"), metadata: "{\"a\":\n1}"),
      messages: [
        Message(
          id: "m", role: .tool, kind: .toolResult,
          blocks: [
            .text("t"), .thinking("h"), .code(language: nil, text: "c"),
            .toolCall(ToolCall(id: "1", name: "n", input: "{}")),
            .toolResult(ToolResult(callID: "1", output: "o")),
            .document(Document(id: "d", content: "x")), .citation(Citation(url: "u")),
            .attachment(id: "f"), .unknown(type: "z", json: "{}"),
          ], attachments: [PolylogueModel.Attachment(id: "f")])
      ])
    let bytes = ConversationDocument.json(conversation).bytes
    #expect(!bytes.contains(0x0A))
    let read = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
    let document = try #require(read)
    let keys = [
      "id", "provider", "provider_id", "title", "created_at", "updated_at", "metadata", "messages",
    ]
    #expect(Set(keys).isSubset(of: Set(document.keys)))
    let message = try #require((document["messages"] as? [[String: Any]])?.first)
    let messageKeys = [
      "id", "parent", "role", "kind", "model", "timestamp", "text", "blocks", "attachments",
      "active",
    ]
    #expect(Set(messageKeys).isSubset(of: Set(message.keys)))
    let types = (message["blocks"] as? [[String: Any]])?.compactMap { $0["type"] as? String }
    #expect(
      types == [
        "text", "thinking", "code", "tool_call", "tool_result", "document", "citation",
        "attachment", "unknown",
      ])
  }

  @Test(arguments: [
    ("serch", "search"), ("lsit", "list"), ("exprot", "export"), ("st", "stats"),
    ("frobnicate", nil), ("", nil),
  ])
  func `a near name is suggested`(typed: String, name: String?) {
    let names = ["search", "list", "export", "stats", "show", "import"]
    #expect(Suggestion.best(for: typed, among: names) == name)
  }
}
