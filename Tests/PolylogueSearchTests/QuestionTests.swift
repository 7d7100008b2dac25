import PolylogueModel
import PolylogueSQL
import PolylogueSearch
import Testing

/// Questions, none of whose words is required.
@Suite struct QuestionTests {
  /// Says of some messages how alike they are to the question.
  private final class Known: MeaningSource {
    private let all: [Int64: Float]
    private(set) var allowed: MessageSet?
    private(set) var leftOut: Set<String> = []

    init(_ all: [Int64: Float]) { self.all = all }

    func leaveOut(_ isName: ([UInt8]) -> Bool) {
      leftOut = Set(["aurelia", "otter", "valve"].filter { isName(Array($0.utf8)) })
    }

    func nearest(limit: Int, among rows: MessageSet?) -> [VectorHit] {
      allowed = rows
      return all.filter { rows?.contains($0.key) ?? true }.sorted { $0.value > $1.value }
        .prefix(limit).map { VectorHit(message: $0.key, passage: 1, score: $0.value) }
    }

    func similarities(of messages: [Int64]) -> [Int64: VectorHit] {
      all.filter { messages.contains($0.key) }.reduce(into: [:]) {
        $0[$1.key] = VectorHit(message: $1.key, passage: 2, score: $1.value)
      }
    }
  }

  private let index: IndexFixture

  init() throws { index = try IndexFixture() }

  private func answers(
    _ question: String, meaning: (any MeaningSource)? = nil,
    _ change: (inout SearchRequest) -> Void = { _ in }
  ) throws -> [SearchHit] {
    var request = IndexFixture.request(question)
    change(&request)
    return try index.reader().answer(request, meaning: meaning).hits
  }

  private func rows(
    _ question: String, meaning: (any MeaningSource)? = nil,
    _ change: (inout SearchRequest) -> Void = { _ in }
  ) throws -> [Int64?] {
    try answers(question, meaning: meaning, change).map(\.message)
  }

  @Test func `a message with some of the words is found, in any form of them`() throws {
    let tent = try index.add("we camped beside two families of geese", conversation: 1)
    try index.add("campus life is expensive", conversation: 2)
    try index.commit()
    #expect(try rows("Which family was camping there?") == [tent])
    #expect(try rows("families") == [tent])
    // In a search, words are as they are.
    #expect(try index.rows("camping") == [])
  }

  @Test func `words that only ask are left out, unless there are no others`() throws {
    let one = try index.add("what is it", conversation: 1)
    let other = try index.add("a heron stands in the reeds", conversation: 2)
    try index.commit()
    #expect(try rows("what is the heron") == [other])
    #expect(try rows("what is it") == [one])
  }

  @Test func `the rarer a word, and the more of them, the better`() throws {
    for number in 0..<40 {
      try index.add("the valve of boiler \(number) is warm", conversation: Int64(number + 10))
    }
    let both = try index.add("a gasket of the boiler", conversation: 1)
    let rare = try index.add("a gasket of the kettle", conversation: 2)
    try index.commit()
    #expect(try Array(rows("the boiler's gasket").prefix(2)) == [both, rare])
  }

  @Test func `a message beside others that say so comes before one that stands alone`() throws {
    let alone = try index.add("the pump stopped", conversation: 1)
    try index.add("unrelated talk about lunch and weather", conversation: 1)
    try index.add("the pump has a seal of felt", conversation: 2)
    let beside = try index.add("the pump stopped", conversation: 2)
    try index.add("felt seals dry out", conversation: 2)
    try index.commit()
    let hits = try answers("pump stopped felt seal")
    let places = hits.map(\.message)
    let first = try #require(places.firstIndex(of: beside))
    let second = try #require(places.firstIndex(of: alone))
    #expect(first < second)
    #expect(hits[first].parts.neighbour + hits[first].parts.session > 0)
  }

  @Test func `what shares no word is found by its meaning`() throws {
    let near = try index.add("the thermometer creeps upwards overnight", conversation: 1)
    let far = try index.add("bread rises in a warm kitchen", conversation: 2)
    let worded = try index.add("sensor drift in the dark", conversation: 3)
    try index.commit()
    let meaning = Known([near: 0.8, far: 0.1, worded: 0.5])
    let hits = try answers("sensor drift", meaning: meaning)
    #expect(hits.first?.message == worded)
    #expect(hits.map(\.message).contains(near))
    #expect(hits.first { $0.message == near }?.parts.similarity == 0.8)
    // What it was nearest with is said, whether it was found by it or not.
    #expect(hits.first { $0.message == near }?.passage == 1)
    #expect(try answers("sensor drift").map(\.passage) == [nil])
    #expect(try rows("sensor drift", meaning: meaning) { $0.usesWords = false }.first == near)
  }

