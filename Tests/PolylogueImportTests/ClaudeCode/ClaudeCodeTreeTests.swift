import PolylogueImport
import PolylogueModel
import Testing

/// The chain of a session: branches, compaction, damaged links.
struct ClaudeCodeTreeTests {
  private typealias Lines = SessionLines

  private func session(_ lines: [String]) throws -> SessionImport {
    try SessionImport.run(
      ClaudeCodeImporter(), [("\(SessionLines.session).jsonl", lines.joined(separator: "\n"))])
  }

  @Test func `leaves a rewound prompt and what followed it off the active path`() throws {
    let result = try session([
      Lines.user(1, after: nil, "Start"),
      Lines.assistant(2, after: 1, answer: "a", Lines.text("A")),
      Lines.line("system", 3, after: 2, #","subtype":"turn_duration","durationMs":1"#),
      Lines.user(4, after: 3, "<ide_opened_file>x.swift</ide_opened_file> Wrong way"),
      Lines.assistant(5, after: 4, answer: "b", Lines.text("B")),
      Lines.user(6, after: 3, "Right way"),
      Lines.assistant(7, after: 6, answer: "c", Lines.text("C")),
    ])
    let messages = try #require(result[SessionLines.session]).messages
    let inactive = messages.filter { !$0.isActive }.map(\.id)
    #expect(inactive == [Lines.uuid(4) + "#2", Lines.uuid(4), Lines.uuid(5)])
    #expect(messages.last?.parentID == Lines.uuid(6))
  }

  @Test func `sees no branch in what programs attach`() throws {
    let result = try session([
      Lines.user(1, after: nil, "Start"),
      Lines.line(
        "attachment", 2, after: 1,
        #","attachment":{"type":"opened_file_in_ide","filename":"x.swift"}"#),
      Lines.assistant(3, after: 2, answer: "a", Lines.call("t")),
      Lines.line("progress", 4, after: 3, #","data":{"type":"bash_progress"}"#),
      Lines.result(5, after: 3, of: "t", "one"),
      Lines.user(6, after: 4, "[Request interrupted by user for tool use]"),
      Lines.user(7, after: 6, "Go on"),
    ])
    let messages = try #require(result[SessionLines.session]).messages
    #expect(messages.allSatisfy { $0.isActive })
    #expect(
      messages.map(\.kind) == [.message, .injected, .message, .toolResult, .notice, .message])
    #expect(result.tally("progress")?.skipped == 1)
  }

  @Test func `joins what follows a compaction to what stood before it, twice`() throws {
    func boundary(_ id: Int, before: Int) -> String {
      Lines.line(
        "system", id, after: nil,
        """
        ,"subtype":"compact_boundary","content":"Conversation compacted",\
        "logicalParentUuid":"\(Lines.uuid(before))"
        """)
    }
    let summary = "This session is being continued from a previous conversation that ran out"
    let result = try session([
      Lines.user(1, after: nil, "Start"),
      Lines.assistant(2, after: 1, answer: "a", Lines.text("A")),
      boundary(3, before: 2),
      Lines.user(4, after: 3, "The first part: …", #","isCompactSummary":true"#),
      Lines.assistant(5, after: 4, answer: "b", Lines.text("B")),
      boundary(6, before: 5),
      Lines.user(7, after: 6, summary),
      Lines.user(8, after: 7, "Next"),
    ])
    let messages = try #require(result[SessionLines.session]).messages
    #expect(
      messages.map(\.kind)
        == [.message, .message, .notice, .summary, .message, .notice, .summary, .message])
    #expect(messages[2].parentID == Lines.uuid(2))
    #expect(messages[5].parentID == Lines.uuid(5))
    #expect(messages.allSatisfy { $0.isActive })
    #expect(result[SessionLines.session]?.header.title == "Start")
  }

  @Test func `bears dangling parents, cycles and repeated lines`() throws {
    let repeated = Lines.user(3, after: 2, "Twice")
    let result = try session([
      Lines.user(1, after: 99, "Of another file"),
      Lines.user(2, after: 4, "Its parent comes later"),
      repeated, repeated,
      Lines.assistant(4, after: 2, answer: "a", Lines.text("A")),
      Lines.user(5, after: 5, "Follows itself"),
      Lines.user(3, after: 5, "The same id, other words"),
    ])
    #expect(result.violations.isEmpty)
    let messages = try #require(result[SessionLines.session]).messages
    #expect(
      messages.map(\.text)
        == [
          "Of another file", "Its parent comes later", "Twice", "A", "Follows itself",
          "The same id, other words",
        ])
    #expect(messages[1].parentID == messages[0].id)
    #expect(messages[4].parentID == Lines.uuid(4))
    #expect(Set(messages.map(\.id)).count == 6)
    #expect(result.tally("user")?.skipped == 1)
  }

  @Test func `reads a chain of 50,000 links without recursion`() throws {
    var lines = [Lines.user(1, after: nil, "Start"), Lines.user(2, after: 1, "Left")]
    lines.append(Lines.user(3, after: 1, "Right"))
    for number in 4...50_000 { lines.append(Lines.user(number, after: number - 1, "\(number)")) }
    let parser = ClaudeCodeImporter().open(nil).parser(for: "x.jsonl")
    let sink = CountingSink()
    try sink.read(lines, with: parser)
    #expect(sink.count == 50_000)
    #expect(sink.inactive == [Lines.uuid(2)])
  }

  @Test func `keeps good lines around bad ones, and waits for a torn one`() throws {
    let whole = [
      Lines.user(1, after: nil, "Start"), "42", #"{"type":"user","uuid":"x","message":"error"}"#,
      #"{"type":"news-of-tomorrow","uuid":"\#(Lines.uuid(2))","parentUuid":"\#(Lines.uuid(1))"}"#,
      Lines.assistant(3, after: 2, answer: "a", Lines.text("cut \\ud83d emoji")),
    ]
    let torn = try session(whole + [String(Lines.user(4, after: 3, "Last").dropLast(20))])
    let messages = try #require(torn[SessionLines.session]).messages
    #expect(messages.map(\.id) == [Lines.uuid(1), Lines.uuid(3)])
    #expect(messages[1].parentID == Lines.uuid(1))
    #expect(torn.tally("news-of-tomorrow")?.unknown == 1)
    #expect(torn.tally("news-of-tomorrow")?.example != nil)
    let completed = try session(whole + [Lines.user(4, after: 3, "Last")])
    let later = try #require(completed[SessionLines.session]).messages
    #expect(Array(later.prefix(2)) == messages)
    #expect(later.last?.text == "Last")
  }
}
