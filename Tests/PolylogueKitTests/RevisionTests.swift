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

  @Test func `of two copies in one export the newer wins and the older loses no message`() throws {
    let workspace = try Workspace()
    let new = chatGPT("a", ["newer", "two"], updated: 1_700_000_200)
    let old = chatGPT("a", ["older", "two", "three"], updated: 1_700_000_100)
    let claudeNew = claude(["newer", "two"], day: 3)
    let claudeOld = claude(["older", "two", "three"], day: 2)
    for (index, copies) in [[new, old], [old, new]].enumerated() {
      let archive = try workspace.archive("archive\(index)")
      let claudes = index == 0 ? [claudeNew, claudeOld] : [claudeOld, claudeNew]
      for (place, (copy, other)) in zip(copies, claudes).enumerated() {
        let folder = "export\(index)/"
        _ = try workspace.write(folder + "conversations-00\(place).json", "[" + copy + "]")
        _ = try workspace.write(folder + "batch-\(place)/conversations.json", other)
      }
      let report = try archive.importPaths([workspace.path + "/export\(index)"])
      #expect(report.conversations.new == 2 && report.failed.isEmpty)
      #expect(try archive.search("newer").total == 2)
      #expect(try archive.search("older").total == 0)
      #expect(try archive.search("three").total == 2)
      #expect(try archive.statistics().messages == 6)
    }
  }

  @Test func `an attachment is found when its file arrives later`() throws {
    let workspace = try Workspace()
    let text =
      "["
      + chatGPT("a", ["look"]).replacingOccurrences(
        of: "\"metadata\":{},\"recipient\"",
        with: "\"metadata\":{\"attachments\":[{\"id\":\"file-ABCDEFG123\",\"name\":\"x.txt\","
          + "\"mime_type\":\"text/plain\",\"size\":5}]},\"recipient\"") + "]"
    let archive = try workspace.archive()
    _ = try archive.importPaths([try workspace.write("export/conversations.json", text)])
    #expect(
      try archive.conversation(matching: "chatgpt:a").messages[0].attachments[0].member == nil)
    _ = try workspace.write("export/file-ABCDEFG123-x.txt", "hello")
    let report = try archive.importPaths([workspace.path + "/export"])
    #expect(report.attachments.new == 1)
    let message = try archive.conversation(matching: "chatgpt:a").messages[0]
    #expect(message.attachments[0].member == "file-ABCDEFG123-x.txt")
    let again = try archive.importPaths([workspace.path + "/export"])
    #expect(again.attachments.new == 0 && again.attachments.missing == 0)
    #expect(again.messages.updated == 0)
  }

  @Test func `conversations with an empty id are not one`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let two = [chatGPT("", ["first"]), chatGPT("", ["second"])]
    _ = try archive.importPaths([
      try workspace.write("x.json", "[" + two.joined(separator: ",") + "]"),
      try workspace.write(
        "claude.json", claude(["third"], day: 2).replacingOccurrences(of: "\"u\"", with: "\"\"")),
      try workspace.write(
        "other.json", claude(["fourth"], day: 2).replacingOccurrences(of: "\"u\"", with: "\"\"")),
    ])
    #expect(try archive.statistics().conversations == 4)
    for word in ["first", "second", "third", "fourth"] {
      #expect(try archive.search(word).total == 1, "\(word)")
    }
  }

  @Test func `what a newer export no longer has leaves the active path, in any order`() throws {
    let workspace = try Workspace()
    let new = "[" + chatGPT("a", ["one", "two"], updated: 1_700_000_200) + "]"
    let old = "[" + chatGPT("a", ["one", "two", "three"], updated: 1_700_000_100) + "]"
    var exports: Set<String> = []
    for (index, texts) in [[new, old], [old, new]].enumerated() {
      let archive = try workspace.archive("archive\(index)")
      for (place, text) in texts.enumerated() {
        _ = try archive.importPaths([try workspace.write("\(index)-\(place).json", text)])
      }
      let messages = try archive.conversation(matching: "chatgpt:a").messages
      #expect(messages.filter(\.isActive).map(\.text) == ["one", "two"])
      #expect(messages.count == 3)
      exports.insert(try archive.canonical())
    }
    #expect(exports.count == 1)
  }

  @Test func `a newer export without the files keeps those of the older one`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    func text(_ updated: Double, _ words: String) -> String {
      let conversation = chatGPT("a", [words], updated: updated).replacingOccurrences(
        of: "\"metadata\":{},\"recipient\"",
        with: "\"metadata\":{\"attachments\":[{\"id\":\"file-ABCDEFG123\",\"name\":\"x.txt\"}]},"
          + "\"recipient\"")
      return "[" + conversation + "]"
    }
    _ = try workspace.write("export/conversations.json", text(1_700_000_100, "look"))
    _ = try workspace.write("export/file-ABCDEFG123-x.txt", "hello")
    _ = try archive.importPaths([workspace.path + "/export"])
    _ = try archive.importPaths([try workspace.write("new.json", text(1_700_000_200, "look!"))])
    let message = try archive.conversation(matching: "chatgpt:a").messages[0]
    #expect(message.text == "look!")
    #expect(message.attachments.map(\.member) == ["file-ABCDEFG123-x.txt"])
  }
}
