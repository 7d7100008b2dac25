import PolylogueImport
import PolylogueModel
import Testing

/// Answers that take several lines, and their tokens.
struct ClaudeCodeAnswerTests {
  private typealias Lines = SessionLines

  private func session(_ lines: [String]) throws -> SessionImport {
    try SessionImport.run(
      ClaudeCodeImporter(), [("\(SessionLines.session).jsonl", lines.joined(separator: "\n"))])
  }

  @Test func `joins the lines of one answer and counts its tokens once`() throws {
    let result = try session([
      Lines.user(1, after: nil, "Hello"),
      Lines.assistant(2, after: 1, answer: "a", #"{"type":"thinking","thinking":"Hm"}"#),
      Lines.assistant(3, after: 2, answer: "a", Lines.text("Hi"), output: "\"631\""),
      Lines.user(4, after: 3, "Thanks"),
    ])
    let messages = try #require(result[SessionLines.session]).messages
    #expect(messages.map(\.id) == [1, 2, 4].map(Lines.uuid))
    #expect(messages[1].outline == ["thinking:Hm", "text:Hi"])
    #expect(
      messages[1].usage == TokenUsage(input: 3, output: 631, cacheRead: 7, cacheWrite: 2))
    #expect(messages[1].model == "claude-x")
    #expect(messages[2].parentID == Lines.uuid(2))
    #expect(messages.allSatisfy { $0.isActive })
  }

  @Test func `keeps parallel tools in one answer and their results behind it`() throws {
    let result = try session([
      Lines.user(1, after: nil, "Look"),
      Lines.assistant(2, after: 1, answer: "a", Lines.call("t1")),
      Lines.result(3, after: 2, of: "t1", "one"),
      Lines.assistant(4, after: 2, answer: "a", Lines.call("t2")),
      Lines.result(5, after: 4, of: "t2", "two"),
      Lines.assistant(6, after: 5, answer: "b", Lines.text("Done")),
    ])
    #expect(result.violations.isEmpty)
    let messages = try #require(result[SessionLines.session]).messages
    #expect(messages.map(\.id) == [1, 2, 3, 5, 6].map(Lines.uuid))
    #expect(messages[1].outline == ["call:Read", "call:Read"])
    #expect(messages[2].parentID == Lines.uuid(2))
    #expect(messages[3].parentID == Lines.uuid(2))
    #expect(messages[2].role == .tool && messages[2].kind == .toolResult)
    #expect(messages.allSatisfy { $0.isActive })
  }

  @Test func `makes a late line a message of its own, without tokens`() throws {
    let result = try session([
      Lines.user(1, after: nil, "Look"),
      Lines.assistant(2, after: 1, answer: "a", Lines.text("First")),
      Lines.assistant(3, after: 2, answer: "b", Lines.text("Second")),
      Lines.assistant(4, after: 2, answer: "a", Lines.text("Late")),
    ])
    let messages = try #require(result[SessionLines.session]).messages
    #expect(
      messages.map(\.outline) == [["text:Look"], ["text:First"], ["text:Second"], ["text:Late"]])
    #expect(messages[3].usage == nil)
    #expect(messages.allSatisfy { $0.isActive })
  }

  @Test func `joins by the message's id where the request's id is missing`() throws {
    let result = try session([
      Lines.user(1, after: nil, "Hello"),
      Lines.line(
        "assistant", 2, after: 1,
        #","message":{"id":"m","role":"assistant","content":[{"type":"text","text":"A"}]}"#),
      Lines.line(
        "assistant", 3, after: 2,
        #","message":{"id":"m","role":"assistant","content":[{"type":"text","text":"B"}]}"#),
    ])
    let messages = try #require(result[SessionLines.session]).messages
    #expect(messages.map(\.outline) == [["text:Hello"], ["text:A", "text:B"]])
  }

  @Test func `takes errors in the model's place for notices`() throws {
    let result = try session([
      Lines.user(1, after: nil, "Hello"),
      Lines.line(
        "assistant", 2, after: 1,
        """
        ,"isApiErrorMessage":true,"message":{"id":"e","model":"<synthetic>","role":"assistant",\
        "content":[{"type":"text","text":"API Error: 529"}],"usage":{"output_tokens":0}}
        """),
    ])
    let notice = try #require(result[SessionLines.session]?.messages.last)
    #expect(notice.kind == .notice && notice.model == nil && notice.usage == nil)
  }

  @Test func `gives what is held back when an answer is followed by too much`() throws {
    var lines = [
      Lines.user(1, after: nil, "Look"),
      Lines.assistant(2, after: 1, answer: "a", Lines.call("t")),
    ]
    for number in 3...700 { lines.append(Lines.result(number, after: 2, of: "t", "\(number)")) }
    lines.append(Lines.assistant(701, after: 700, answer: "a", Lines.text("Late")))
    let result = try session(lines)
    let messages = try #require(result[SessionLines.session]).messages
    #expect(messages.count == 701)
    #expect(messages[1].outline == ["call:Read"])
    #expect(messages[700].outline == ["text:Late"])
    #expect(result.violations.isEmpty)
  }

  @Test func `survives absurd token counts`() throws {
    let result = try session([
      Lines.assistant(1, after: nil, answer: "a", Lines.text("A"), output: "1e400"),
      Lines.assistant(2, after: 1, answer: "a", Lines.text("B"), output: "-5"),
      Lines.assistant(3, after: 2, answer: "a", Lines.text("C"), output: "9223372036854775807"),
    ])
    #expect(result[SessionLines.session]?.messages.first?.usage?.output == .max)
  }

  @Test func `keeps tool output that only the record's own copy holds, and no more`() throws {
    let result = try session([
      Lines.result(
        1, after: nil, of: "t", "", #","toolUseResult":{"stdout":"out","stderr":"err"}"#),
      Lines.result(
        2, after: 1, of: "u", "shown", #","toolUseResult":{"stdout":"x","originalFile":"whole"}"#),
      Lines.result(3, after: 2, of: "v", "", #","toolUseResult":"Error: no""#),
    ])
    let messages = try #require(result[SessionLines.session]).messages
    #expect(
      messages.map(\.outline) == [["result:out\nerr"], ["result:shown"], ["result:Error: no"]])
  }

  @Test func `decodes images of prompts and of tools`() throws {
    let image =
      #"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAEC"}}"#
    let result = try session([
      Lines.line(
        "user", 1, after: nil,
        ",\"message\":{\"role\":\"user\",\"content\":[\(Lines.text("See")),\(image)]}"),
      Lines.line(
        "user", 2, after: 1,
        """
        ,"message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t",\
        "is_error":true,"content":[\(Lines.text("Shot")),\(image)]}]}
        """),
    ])
    let messages = try #require(result[SessionLines.session]).messages
    #expect(messages[0].outline == ["text:See", "attachment:image-1"])
    #expect(messages[0].attachments.first?.inlineBytes == [0, 1, 2])
    #expect(messages[0].attachments.first?.mediaType == "image/png")
    #expect(messages[1].outline == ["result:Shot", "attachment:image-1"])
    #expect(
      messages[1].blocks.first
        == .toolResult(ToolResult(callID: "t", output: "Shot", isError: true)))
  }
}
