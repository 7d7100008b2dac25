import Foundation
import PolylogueKit
import Testing

/// Conversations that were read back from Markdown, and the exports that know better.
@Suite struct RenderedRankTests {
  private func rendered(_ id: String, _ messages: [(id: String, text: String)]) -> String {
    let parts = messages.map {
      """
      <!-- polylogue:message id=\($0.id) role=user kind=message -->
      ## User

      \($0.text)
      """
    }
    return """
      ---
      polylogue: 1
      id: "\(id)"
      provider: "\(id.split(separator: ":")[0])"
      title: "Title by hand"
      project: "by hand"
      created: "2001-01-01T00:00:00Z"
      updated: "2030-01-01T00:00:00Z"
      messages: \(messages.count)
      ---

      \(parts.joined(separator: "\n\n"))

      """
  }

  @Test func `an export, early or late, wins over a rendering, which adds what it has alone`()
    throws
  {
    let workspace = try Workspace()
    let markdown = try workspace.write(
      "a.md", rendered("chatgpt:a", [("n0", "one by hand"), ("only", "kept by hand")]))
    let slim = chatGPT("a", ["one", "two"], title: "real").replacingOccurrences(
      of: "\"status\":\"finished_successfully\",\"weight\":1.0,", with: ""
    ).replacingOccurrences(of: ",\"recipient\":\"all\"", with: "")
      .replacingOccurrences(of: "\"children\":[\"n1\"],", with: "")
      .replacingOccurrences(of: "\"children\":[],", with: "")
    let exports = [
      try workspace.write("full.json", "[" + chatGPT("a", ["one", "two"], title: "real") + "]"),
      try workspace.write("slim.json", "[" + slim + "]"),
    ]
    for export in exports {
      try Convergence.expect([markdown, export], in: workspace)
      let archive = try workspace.archive("of-" + (export as NSString).lastPathComponent)
      for path in [export, markdown] { _ = try archive.importPaths([path]) }
      let conversation = try archive.conversation(matching: "chatgpt:a")
      #expect(conversation.header.title == "real" && conversation.header.project == "by hand")
      #expect(conversation.header.createdAt?.iso == "2023-11-14T22:13:20Z")
      #expect(conversation.header.updatedAt?.iso == "2023-11-14T22:15:00Z")
      #expect(conversation.messages.map(\.text) == ["one", "two", "kept by hand"])
    }
    try Convergence.expect([markdown] + exports, in: workspace)
  }

  @Test func `a rendered session keeps what its file no longer has, and a history of prompts not`()
    throws
  {
    let workspace = try Workspace()
    let session = "5b3c7c2e-1111-4222-8333-444455556666"
    let line =
      #"{"type":"user","uuid":"00000000-0000-4000-8000-000000000001","parentUuid":null,"#
      + #""sessionId":"\#(session)","timestamp":"2026-01-01T00:00:00Z","#
      + #""message":{"role":"user","content":"hello"}}"#
    let file = try workspace.write(session + ".jsonl", line + "\n")
    let markdown = try workspace.write(
      "s.md", rendered("claude-code:" + session, [("gone", "what the file had")]))
    let history = try workspace.write(
      "history.jsonl",
      #"{"display":"hello","timestamp":1767225600000,"project":"/p","sessionId":"\#(session)"}"#
        + "\n")
    try Convergence.expect([file, markdown, history], in: workspace)
    let archive = try workspace.archive()
    for path in [markdown, history, file] { _ = try archive.importPaths([path]) }
    let messages = try archive.conversation(matching: "claude-code:" + session).messages
    #expect(messages.map(\.text) == ["hello", "what the file had"])
  }
}
