import PolylogueImport
import PolylogueModel
import PolylogueParsing
import Testing

/// Writes session files of Gemini CLI and reads them.
enum GeminiCLIFixture {
  static let session = "7c1f0a3e-5b2d-4e8f-9a61-2d4c8b0e6f13"
  static let label = "tmp/balcony/chats/session-2026-01-01T10-00-7c1f0a3e.jsonl"
  /// SHA-256 of `/home/mira/balcony`.
  static let projectHash = "244bc116a8f5d6a11ccfb63419a43c5c76da8f56f97125f83e75b8b37b4c5ef8"

  static func metadata(_ more: String = "", hash: String = "abc123") -> String {
    """
    {"sessionId":"\(session)","projectHash":"\(hash)","startTime":"2026-01-01T10:00:00.000Z",\
    "lastUpdated":"2026-01-01T10:00:00.000Z","kind":"main"\(more)}
    """
  }

  /// A message; `content` and `more` are JSON.
  static func message(
    _ id: String, _ type: String, _ content: String, second: Int = 1, _ more: String = ""
  ) -> String {
    let time = second < 10 ? "0\(second)" : "\(second)"
    return """
      {"id":"\(id)","timestamp":"2026-01-01T10:00:\(time).000Z","type":"\(type)",\
      "content":\(content)\(more)}
      """
  }

  static func user(_ id: String, _ text: String, second: Int = 1, _ more: String = "") -> String {
    message(id, "user", "[{\"text\":\(JSONWriter.quoted(text))}]", second: second, more)
  }

  static func gemini(_ id: String, _ text: String, second: Int = 2, _ more: String = "") -> String {
    message(
      id, "gemini", JSONWriter.quoted(text), second: second, ",\"model\":\"gemini-3-pro\"\(more)")
  }

  static func response(_ call: String, _ body: String) -> String {
    "{\"functionResponse\":{\"id\":\"\(call)\",\"name\":\"tool\",\"response\":\(body)}}"
  }

  /// An answer that calls tools; each call is JSON.
  static func calling(_ id: String, _ calls: [String], second: Int = 2) -> String {
    gemini(id, "", second: second, ",\"toolCalls\":[\(calls.joined(separator: ","))]")
  }

  static func call(_ id: String, _ more: String, status: String = "success") -> String {
    "{\"id\":\"\(id)\",\"name\":\"tool\",\"args\":{\"a\":1},\"status\":\"\(status)\",\(more)}"
  }

  static func run(_ lines: [String], label: String = label) throws -> SessionImport {
    let text = lines.joined(separator: "\n")
    let probe = try SessionImport.probe(text, label: label)
    #expect(GeminiCLIImporter().recognizes(probe))
    for other in ImporterRegistry.all where other.provider != .geminiCLI {
      #expect(!other.recognizes(probe), "\(other.provider)")
    }
    let result = try SessionImport.run(GeminiCLIImporter(), [(label, text)])
    #expect(result.violations.isEmpty)
    return result
  }

  static func only(_ lines: [String], label: String = label) throws -> Conversation {
    let result = try run(lines, label: label)
    #expect(result.conversations.count == 1)
    return try #require(result.conversations.first)
  }
}

extension Conversation {
  /// The active messages in short: `user:Hello`.
  var path: [String] { outline(messages.filter(\.isActive)) }
  /// The others.
  var branch: [String] { outline(messages.filter { !$0.isActive }) }

  private func outline(_ messages: [Message]) -> [String] {
    messages.map { "\($0.role.name):\($0.outline.joined(separator: "|"))" }
  }
}
