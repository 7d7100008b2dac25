import PolylogueImport
import PolylogueModel
import PolylogueParsing
import Testing

/// What the records of a session file do to each other.
struct GeminiCLISessionTests {
  private typealias Fixture = GeminiCLIFixture

  // MARK: Forms

  @Test func `reads a session written as one object`() throws {
    let text = """
      {"sessionId":"s-1","projectHash":"abc","startTime":"2026-01-01T09:59:00Z",
       "lastUpdated":"2026-01-01T10:05:00Z","summary":"Drift of a sensor","messages":[
       \(Fixture.message("u1", "user", "\"Why does it drift?\"")),
       \(Fixture.gemini("a1", "Humidity."))]}
      """
    let conversation = try Fixture.only([text], label: "chats/session-x-s1.json")
    #expect(conversation.header.id.description == "gemini-cli:s-1")
    #expect(conversation.header.title == "Drift of a sensor")
    #expect(conversation.header.createdAt?.iso == "2026-01-01T09:59:00Z")
    #expect(conversation.header.updatedAt?.iso == "2026-01-01T10:05:00Z")
    #expect(conversation.path == ["user:text:Why does it drift?", "assistant:text:Humidity."])
    #expect(conversation.messages.map(\.parentID) == [nil, "u1"])
    #expect(conversation.messages[1].model == "gemini-3-pro")
  }

  @Test func `reads a session written line by line`() throws {
    let result = try Fixture.run([
      Fixture.metadata(), Fixture.user("u1", "Hello"),
      #"{"$set":{"lastUpdated":"2026-01-01T10:07:00Z","summary":"A greeting"}}"#,
      Fixture.gemini("a1", "Hi"),
    ])
    let conversation = try #require(result[Fixture.session])
    #expect(conversation.path == ["user:text:Hello", "assistant:text:Hi"])
    #expect(conversation.header.title == "A greeting")
    #expect(conversation.header.updatedAt?.iso == "2026-01-01T10:07:00Z")
    #expect(result.tally("$set")?.understood == 1)
    #expect(result.tally("user")?.understood == 1)
  }

  @Test func `names a session without a summary by its first prompt`() throws {
    let conversation = try Fixture.only([
      Fixture.metadata(), Fixture.message("i1", "info", "\"Update available\""),
      Fixture.user("u1", "Water the plants\nand more"),
    ])
    #expect(conversation.header.title == "Water the plants")
  }

  @Test func `a file of the metadata alone is no conversation, and says so`() throws {
    let result = try Fixture.run([Fixture.metadata()])
    #expect(result.conversations.isEmpty)
    #expect(result.receipt.warnings == ["a session without messages"])
    #expect(result.tally("session")?.understood == 1)
  }

  @Test func `reads what is left of a file whose first line is lost`() throws {
    let lines = [Fixture.user("u1", "Hello"), Fixture.gemini("a1", "Hi")]
    let first = try Fixture.only(lines)
    let second = try Fixture.only(lines + [Fixture.user("u2", "More", second: 3)])
    #expect(first.path == ["user:text:Hello", "assistant:text:Hi"])
    #expect(first.header.id == second.header.id)
  }

  @Test func `a truncated last line costs only itself`() throws {
    let whole = Fixture.gemini("a1", "Hi")
    let result = try Fixture.run([
      Fixture.metadata(), Fixture.user("u1", "Hello"), String(whole.dropLast(9)),
    ])
    #expect(result.conversations.first?.path == ["user:text:Hello"])
    #expect(result.receipt.lost == 1)
  }

  @Test func `reads model messages with parts, and messages without an id`() throws {
    let conversation = try Fixture.only([
      Fixture.metadata(), #"{"type":"user","content":"One"}"#, #"{"type":"user","content":"One"}"#,
      #"{"id":"m","type":"model","parts":[{"text":"Tw"},{"text":"o"}]}"#,
    ])
    #expect(conversation.path == ["user:text:One", "user:text:One", "assistant:text:Two"])
    #expect(conversation.messages[0].timestamp == nil)
  }

  @Test func `tells of messages of a kind that it does not know`() throws {
    let result = try Fixture.run([
      Fixture.metadata(), Fixture.user("u1", "Hello"),
      Fixture.message("x1", "oracle", "\"Beware\""), Fixture.message("x2", "oracle", "\"\""),
      #"{"future":true}"#,
    ])
    #expect(result.conversations[0].path == ["user:text:Hello", "system:text:Beware"])
    #expect(result.tally("oracle")?.unknown == 2)
    #expect(result.receipt.lost == 2)
  }

  // MARK: Changes

