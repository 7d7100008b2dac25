import PolylogueParsing

/// Writes lines of session files.
enum SessionLines {
  static let session = "11111111-1111-4111-8111-111111111111"

  /// A UUID that is easy to read: `uuid(7)`.
  static func uuid(_ number: Int) -> String {
    let digits = String(number)
    let zeros = String(repeating: "0", count: 12 - digits.count)
    return "00000000-0000-4000-8000-\(zeros)\(digits)"
  }

  /// A line of the chain; `more` are further members as JSON, with a comma before each.
  static func line(
    _ type: String, _ id: Int, after parent: Int?, second: Int? = nil, _ more: String = ""
  ) -> String {
    let parentJSON = parent.map { "\"\(uuid($0))\"" } ?? "null"
    let time = (second ?? id) % 60
    return """
      {"type":"\(type)","uuid":"\(uuid(id))","parentUuid":\(parentJSON),"sessionId":"\(session)",\
      "timestamp":"2026-01-01T10:00:\(time < 10 ? "0" : "")\(time).000Z","cwd":"/home/me/project",\
      "version":"2.1.0","gitBranch":"main"\(more)}
      """
  }

  static func user(
    _ id: Int, after parent: Int?, _ text: String, _ more: String = ""
  ) -> String {
    line(
      "user", id, after: parent,
      ",\"message\":{\"role\":\"user\",\"content\":\(JSONWriter.quoted(text))}\(more)")
  }

  static func assistant(
    _ id: Int, after parent: Int?, answer: String, _ block: String, output: String = "5",
    _ more: String = ""
  ) -> String {
    line(
      "assistant", id, after: parent,
      """
      ,"requestId":"req-\(answer)","message":{"id":"msg-\(answer)","role":"assistant",\
      "model":"claude-x","content":[\(block)],"usage":{"input_tokens":3,"output_tokens":\(output),\
      "cache_read_input_tokens":"7","cache_creation_input_tokens":2}}\(more)
      """)
  }

  static func text(_ text: String) -> String {
    "{\"type\":\"text\",\"text\":\(JSONWriter.quoted(text))}"
  }

  static func call(_ id: String, _ name: String = "Read", input: String = "{}") -> String {
    "{\"type\":\"tool_use\",\"id\":\"\(id)\",\"name\":\"\(name)\",\"input\":\(input)}"
  }

  static func result(
    _ id: Int, after parent: Int?, of call: String, _ output: String, _ more: String = ""
  ) -> String {
    line(
      "user", id, after: parent,
      """
      ,"message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"\(call)",\
      "content":\(JSONWriter.quoted(output))}]}\(more)
      """)
  }
}
