import Foundation
import PolylogueKit
import Testing

/// The same conversation, arriving again in another state.
@Suite struct RevisionTests {
  /// A text that compresses badly, so that a conversation of it is written in parts.
  private func noise(_ byteCount: Int) -> String {
    var generator = SystemRandomNumberGenerator()
    var text = ""
    while text.utf8.count < byteCount { text += String(generator.next(), radix: 36) + " " }
    return text
  }

  private func claude(_ texts: [String], day: Int) -> String {
    let messages = texts.enumerated().map { index, text in
      """
      {"uuid":"m\(index)","sender":"\(index.isMultiple(of: 2) ? "human" : "assistant")",\
      "text":"\(text)","content":[{"type":"text","text":"\(text)"}],\
      "created_at":"2026-01-01T00:00:0\(index)Z","attachments":[],"files":[]}
      """
    }
    return """
      [{"uuid":"u","name":"long","created_at":"2026-01-01T00:00:00Z",\
      "updated_at":"2026-01-0\(day)T00:00:00Z","account":{"uuid":"a"},\
      "chat_messages":[\(messages.joined(separator: ","))]}]
      """
  }

  @Test func `an older export overwrites nothing, however long the conversation`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let texts = (0..<6).map { _ in noise(1 << 20) }
    let edited = ["edited " + texts[0]] + texts.dropFirst()
    _ = try archive.importPaths([
      try workspace.write(
        "new.json", "[" + chatGPT("a", edited, updated: 1_700_000_200) + "]"),
      try workspace.write("claude-new.json", claude(edited, day: 3)),
    ])
    let before = try archive.canonical()
    let report = try archive.importPaths([
      try workspace.write("old.json", "[" + chatGPT("a", texts, updated: 1_700_000_100) + "]"),
      try workspace.write("claude-old.json", claude(texts, day: 2)),
    ])
    #expect(report.messages == ChangeCounts(new: 0, updated: 0, unchanged: 12))
    #expect(try archive.canonical() == before)
  }

  @Test func `a slim export overwrites nothing of a full one, however long`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let full = chatGPT("a", (0..<6).map { _ in noise(1 << 20) })
    _ = try archive.importPaths([try workspace.write("full.json", "[" + full + "]")])
    let before = try archive.canonical()
    var slim = full.replacingOccurrences(
      of: "\"status\":\"finished_successfully\",\"weight\":1.0,", with: ""
    ).replacingOccurrences(of: ",\"recipient\":\"all\"", with: "")
    for child in (0..<6).map({ "\"n\($0)\"" }) + [""] {
      slim = slim.replacingOccurrences(of: "\"children\":[\(child)],", with: "")
      slim = slim.replacingOccurrences(of: ",\"children\":[\(child)]", with: "")
    }
    slim = slim.replacingOccurrences(of: "\"parts\":[\"", with: "\"parts\":[\"slim ")
    _ = try archive.importPaths([try workspace.write("slim.json", "[" + slim + "]")])
    #expect(try archive.canonical() == before)
  }

  @Test func `an older copy in the same file loses no message`() throws {
    let workspace = try Workspace()
    let new = chatGPT("a", ["one", "two"], updated: 1_700_000_200)
    let old = chatGPT("a", ["one", "two", "three"], updated: 1_700_000_100)
    for copies in [[new, old], [old, new]] {
      let archive = try workspace.archive(UUID().uuidString)
      _ = try archive.importPaths([
        try workspace.write("x.json", "[" + copies.joined(separator: ",") + "]")
      ])
      #expect(try archive.search("three").hits.count == 1)
      #expect(try archive.statistics().messages == 3)
    }
  }
}