  @Test func `a later record of the same id replaces the earlier one in its place`() throws {
    let result = try Fixture.run([
      Fixture.metadata(), Fixture.user("u1", "Hello"), Fixture.gemini("a1", "H"),
      Fixture.message("i1", "info", "\"Busy\""),
      Fixture.gemini("a1", "Hi", second: 2, #","tokens":{"input":9,"output":1}"#),
    ])
    let conversation = result.conversations[0]
    #expect(
      conversation.path == ["user:text:Hello", "assistant:text:Hi", "system:text:Busy"])
    #expect(conversation.messages[1].usage == TokenUsage(input: 9, output: 1))
    #expect(result.tally("gemini")?.skipped == 1)
  }

  /// Gemini CLI takes the prompt itself back as well: it is edited and sent again.
  @Test func `going back before a prompt keeps it and what followed as a branch`() throws {
    let conversation = try Fixture.only([
      Fixture.metadata(), Fixture.user("u1", "Hello"), Fixture.gemini("a1", "Hi"),
      Fixture.user("u2", "Wrong", second: 3), Fixture.gemini("a2", "So", second: 4),
      #"{"$rewindTo":"u2"}"#, Fixture.user("u3", "Right", second: 5),
    ])
    #expect(
      conversation.path == ["user:text:Hello", "assistant:text:Hi", "user:text:Right"])
    #expect(conversation.branch == ["user:text:Wrong", "assistant:text:So"])
    let parents = Dictionary(
      uniqueKeysWithValues: conversation.messages.map { ($0.id, $0.parentID ?? "") })
    #expect(parents["u2"] == "a1" && parents["u3"] == "a1" && parents["a2"] == "u2")
  }

  @Test func `going back to an answer keeps the answer`() throws {
    let conversation = try Fixture.only([
      Fixture.metadata(), Fixture.user("u1", "Hello"), Fixture.gemini("a1", "Hi"),
      Fixture.user("u2", "Wrong", second: 3), #"{"$rewindTo":"a1"}"#,
      Fixture.user("u3", "Right", second: 4),
    ])
    #expect(conversation.path == ["user:text:Hello", "assistant:text:Hi", "user:text:Right"])
    #expect(conversation.branch == ["user:text:Wrong"])
  }

  @Test func `going back to nothing known changes nothing and is told`() throws {
    let result = try Fixture.run([
      Fixture.metadata(), Fixture.user("u1", "Hello"), #"{"$rewindTo":"u9"}"#,
    ])
    #expect(result.conversations[0].path == ["user:text:Hello"])
    #expect(result.tally("$rewindTo")?.unknown == 1)
    #expect(result.receipt.lost == 0)
  }

  @Test func `a message that was taken back and comes again goes on from the end`() throws {
    let conversation = try Fixture.only([
      Fixture.metadata(), Fixture.user("u1", "Hello"), Fixture.user("u2", "Two", second: 3),
      #"{"$rewindTo":"u1"}"#, Fixture.user("u3", "Three", second: 4),
      Fixture.user("u2", "Two", second: 3),
    ])
    #expect(conversation.path == ["user:text:Three", "user:text:Two"])
    #expect(conversation.branch == ["user:text:Hello"])
  }

  private func set(_ messages: [String]) -> String {
    "{\"$set\":{\"messages\":[\(messages.joined(separator: ","))]}}"
  }

  @Test func `a list of messages adds what is new and updates what is known`() throws {
    let conversation = try Fixture.only([
      Fixture.metadata(), Fixture.user("u1", "Hello"), Fixture.gemini("a1", "Hi"),
      set([Fixture.user("u1", "Hello!"), Fixture.gemini("a1", "Hi"), Fixture.user("u2", "Next")]),
    ])
    #expect(conversation.path == ["user:text:Hello!", "assistant:text:Hi", "user:text:Next"])
    #expect(conversation.branch.isEmpty)
  }

  @Test func `what a list of messages leaves out stays as a branch, notices stay where they are`()
    throws
  {
    let conversation = try Fixture.only([
      Fixture.metadata(), Fixture.user("u1", "Hello"), Fixture.message("i1", "info", "\"Busy\""),
      Fixture.user("u2", "Cancelled"), set([Fixture.user("u1", "Hello")]),
      Fixture.user("u3", "Again"),
    ])
    #expect(conversation.path == ["user:text:Hello", "system:text:Busy", "user:text:Again"])
    #expect(conversation.branch == ["user:text:Cancelled"])
  }

  @Test func `a summary for the model takes nothing from the reader`() throws {
    let conversation = try Fixture.only([
      Fixture.metadata(), Fixture.user("u1", "Hello"), Fixture.gemini("a1", "Hi"),
      Fixture.user("u2", "Last"),
      set([
        Fixture.user("s1", "<state_snapshot>All of it</state_snapshot>"),
        Fixture.gemini("s2", "Got it."), Fixture.user("u2", "Last"),
      ]),
      Fixture.gemini("a2", "Done"),
    ])
    #expect(
      conversation.path == [
        "user:text:Hello", "assistant:text:Hi",
        "user:text:<state_snapshot>All of it</state_snapshot>", "assistant:text:Got it.",
        "user:text:Last", "assistant:text:Done",
      ])
    #expect(conversation.messages[2].kind == .summary)
    #expect(conversation.branch.isEmpty)
  }

  @Test func `a list that is empty or not of messages loses nothing`() throws {
    let result = try Fixture.run([
      Fixture.metadata(), Fixture.user("u1", "Hello"), set([]), set(["7"]),
    ])
    #expect(result.conversations[0].path == ["user:text:Hello"])
    #expect(result.receipt.lost == 1)
  }

  @Test func `two sessions in one file are two conversations`() throws {
    let other = Fixture.metadata().replacing(Fixture.session, with: "other")
    let result = try Fixture.run([
      Fixture.metadata(), Fixture.user("u1", "Hello"), other, Fixture.user("u1", "There"),
    ])
    #expect(result[Fixture.session]?.path == ["user:text:Hello"])
    #expect(result["other"]?.path == ["user:text:There"])
  }

  /// Bounds memory: what is handed over early may come again.
  @Test func `a session longer than what is kept is handed over in parts, and loses nothing`()
    throws
  {
    let sink = CountingSink()
    let long = String(repeating: "x", count: 23 << 20)
    let export = GeminiCLIImporter().open(nil)
    let parser = export.parser(for: Fixture.label)
    var offset: Int64 = 0
    for (index, line) in [
      Fixture.metadata(), Fixture.user("u1", long), Fixture.user("u2", long),
      Fixture.user("u3", long), Fixture.user("u4", "End"), #"{"$rewindTo":"u3"}"#,
    ].enumerated() {
      var reader = JSONReader()
      let value = try reader.parse(Array(line.utf8))
      try parser.consume(Record(value: value, index: index, offset: offset), into: sink)
      offset += Int64(line.utf8.count)
      if index == 4 { #expect(sink.count > 0) }
    }
    try parser.finish(into: sink)
    #expect(sink.count == 4)
    #expect(sink.inactive == ["u3", "u4"])
  }

  @Test func `a record whose id is empty is one of its own`() throws {
    let made = try Fixture.run([
      Fixture.metadata(), Fixture.user("", "One"), Fixture.gemini("", "Two"),
      Fixture.user("", "Three"),
    ])
    #expect(made.conversations[0].messages.map(\.text) == ["One", "Two", "Three"])
  }

  @Test func `a list of messages without ids says again what was said`() throws {
    let lines = ["One", "Two", "One"].map {
      #"{"type":"user","timestamp":"2026-01-01T10:00:00Z","content":"\#($0)"}"#
    }
    let list = #"{"$set":{"messages":[\#(lines.joined(separator: ","))]}}"#
    let made = try Fixture.run([Fixture.metadata()] + lines + [list, list, lines[0]])
    let read = made.conversations[0].messages
    #expect(read.map(\.text) == ["One", "Two", "One", "One"])
    #expect(read.map(\.isActive) == [true, true, true, true])
  }

  /// Each of these took a time that grows with the square of the number of records.
  @Test(arguments: ["rewind", "rewrite", "lists", "empty lists"])
  func `many changes of a long session are read in their order`(change: String) throws {
    let count = 8_000
    let sink = CountingSink()
    let parser = GeminiCLIImporter().open(nil).parser(for: Fixture.label)
    var lines = [Fixture.metadata(), Fixture.user("first", "Hello")]
    for number in 0..<count {
      lines.append(Fixture.message("n\(number)", change == "lists" ? "info" : "gemini", #""a""#))
    }
    for number in 0..<count {
      switch change {
      case "rewind": lines.append(#"{"$rewindTo":"n\#(count - 1)"}"#)
      case "rewrite": lines.append(Fixture.gemini("n\(number)", "b"))
      case "lists":
        lines.append(#"{"$set":{"messages":[{"id":"first","type":"user","content":"Hello"}]}}"#)
      default: lines.append(#"{"$set":{"messages":[]}}"#)
      }
    }
    var reader = JSONReader()
    var offset: Int64 = 0
    for (index, line) in lines.enumerated() {
      let value = try reader.parse(Array(line.utf8))
      try parser.consume(Record(value: value, index: index, offset: offset), into: sink)
      offset += Int64(line.utf8.count)
    }
    try parser.finish(into: sink)
    #expect(sink.count >= count + 1)
  }
}
