import PolylogueModel
import PolylogueSQL
import PolylogueSearch
import Testing

@Suite struct `The text index` {
  @Test func `finds by all words, phrase, exclusion, prefix and alternatives`() throws {
    let index = try IndexFixture()
    for text in ["red green blue", "red blue", "green red", "redder", "blue sky and red sea"] {
      try index.add(text)
    }
    try index.commit()
    #expect(try index.rows("red blue") == [1, 2, 5])
    #expect(try index.rows("\"red blue\"") == [2])
    #expect(try index.rows("red -blue") == [3])
    #expect(try index.rows("red*") == [1, 2, 3, 4, 5])
    #expect(try index.rows("redder OR sky") == [4, 5])
    #expect(try index.rows("-red") == [4])
    #expect(try index.rows("red -\"red sea\"") == [1, 2, 3])
    #expect(try index.rows("yellow").isEmpty)
  }

  @Test func `shows nothing that was not committed`() throws {
    let index = try IndexFixture()
    try index.add("early")
    try index.commit()
    try index.add("late")
    #expect(try index.rows("late").isEmpty)
    let again = try IndexFixture.openWriter(index.path)
    #expect(again.watermark == 1)
    try index.commit()
    #expect(try index.rows("late") == [2])
    #expect(index.writer.watermark == 2)
  }

  @Test func `replaces and removes messages, titles and conversations`() throws {
    let index = try IndexFixture()
    try index.add("alpha one")
    try index.add("alpha two", conversation: 2)
    try index.commit()
    try index.add("beta one", message: 1)
    try index.commit()
    #expect(try index.rows("alpha") == [2])
    #expect(try index.rows("beta") == [1])
    index.writer.remove(message: 1)
    try index.commit()
    #expect(try index.rows("beta").isEmpty)
    index.writer.remove(conversation: 2)
    try index.commit()
    #expect(try index.rows("alpha").isEmpty)
  }

  @Test func `keeps the newest of several versions in one commit`() throws {
    let index = try IndexFixture()
    try index.add("first", message: 5)
    try index.add("second", message: 5)
    try index.commit()
    #expect(try index.rows("first").isEmpty)
    #expect(try index.rows("second") == [5])
  }

  @Test func `finds titles, and forgets old ones`() throws {
    let index = try IndexFixture()
    func title(_ text: String) throws {
      let header = DocumentHeader(
        conversation: 7, message: nil, position: 0, timestamp: 5, provider: .claude, role: .user)
      try index.writer.add(IndexedMessage(header: header, fields: [(.title, text)]))
      try index.commit()
    }
    try title("Sailing plans")
    try title("Cooking plans")
    let reader = try index.reader()
    #expect(try reader.search(IndexFixture.request("sailing")).hits.isEmpty)
    let hits = try reader.search(IndexFixture.request("cooking")).hits
    #expect(hits.map(\.conversation) == [7] && hits[0].message == nil)
  }

  @Test func `obeys filters`() throws {
    let index = try IndexFixture()
    try index.add("word", role: .user, time: 100, provider: .chatgpt, flags: [.code])
    try index.add("word", role: .assistant, time: 200, provider: .codex, model: "GPT-5.1")
    try index.add("word", role: .assistant, time: nil, provider: .codex, model: "o3")
    try index.commit()
    #expect(try index.rows("word role:user") == [1])
    #expect(try index.rows("word provider:codex") == [2, 3])
    #expect(try index.rows("word model:gpt-5") == [2])
    #expect(try index.rows("has:code") == [1])
    #expect(try index.rows("until:1971") == [1, 2])
    #expect(try index.rows("word provider:nobody").isEmpty)
    var request = IndexFixture.request("word")
    request.messages = RowSet([3, 1, 1])
    #expect(try index.reader().search(request).total == 2)
    request.filters.since = 150
    #expect(try index.reader().search(request).total == 0)
  }

  @Test func `sorts by time, pages, and puts what has no time last`() throws {
    let index = try IndexFixture()
    for time: Int64? in [300, 100, nil, 200] { try index.add("word", time: time) }
    try index.commit()
    let reader = try index.reader()
    func order(_ sort: SearchRequest.Sort) throws -> [Int64?] {
      try reader.search(IndexFixture.request("word", sort: sort)).hits.map(\.message)
    }
    #expect(try order(.newest) == [1, 4, 2, 3])
    #expect(try order(.oldest) == [2, 4, 1, 3])
    var request = IndexFixture.request("word", sort: .newest, limit: 2)
    request.offset = 1
    let page = try reader.search(request)
    #expect(page.hits.map(\.message) == [4, 2] && page.total == 4)
  }

  @Test func `ranks a word in thinking lower, unless thinking is asked for`() throws {
    let index = try IndexFixture()
    try index.add("lighthouse", field: .thinking, conversation: 1, flags: [.thinking])
    try index.add("lighthouse and much more text that makes it longer", conversation: 2)
    try index.commit()
    let hits = try index.reader().search(IndexFixture.request("lighthouse")).hits
    #expect(hits.map(\.message) == [2, 1])
    #expect(try index.rows("lighthouse has:thinking") == [1])
  }

  @Test func `ranks a message higher beside others that match`() throws {
    let index = try IndexFixture()
    for conversation: Int64 in 1...4 { try index.add("comet", conversation: conversation) }
    try index.add("nothing", conversation: 4)
    try index.add("comet", conversation: 4)
    try index.commit()
    let hits = try index.reader().search(IndexFixture.request("comet")).hits
    #expect(Set(hits.prefix(2).map(\.conversation)) == [4])
    #expect(hits[0].parts.neighbour > 0 && hits[0].parts.session > 0)
    #expect(hits[0].score == hits[0].parts.total)
  }

  @Test func `passes the database's own check`() throws {
    let index = try IndexFixture()
    for number in 0..<3000 { try index.add("word\(number % 700) common") }
    try index.commit()
    let connection = try Connection(path: index.path, mode: .readOnly)
    #expect(try connection.text("PRAGMA integrity_check") == "ok")
  }

  @Test func `asks for a commit from when a segment is nearly full until it is made`() throws {
    let index = try IndexFixture()
    // Far more messages than one segment takes, so that some were written already.
    for _ in 0..<70_000 { try index.add("x") }
    #expect(index.writer.wantsCommit)
    try index.commit()
    #expect(!index.writer.wantsCommit)
    for _ in 0..<55_000 { try index.add("y") }
    #expect(index.writer.wantsCommit)
  }
}
