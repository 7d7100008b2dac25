import Foundation
import PolylogueKit
import PolylogueModel
import Testing

/// Gemini CLI's files in an archive: copies, growth, poorer sources.
@Suite struct GeminiCLIArchiveTests {
  private let workspace: Workspace
  private static let session = "7c1f0a3e-5b2d-4e8f-9a61-2d4c8b0e6f13"
  private static let name = "session-2026-01-01T10-00-7c1f0a3e"

  init() throws {
    workspace = try Workspace()
  }

  private func message(_ id: Int, _ text: String) -> String {
    let type = id.isMultiple(of: 2) ? "gemini" : "user"
    return
      #"{"id":"m\#(id)","timestamp":"2026-01-01T10:00:0\#(id)Z","type":"\#(type)","content":"\#(text)"}"#
  }

  private func document(_ texts: [String]) -> String {
    let messages = texts.enumerated().map { message($0.offset + 1, $0.element) }
    return #"""
      {"sessionId":"\#(Self.session)","projectHash":"abc","startTime":"2026-01-01T10:00:00Z",
      "lastUpdated":"2026-01-01T10:00:0\#(texts.count)Z","messages":[\#(messages.joined(separator: ","))]}
      """#
  }

  private func texts(_ archive: Archive) throws -> [String] {
    let id = try #require(ConversationID("gemini-cli:" + Self.session))
    return try #require(try archive.conversation(id)).messages.filter(\.isActive).map(\.text)
  }

  /// A project's folder was named by a hash before it had a short name; both keep the session. The
  /// older form stays beside the newer one that a resumed session is written to.
  @Test(arguments: [
    ["tmp/0a1b/chats/\(name).json", "tmp/balcony/chats/\(name).json"],
    ["tmp/balcony/chats/\(name).json", "tmp/balcony/chats/\(name).jsonl"],
  ])
  func `copies of a session are one conversation, whichever comes first`(files: [String]) throws {
    let short = document(["Hello", "Hi"])
    let long = document(["Hello", "Hi", "More"])
    for (turn, order) in [[short, long], [long, short]].enumerated() {
      let archive = try workspace.archive("archive-\(turn)")
      for (file, text) in zip(files, order) {
        let path = try workspace.write("\(turn)/" + file, text.replacing("\n", with: ""))
        #expect(try archive.importPaths([path]).failed.isEmpty)
      }
      #expect(try archive.statistics().conversations == 1)
      #expect(try texts(archive) == ["Hello", "Hi", "More"])
      let before = try archive.canonical()
      let again = try archive.importPaths([workspace.path + "/\(turn)"])
      #expect(again.conversations.new == 0 && again.conversations.updated == 0)
      #expect(try archive.canonical() == before)
    }
  }

  @Test func `a session that is written whole each turn grows by what is new`() throws {
    let archive = try workspace.archive()
    let file = try workspace.write("chats/\(Self.name).json", document(["Hello", "Hi"]))
    _ = try archive.importPaths([file])
    _ = try workspace.write("chats/\(Self.name).json", document(["Hello", "Hi", "More"]))
    let report = try archive.importPaths([file])
    #expect(report.conversations.updated == 1)
    #expect(report.messages.new == 1 && report.messages.updated == 0)
    #expect(report.messages.unchanged == 2)
  }

  @Test func `the log of prompts never takes the place of the session`() throws {
    let log = #"""
      [{"sessionId":"\#(Self.session)","messageId":0,"type":"user","message":"Hello",
      "timestamp":"2026-01-01T10:00:01Z"}]
      """#
    let logs = try workspace.write("a/logs.json", log)
    let file = try workspace.write("b/chats/\(Self.name).json", document(["Hello", "Hi"]))
    for order in [[logs, file], [file, logs]] {
      let archive = try workspace.archive("archive-\(order[0].contains("logs"))")
      for path in order { #expect(try archive.importPaths([path]).failed.isEmpty) }
      #expect(try texts(archive) == ["Hello", "Hi"])
    }
  }

  @Test func `an empty log and the path of a project are kept as bytes`() throws {
    let archive = try workspace.archive()
    _ = try workspace.write("tmp/balcony/logs.json", "[]")
    _ = try workspace.write("tmp/balcony/.project_root", "/home/mira/balcony")
    _ = try workspace.write("tmp/balcony/chats/\(Self.name).json", document(["Hello", "Hi"]))
    let report = try archive.importPaths([workspace.path + "/tmp"])
    #expect(report.failed.isEmpty)
    #expect(try archive.imports().count == 3)
    #expect(try archive.list(limit: nil).items.map(\.project) == ["/home/mira/balcony"])
  }
}
