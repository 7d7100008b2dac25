import PolylogueModel
import PolylogueSQL
import PolylogueSearch
import Testing

/// Questions about whole conversations.
@Suite struct ConversationMatchesTests {
  private let index: IndexFixture

  /// Twenty conversations of two messages in two segments, one of them taken out again.
  init() throws {
    index = try IndexFixture()
    for conversation in 1...20 {
      let row = try index.add(
        "the walrus number \(conversation)", conversation: Int64(conversation))
      try index.add(
        conversation.isMultiple(of: 5) ? "a narwhal dives" : "the walrus sleeps",
        conversation: Int64(conversation), role: .assistant)
      if conversation == 10 {
        try index.commit()
        index.writer.remove(message: row + 1)
      }
    }
    try index.commit()
  }

  private func rows(_ query: String, _ change: (inout SearchRequest) -> Void = { _ in }) throws
    -> [Int64]
  {
    var request = IndexFixture.request(query, limit: 1)
    change(&request)
    return try index.reader().conversations(matching: request).rows
  }

  @Test func `all conversations that match are found, whatever the limit`() throws {
    #expect(try rows("walrus") == Array(1...20))
    #expect(try rows("narwhal") == [5, 15, 20])
    #expect(try rows("walrus -number") == (1...20).filter { !$0.isMultiple(of: 5) })
    #expect(try rows("walrus narwhal") == [])
    #expect(try rows("narwhal") { $0.filters.roles = [.user] } == [])
    #expect(try rows("narwhal") { $0.conversations = RowSet([4, 5]) } == [5])
    #expect(try rows("") == [])
    #expect(
      try TextIndexReader(connection: .init(path: "", mode: .create))
        .conversations(matching: IndexFixture.request("a")).rows == [])
  }

  @Test func `the rarest and most frequent words tell most`() throws {
    let reader = try index.reader()
    #expect(
      try reader.tellingWords(of: "The narwhal, the xylophone and the NUMBER 7.", limit: 5)
        == ["7", "narwhal"])
    #expect(try reader.tellingWords(of: "narwhal 7 narwhal narwhal", limit: 1) == ["narwhal"])
    // Common words tell something where there is nothing else.
    #expect(try reader.tellingWords(of: "the walrus", limit: 5).sorted() == ["the", "walrus"])
    #expect(try reader.tellingWords(of: "xylophone …", limit: 5) == [])
    #expect(try reader.tellingWords(of: "", limit: 5) == [])
  }
}
