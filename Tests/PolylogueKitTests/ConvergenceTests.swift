import Foundation
import PolylogueKit
import Testing

/// Whatever the order in which exports come, and however they are split, the archive says the same.
@Suite struct ConvergenceTests {
  @Test(
    .enabled(if: Samples.areThere, "\(Samples.missing)"),
    arguments: [
      "chatgpt", "claude-ai", "claude-code", "codex", "gemini-cli", "aistudio", "takeout",
    ])
  func `samples give the same in any order and any split`(provider: String) throws {
    let workspace = try Workspace()
    let exports = ["/panchat-sharded", "/panchat-export-v1"]
    var units: [String] = []
    for file in Samples.files() where file.hasPrefix(Samples.root + "/" + provider + "/") {
      if let export = exports.first(where: { file.contains($0 + "/") }) {
        let folder = file.components(separatedBy: export)[0] + export
        if !units.contains(folder) { units.append(folder) }
      } else {
        units.append(file)
      }
    }
    try Convergence.expect(units, in: workspace)
  }

  /// A conversation without the members that only full exports have.
  private func slim(_ conversation: String) -> String {
    var text = conversation.replacingOccurrences(
      of: "\"status\":\"finished_successfully\",\"weight\":1.0,", with: ""
    ).replacingOccurrences(of: ",\"recipient\":\"all\"", with: "")
    for child in (0..<9).map({ "\"n\($0)\"" }) + [""] {
      text = text.replacingOccurrences(of: "\"children\":[\(child)],", with: "")
      text = text.replacingOccurrences(of: ",\"children\":[\(child)]", with: "")
    }
    return text
  }

  @Test func `a message lost, a title edited, a text changed`() throws {
    let workspace = try Workspace()
    let canonical = try Convergence.expect(
      [
        workspace.write(
          "1.json",
          "[" + chatGPT("a", ["one", "two", "three", "four"], updated: 1_700_000_100) + "]"),
        workspace.write(
          "2.json", "[" + chatGPT("a", ["one", "TWO"], title: "new", updated: 1_700_000_200) + "]"),
        workspace.write(
          "3.json",
          "[" + chatGPT("a", ["ONE", "two", "3"], title: "newest", updated: 1_700_000_300) + "]"),
      ], in: workspace)
    #expect(canonical.contains("\"title\":\"newest\""))
    #expect(canonical.components(separatedBy: "\"vanished\":true").count == 2)
    for text in ["ONE", "two", "3", "four"] {
      #expect(canonical.contains("\"text\":\"\(text)\""), "\(text)")
    }
  }

  @Test func `slim and full exports of the same and of other times`() throws {
    let workspace = try Workspace()
    let canonical = try Convergence.expect(
      [
        workspace.write(
          "full.json", "[" + chatGPT("a", ["one", "two", "three"], updated: 1_700_000_100) + "]"),
        workspace.write(
          "slim.json",
          "[" + slim(chatGPT("a", ["1", "2", "3", "later"], updated: 1_700_000_200)) + "]"),
        workspace.write(
          "early.json", "[" + slim(chatGPT("a", ["i", "ii"], updated: 1_700_000_050)) + "]"),
        workspace.write(
          "cut.json", "[" + chatGPT("a", ["one", "two"], updated: 1_700_000_090) + "]"),
      ], in: workspace)
    for text in ["one", "two", "three", "later"] {
      #expect(canonical.contains("\"text\":\"\(text)\""), "\(text)")
    }
    #expect(!canonical.contains("vanished"))
  }

  @Test func `equal times and other content`() throws {
    let workspace = try Workspace()
    try Convergence.expect(
      [["one", "two"], ["one", "due", "three"], ["uno", "two"], ["one"]].enumerated().map {
        try workspace.write("\($0).json", "[" + chatGPT("a", $1) + "]")
      }, in: workspace)
  }

  @Test func `one conversation twice in a file, in a container and loose`() throws {
    let workspace = try Workspace()
    let (old, new) = (
      chatGPT("a", ["one", "two", "three"], updated: 1_700_000_100),
      chatGPT("a", ["one", "deux"], title: "new", updated: 1_700_000_200)
    )
    _ = try workspace.write(
      "folder/x/conversations.json", "[" + old + "," + chatGPT("b", ["b"]) + "]")
    try Convergence.expect(
      [
        workspace.write("twice.json", "[" + new + "," + old + "," + new + "]"),
        workspace.write("again.json", "[" + old + "," + new + "]"),
        workspace.path + "/folder", workspace.write("loose.json", "[" + old + "]"),
      ], in: workspace)
  }

