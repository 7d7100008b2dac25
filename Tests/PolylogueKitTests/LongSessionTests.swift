import Foundation
import PolylogueKit
import Testing

/// Sessions that are longer than what is held in memory or written at once.
@Suite struct LongSessionTests {
  private let session = "11111111-1111-4111-8111-111111111111"

  private func uuid(_ number: Int) -> String {
    String(format: "%08x-0000-4000-8000-%012x", number &* 2_654_435_761 & 0xFFFF_FFFF, number)
  }

  private func line(_ number: Int, _ text: String, answer: Bool? = nil, id: String = "") -> String {
    let time = ISO8601DateFormatter().string(
      from: Date(timeIntervalSince1970: 1_767_225_600 + Double(number)))
    let parent = number == 0 ? "null" : "\"\(uuid(number - 1))\""
    let isAnswer = answer ?? !number.isMultiple(of: 2)
    let message =
      isAnswer
      ? """
      {"id":"msg_\(id.isEmpty ? String(number) : id)","type":"message","role":"assistant",\
      "model":"m","content":[{"type":"text","text":"\(text)"}],\
      "usage":{"input_tokens":1,"output_tokens":\(number % 100)}}
      """ : "{\"role\":\"user\",\"content\":\"\(text)\"}"
    return """
      {"parentUuid":\(parent),"isSidechain":false,"sessionId":"\(session)",\
      "type":"\(isAnswer ? "assistant" : "user")","message":\(message),\
      "uuid":"\(uuid(number))","timestamp":"\(time)"}

      """
  }

  /// A text that does not compress.
  private func noise(_ byteCount: Int) -> String {
    var generator = SystemRandomNumberGenerator()
    let bytes = Data(
      (0..<byteCount / 8).flatMap { _ in
        withUnsafeBytes(of: generator.next()) { Array($0.prefix(6)) }
      })
    return bytes.base64EncodedString()
  }

  private func write(_ lines: some Sequence<String>, in workspace: Workspace, _ name: String) throws
    -> String
  {
    try workspace.write("\(name)/\(session).jsonl", lines.joined())
  }

  @Test func `a session of more messages than are held in memory grows message by message`() throws
  {
    let workspace = try Workspace()
    let lines = (0..<8_600).map { line($0, "words \($0)") }
    let stepwise = try workspace.archive("stepwise")
    _ = try stepwise.importPaths([try write(lines.prefix(8_400), in: workspace, "a")])
    let report = try stepwise.importPaths([try write(lines, in: workspace, "b")])
    #expect(report.messages == ChangeCounts(new: 200, updated: 0, unchanged: 8_400))
    let atOnce = try workspace.archive("at-once")
    _ = try atOnce.importPaths([try write(lines, in: workspace, "b")])
    #expect(try stepwise.canonical() == atOnce.canonical())
    #expect(try stepwise.verify(isDeep: false).problems.isEmpty)
  }

  @Test func `an import that stops within a long session leaves a sound archive`() throws {
    let workspace = try Workspace()
    let text = noise(200_000)
    let file = try write((0..<120).map { line($0, "\($0) " + text) }, in: workspace, "a")
    let archive = try workspace.archive()
    var stops = false
    let report = try archive.importPaths(
      [file], isCancelled: { stops },
      onEvent: { event in
        if case .advanced(_, let bytes, _) = event, bytes > 20_000_000 { stops = true }
      })
    #expect(report.wasCancelled)
    let kept = try archive.statistics().messages
    #expect(kept > 0 && kept < 120)
    #expect(try archive.verify(isDeep: true).problems.isEmpty)
    _ = try archive.importPaths([file])
    let fresh = try workspace.archive("fresh")
    _ = try fresh.importPaths([file])
    #expect(try archive.canonical() == fresh.canonical())
    #expect(try archive.statistics().messages == 120)
  }

  @Test func `what an interrupted import leaves of an older export is not taken for the newest`()
    throws
  {
    let workspace = try Workspace()
    let text = noise(200_000)
    func export(_ numbers: some Sequence<Int>, day: Int) -> String {
      let messages = numbers.map {
        """
        {"uuid":"\(uuid($0))","sender":"\($0.isMultiple(of: 2) ? "human" : "assistant")",\
        "text":"\($0) \(text)","created_at":"2026-01-01T00:00:0\($0 % 10)Z"}
        """
      }
      return """
        [{"uuid":"u","name":"long","created_at":"2026-01-01T00:00:00Z",\
        "updated_at":"2026-01-0\(day)T00:00:00Z","chat_messages":[\(messages.joined(separator: ","))]}]
        """
    }
    let new = try workspace.write("new.json", export(0..<4, day: 3))
    let old = try workspace.write("old.json", export(0..<80, day: 2))
    let archive = try workspace.archive()
    _ = try archive.importPaths([new])
    let reader = try workspace.archive("archive", .read)
    let report = try archive.importPaths(
      [old], isCancelled: { ((try? reader.statistics().messages) ?? 0) > 4 })
    #expect(report.wasCancelled)
    let left = try archive.statistics().messages
    #expect(left > 4 && left < 80)
    #expect(try archive.verify(isDeep: true).problems == [])
    _ = try archive.importPaths([new])
    _ = try archive.importPaths([old])
    let fresh = try workspace.archive("fresh")
    for path in [old, new] { _ = try fresh.importPaths([path]) }
    #expect(try archive.canonical() == fresh.canonical())
    #expect(try archive.conversation(matching: "claude:u").messages.filter(\.isActive).count == 4)
    #expect(try archive.verify(isDeep: true).problems == [])
  }

  @Test func `an earlier state of a long session takes nothing from its last answer`() throws {
    let workspace = try Workspace()
    var lines = (0..<26).map { line($0, noise(200_000)) }
    lines.append(line(26, "part one", answer: true, id: "last"))
    let archive = try workspace.archive()
    _ = try archive.importPaths([
      try write(lines + [line(27, "part two", answer: true, id: "last")], in: workspace, "new")
    ])
    let before = try archive.canonical()
    _ = try archive.importPaths([try write(lines, in: workspace, "old")])
    #expect(try archive.canonical() == before)
    #expect(before.contains("part two"))
  }
}
