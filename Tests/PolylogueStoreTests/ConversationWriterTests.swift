import PolylogueModel
import PolylogueSQL
import PolylogueStore
import Testing

@Suite struct ConversationWriterTests {
  @Test func `what is written comes back equal, whatever its blocks`() throws {
    let archive = TemporaryArchive()
    var conversation = sample("a", count: 2)
    conversation.messages[1].blocks = [
      .text("prose with \0 NUL and 🙂"), .thinking("hm"), .code(language: nil, text: ""),
      .code(language: "swift", text: "let a = 1"),
      .toolCall(ToolCall(id: "", name: "Bash", input: "{}")),
      .toolResult(ToolResult(callID: "c", name: nil, output: "out", isError: true)),
      .document(Document(id: "d", title: nil, language: "md", content: "x", isComplete: false)),
      .citation(Citation(title: "t", url: nil, quote: "")), .attachment(id: "f"),
      .unknown(type: "widget", json: "{\"a\":1}"),
    ]
    conversation.messages[1].attachments = [
      Attachment(id: "f", name: "notes.txt", byteCount: 3, extractedText: "abc")
    ]
    conversation.messages[1].usage = TokenUsage(input: 1, output: .max, cacheRead: -1)
    conversation.messages[1].author = "gpt"
    conversation.messages[1].metadata = "{}"
    try archive.write(conversation)
    #expect(try archive.read(conversation.header.id) == conversation)
    #expect(try archive.verify() == [])
  }

  @Test func `the same conversation again changes nothing`() throws {
    let archive = TemporaryArchive()
    try archive.write(sample("a", count: 4))
    let counts = try archive.write(sample("a", count: 4))
    #expect(counts.conversation == ChangeCounts(new: 0, updated: 0, unchanged: 1))
    #expect(counts.messages == ChangeCounts(new: 0, updated: 0, unchanged: 4))
  }

  @Test func `a grown conversation gains rows and keeps the others`() throws {
    let archive = TemporaryArchive()
    try archive.write(sample("a", count: 4))
    let counts = try archive.write(sample("a", count: 6))
    #expect(counts.messages == ChangeCounts(new: 2, updated: 0, unchanged: 4))
    #expect(try archive.read(ConversationID(provider: .chatgpt, native: "a"))?.messages.count == 6)
    #expect(try archive.verify() == [])
  }

  @Test func `an older export arriving later overwrites nothing`() throws {
    let archive = TemporaryArchive()
    let newer = sample("a", count: 6, updated: 2_000_000_000_000_000) { "new \($0)" }
    try archive.write(newer)
    let counts = try archive.write(
      sample("a", count: 4, updated: 1_900_000_000_000_000) { "old \($0)" })
    #expect(counts.messages == ChangeCounts(new: 0, updated: 0, unchanged: 4))
    #expect(try archive.read(newer.header.id) == newer)
  }

  @Test func `a slimmer export adds what is new and takes nothing away`() throws {
    let archive = TemporaryArchive()
    let rich = sample("a", count: 4) { "rich \($0)" }
    try archive.write(rich)
    var slim = sample("a", count: 5, updated: 2_000_000_000_000_000) { "slim \($0)" }
    slim.header.fidelity = .slim
    slim.messages.remove(at: 1)
    try archive.write(slim)
    let merged = try #require(try archive.read(rich.header.id))
    #expect(merged.messages.map(\.text) == ["rich 0", "rich 1", "rich 2", "rich 3", "slim 4"])
  }

  @Test func `messages that a later export lacks are kept`() throws {
    let archive = TemporaryArchive()
    try archive.write(sample("a", count: 4))
    try archive.write(sample("a", count: 3, updated: 2_000_000_000_000_000))
    #expect(try archive.read(ConversationID(provider: .chatgpt, native: "a"))?.messages.count == 4)
  }

  @Test func `ids that differ only in normalisation stay apart`() throws {
    let archive = TemporaryArchive()
    var composed = sample("caf\u{e9}", count: 1)
    composed.messages.append(Message(id: "x\u{e9}", role: .user, blocks: [.text("one")]))
    composed.messages.append(Message(id: "xe\u{301}", role: .user, blocks: [.text("two")]))
    try archive.write(composed)
    try archive.write(sample("cafe\u{301}", count: 2))
    #expect(try archive.reader().list(filter: Filter(), limit: nil, after: nil).items.count == 2)
    #expect(try archive.read(composed.header.id)?.messages.count == 3)
  }

  @Test func `the kept totals follow every change`() throws {
    let archive = TemporaryArchive()
    try archive.write(sample("a", count: 4))
    try archive.write(sample("a", count: 6))
    try archive.write(sample("b", provider: .codex, count: 3))
    let statistics = try archive.reader().statistics(by: nil, folder: archive.folder)
    #expect(statistics.conversations == 2)
    #expect(statistics.messages == 9)
  }

  @Test func `a list pages through everything once, newest first`() throws {
    let archive = TemporaryArchive()
    let session = try archive.session()
    for index in 0..<25 {
      try archive.write(sample("c\(index)", count: 1, updated: Int64(index % 5)), in: session)
    }
    let reader = try archive.reader()
    var seen: [ConversationSummary] = []
    var cursor: String?
    repeat {
      let page = try reader.list(filter: Filter(), limit: 7, after: cursor)
      seen += page.items
      cursor = page.next
    } while cursor != nil
    #expect(seen.count == 25)
    #expect(Set(seen.map(\.id)).count == 25)
    #expect(
      zip(seen, seen.dropFirst()).allSatisfy {
        ($0.updatedAt?.microseconds ?? 0) >= ($1.updatedAt?.microseconds ?? 0)
      })
  }

  @Test func `listing and reading go by index`() throws {
    let archive = TemporaryArchive()
    try archive.write(sample("a", count: 1))
    let connection = try ArchiveDatabase.openForReading(archive.folder)
    for sql in [
      "SELECT id FROM conversation ORDER BY sort_at DESC, id DESC LIMIT 50",
      "SELECT body FROM message WHERE conversation = 1 ORDER BY position",
      "SELECT id FROM blob WHERE sha256 = x'00'",
      "SELECT id FROM conversation WHERE provider = 'chatgpt' AND native_id = 'a'",
      "SELECT message FROM shared_message WHERE native_id = x'00'",
    ] {
      let statement = try connection.statement("EXPLAIN QUERY PLAN " + sql)
      var plan = ""
      while try statement.step() { plan += statement.string(3) + "; " }
      #expect(plan.contains("USING"), "\(sql): \(plan)")
      #expect(!plan.contains("TEMP B-TREE"), "\(sql): \(plan)")
    }
  }
}

extension ConversationWriterTests {
  @Test func `a history of prompts adds nothing to the session it repeats`() throws {
    let archive = TemporaryArchive()
    let session = sample("s", provider: .claudeCode, count: 4)
    try archive.write(session)
    var history = sample("s", provider: .claudeCode, from: 100, count: 2)
    history.header.fidelity = .slim
    try archive.write(history)
    #expect(try archive.read(session.header.id)?.messages == session.messages)
  }
}