  @Test func `a file that comes with one export and not with the others`() throws {
    let workspace = try Workspace()
    func export(_ updated: Double, _ text: String, names: [String]) -> String {
      let files = names.map { "{\"id\":\"file-\($0)\",\"name\":\"\($0).txt\"}" }
      return "["
        + chatGPT("a", [text], updated: updated).replacingOccurrences(
          of: "\"metadata\":{},\"recipient\"",
          with: "\"metadata\":{\"attachments\":[\(files.joined(separator: ","))]},\"recipient\"")
        + "]"
    }
    let (one, two) = ("AAAAAAAAAA01", "BBBBBBBBBB02")
    _ = try workspace.write("1/conversations.json", export(1_700_000_100, "look", names: [one]))
    _ = try workspace.write("1/file-\(one)-\(one).txt", "hello")
    _ = try workspace.write("2/conversations.json", export(1_700_000_200, "Look", names: []))
    _ = try workspace.write(
      "3/conversations.json", export(1_700_000_300, "LOOK", names: [two, one]))
    _ = try workspace.write("4/conversations.json", export(1_700_000_050, "l", names: [two]))
    _ = try workspace.write("4/file-\(two)-\(two).txt", "other")
    let units = (1...4).map { workspace.path + "/\($0)" }
    try Convergence.expect(units, in: workspace)
    for order in [units, units.reversed()] {
      let archive = try workspace.archive("files-\(order[0].suffix(1))")
      for unit in order { _ = try archive.importPaths([unit]) }
      let message = try archive.conversation(matching: "chatgpt:a").messages[0]
      #expect(message.text == "LOOK")
      #expect(message.attachments.map(\.state) == [.stored, .stored])
    }
  }

  // MARK: Sessions

  private func line(_ index: Int, after parent: Int?, session: String, text: String? = nil)
    -> String
  {
    func uuid(_ index: Int) -> String {
      "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - "\(index)".count) + "\(index)"
    }
    let minute = index < 10 ? "0\(index)" : "\(index)"
    let isUser = index.isMultiple(of: 2)
    let content =
      isUser
      ? "\"\(text ?? "prompt \(index)")\""
      : "[{\"type\":\"text\",\"text\":\"\(text ?? "answer \(index)")\"}]"
    return """
      {"type":"\(isUser ? "user" : "assistant")","uuid":"\(uuid(index))",\
      "parentUuid":\(parent.map { "\"\(uuid($0))\"" } ?? "null"),"sessionId":"\(session)",\
      "timestamp":"2026-01-01T00:\(minute):00Z","message":{"id":"m\(index)",\
      "role":"\(isUser ? "user" : "assistant")","content":\(content)}}

      """
  }

  private static let sessions = ["a", "b", "c"].map {
    "5b3c7c2e-1111-4222-8333-44445555000" + $0
  }

  @Test func `a session that grows, is forked and resumed, and the history of its prompts`() throws
  {
    let workspace = try Workspace()
    let ids = ConvergenceTests.sessions
    func session(_ id: String, _ indices: [Int]) -> String {
      zip(indices, [nil] + indices.map { $0 }).map { line($0, after: $1, session: id) }.joined()
    }
    let history = [0, 2].map {
      """
      {"display":"prompt \($0)","timestamp":\(1_767_225_600_000 + $0 * 60_000),\
      "project":"/p","sessionId":"\(ids[0])"}

      """
    }.joined()
    let units = try [
      ("short/\(ids[0]).jsonl", session(ids[0], [0, 1])),
      ("long/\(ids[0]).jsonl", session(ids[0], [0, 1, 2, 3, 4, 5])),
      ("fork/\(ids[1]).jsonl", session(ids[1], [0, 1, 6, 7])),
      ("resumed/\(ids[2]).jsonl", session(ids[2], [0, 1, 2, 3, 8, 9])),
      ("history.jsonl", history),
    ].map { try workspace.write($0, $1) }
    let canonical = try Convergence.expect(units, tries: 40, in: workspace)
    #expect(!canonical.contains("history-"))
    #expect(!canonical.contains("vanished"))
  }

  @Test func `rollouts that replay the history of others`() throws {
    let workspace = try Workspace()
    func rollout(_ id: String, parent: String?, _ texts: [String]) -> String {
      let from = parent.map { ",\"forked_from_id\":\"\($0)\"" } ?? ""
      var lines = [
        #"{"timestamp":"2026-01-01T00:00:00Z","type":"session_meta","payload":{"id":"\#(id)","#
          + #""timestamp":"2026-01-01T00:00:00Z","cwd":"/p","originator":"codex_cli_rs","#
          + #""cli_version":"0.50.0"\#(from)}}"#
      ]
      for (index, text) in texts.enumerated() {
        let (role, kind) =
          index.isMultiple(of: 2) ? ("user", "input_text") : ("assistant", "output_text")
        lines.append(
          #"{"timestamp":"2026-01-01T00:0\#(index):00Z","type":"response_item","payload":{"#
            + #""type":"message","role":"\#(role)","content":[{"type":"\#(kind)","#
            + #""text":"\#(text)"}]}}"#)
      }
      return lines.joined(separator: "\n") + "\n"
    }
    let ids = ConvergenceTests.sessions
    let units = try [
      ("1.jsonl", rollout(ids[0], parent: nil, ["one", "two"])),
      ("2.jsonl", rollout(ids[0], parent: nil, ["one", "two", "three", "four"])),
      ("3.jsonl", rollout(ids[1], parent: ids[0], ["one", "two", "other"])),
      ("4.jsonl", rollout(ids[2], parent: ids[1], ["one", "two", "other", "still", "more"])),
    ].map { try workspace.write($0, $1) }
    try Convergence.expect(units, in: workspace)
  }
}