  @Test func `conditions and filters hold for meaning too`() throws {
    let one = try index.add("an owl in the barn", conversation: 1, role: .user)
    let other = try index.add("an owl in the barn, asleep", conversation: 2, role: .assistant)
    try index.commit()
    let meaning = Known([one: 0.9, other: 0.8])
    #expect(try rows("bird", meaning: meaning) { $0.filters.roles = [.assistant] } == [other])
    #expect(meaning.allowed?.count == 1)
    #expect(meaning.allowed?.contains(other) == true)
    #expect(try rows("bird -asleep", meaning: meaning) == [one])
    // Quotes name a thing.
    #expect(try rows("\"barn asleep\"", meaning: meaning) == [other, one])
    #expect(try rows("owl -asleep") == [one])
    #expect(try rows("owl") { $0.conversations = RowSet([2]) } == [other])
  }

  @Test func `a conversation gives one answer where that is wanted`() throws {
    let best = try index.add("otter otter otter", conversation: 1)
    try index.add("an otter", conversation: 1)
    let other = try index.add("the otter swims in the river with its young", conversation: 2)
    try index.commit()
    #expect(try rows("otter").count == 3)
    let found = try rows("otter") { $0.isOnePerConversation = true }
    #expect(found.count == 2)
    #expect(Set(found) == [best, other])
  }

  @Test func `answers are pages, and can be put in order of time`() throws {
    let rows = try (0..<30).map {
      try index.add("a lantern \($0)", conversation: Int64($0), time: Int64(5000 - $0))
    }
    try index.commit()
    #expect(try self.rows("lantern") { $0.sort = .newest } == rows)
    #expect(try self.rows("lantern") { $0.sort = .oldest } == rows.reversed())
    let all = try self.rows("lantern")
    let page = try self.rows("lantern") {
      $0.limit = 7
      $0.offset = 20
    }
    #expect(page == Array(all[20..<27]))
    #expect(try self.rows("lantern") { $0.offset = 30 } == [])
  }

  @Test func `what was taken out answers nothing`() throws {
    let gone = try index.add("the ferry leaves at noon", conversation: 1)
    let there = try index.add("the ferry leaves at night", conversation: 2)
    try index.commit()
    index.writer.remove(message: gone)
    try index.commit()
    #expect(
      try rows("when does the ferry leave", meaning: Known([gone: 1, there: 0.2])) == [there])
  }

  @Test func `a word that is in every message still answers`() throws {
    for number in 0..<3000 { try index.add("tram \(number)", conversation: Int64(number)) }
    try index.commit()
    #expect(try rows("tram").count == 1000)
    #expect(try rows("the tram 2999").first == 3000)
  }

  @Test func `who is asked about is told from what is asked`() throws {
    func add(_ text: String, by author: String, conversation: Int64) throws -> Int64 {
      let row = try index.add(text, conversation: conversation)
      index.writer.remove(message: row)
      try index.writer.add(
        IndexedMessage(
          header: DocumentHeader(
            conversation: conversation, message: row, position: 0, timestamp: 1,
            provider: .chatgpt, role: .user),
          fields: [(.author, author), (.body, text)]))
      return row
    }
    let hers = try add("I mended the valve", by: "Aurelia", conversation: 1)
    let his = try add("I mended the valve", by: "Bartholomew", conversation: 2)
    try index.commit()
    let meaning = Known([hers: 0.5, his: 0.5])
    let hits = try answers("which valve did Aurelia mend", meaning: meaning)
    #expect(hits.map(\.message) == [hers, his])
    #expect(hits.first?.parts.author ?? 0 > 0)
    #expect(meaning.leftOut == ["aurelia"])
    // A search finds what speaks of her, not what she says.
    #expect(try index.rows("aurelia") == [])
  }

  @Test func `a date in a question counts, and is no filter`() throws {
    let july = Int64(1_688_700_000)  // 2023-07-07
    let other = try index.add(
      "the regatta went well", conversation: 1, time: july + 90 * 86_400)
    let month = try index.add("the regatta went well", conversation: 2, time: july - 3 * 86_400)
    let day = try index.add("the regatta went well", conversation: 3, time: july)
    let later = try index.add("the regatta went well", conversation: 4, time: july + 2 * 86_400)
    try index.commit()
    #expect(try rows("the regatta on 7 July 2023") == [day, later, month, other])
    #expect(try rows("the regatta of July 7th") == [day, later, month, other])
    #expect(try Set(rows("the regatta in July 2023").prefix(3)) == [day, later, month])
    #expect(try rows("the regatta in July 2022").first == other)
    #expect(try Set(rows("may the regatta go well").prefix(4)).count == 4)
  }

  @Test func `any text is a question`() throws {
    try index.add("plain words", conversation: 1)
    try index.commit()
    for text in OddQueries.all { _ = try answers(text, meaning: Known([1: 0.5])) }
  }
}
