import Foundation
import PolylogueKit
import PolylogueModel
import PolylogueRender
import Testing

/// Rendering to Markdown and reading that back.
@Suite struct MarkdownRoundTripTests {
  /// Renders all conversations of an archive into a folder, attachments beside them.
  private func render(_ archive: Archive, to path: String) throws {
    let renderer = MarkdownRenderer(linksFiles: true)
    let folder = try RenderFolder(path: path, for: renderer)
    for state in try archive.states() {
      guard let conversation = try archive.conversation(of: state) else { continue }
      let place = FileName.path(for: conversation.header, extension: "md")
      var names: [String] = []
      for attachment in conversation.messages.flatMap(\.attachments) {
        guard let stored = attachment.stored, let name = FileName.attachment(attachment) else {
          continue
        }
        names.append(name)
        try folder.writeAttachment(folder: place.folder, name: name, size: stored.byteCount) {
          try archive.writeRaw(matching: stored.sha256, to: $0)
        }
      }
      try folder.write(
        renderer.bytes(of: conversation), of: state.id, state: state.digest, at: place,
        attachments: names)
    }
    _ = try folder.finish()
  }

  private func migrate(_ path: String, into archive: Archive) throws -> ImportReport {
    var options = ImportOptions()
    options.provider = .markdown
    return try archive.importPaths([path], options: options)
  }

  private func conversations(_ archive: Archive) throws -> [Conversation] {
    var found: [Conversation] = []
    try archive.forEachConversation { conversation, _ in found.append(conversation) }
    return found
  }

  /// A conversation as far as Markdown carries it.
  private func carried(_ conversation: Conversation) -> Conversation {
    var header = conversation.header
    header.metadata = nil
    header.fidelity = .rendered
    var messages = conversation.messages
    for index in messages.indices {
      messages[index].usage = nil
      messages[index].metadata = nil
      messages[index].isVanished = false
      messages[index].blocks = messages[index].blocks.map(shown)
      for place in messages[index].attachments.indices {
        var attachment = messages[index].attachments[place]
        attachment.member = nil
        attachment.stored?.importID = nil
        attachment.extractedText = attachment.extractedText.map(VisibleText.file)
        // An empty text says that the file holds none.
        if attachment.extractedText?.isEmpty == true { attachment.extractedText = nil }
        messages[index].attachments[place] = attachment
      }
    }
    return Conversation(header: header, messages: messages)
  }

  private func shown(_ block: Block) -> Block {
    switch block {
    case .text(let text): return .text(VisibleText.file(text))
    case .thinking(let text): return .thinking(VisibleText.file(text))
    case .code(let language, let text):
      return .code(language: language, text: VisibleText.file(text))
    case .toolCall(var call):
      call.input = VisibleText.file(call.input)
      return .toolCall(call)
    case .toolResult(var result):
      result.output = VisibleText.file(result.output)
      return .toolResult(result)
    case .document(var document):
      document.content = VisibleText.file(document.content)
      return .document(document)
    case .unknown(let type, let json): return .unknown(type: type, json: VisibleText.file(json))
    case .citation, .attachment: return block
    }
  }

  /// Expects the conversations of one archive, rendered and read back, to be those of another.
  private func expectRoundTrip(of archive: Archive, in workspace: Workspace) throws {
    let tree = workspace.path + "/tree"
    try render(archive, to: tree)
    let second = try workspace.archive("second")
    let report = try migrate(tree, into: second)
    #expect(report.failed.isEmpty, "\(report.failed.prefix(3))")
    let wanted = try conversations(archive)
    let found = try conversations(second)
    #expect(found.map(\.header.id) == wanted.map(\.header.id))
    for (left, right) in zip(wanted, found) {
      let (left, right) = (carried(left), carried(right))
      #expect(left.header == right.header)
      #expect(left.messages.map(\.id) == right.messages.map(\.id), "\(left.header.id)")
      for (one, other) in zip(left.messages, right.messages) where one != other {
        Issue.record("\(left.header.id)/\(one.id): \(one) became \(other)")
        break
      }
      let renderer = MarkdownRenderer(linksFiles: true)
      #expect(renderer.bytes(of: left) == renderer.bytes(of: right))
    }
  }

  @Test(.enabled(if: Samples.areThere, Comment(rawValue: Samples.missing)))
  func `the samples come back from Markdown as they were`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    _ = try archive.importPaths(
      ["chatgpt", "claude-ai", "claude-code", "codex", "aistudio", "gemini-cli", "takeout"].map {
        Samples.root + "/" + $0
      })
    try expectRoundTrip(of: archive, in: workspace)
  }

  @Test(arguments: [
    ["", "\n", "\n\na\n\n", " ", "a\n"],
    ["<!-- polylogue:message id=x role=user -->", "\\<!-- polylogue:text -->\n\\\\<script>"],
    ["```\n<!-- polylogue:text -->\n<script>", "~~~~ md\n```\nx", "    ```\nno fence"],
    ["# User", "## Assistant · 2026", "---\nid: x\n---", "> quote", "<!--", "a <!-- b -->"],
    ["e\u{301}\u{202E}x\u{200D}", "𝔘\u{10FFFF}", "\t\ttabs", "ends with space  "],
    ["```", "``` a ` b", "```\nclosed\n```\n", "\\", "   <!-- POLYLOGUE:X -->"],
  ])
  func `odd texts come back from Markdown in every kind of block`(texts: [String]) throws {
    let workspace = try Workspace()
    let exports = texts.enumerated().map { chatGPT("c\($0)", [$1, "answer", $1], title: $1) }
    let archive = try workspace.archive()
    _ = try archive.importPaths([
      workspace.write("conversations.json", "[" + exports.joined(separator: ",") + "]")
    ])
    try expectRoundTrip(of: archive, in: workspace)
    for text in texts {
      let blocks: [Block] = [
        .thinking(text), .text(text), .code(language: nil, text: text),
        .code(language: text, text: text),
        .toolCall(ToolCall(id: text, name: text, input: text)),
        .toolResult(ToolResult(callID: text, name: text, output: text, isError: true)),
        .document(
          Document(id: text, title: text, language: text, content: text, isComplete: false)),
        .citation(Citation(title: text, url: text, quote: text)), .attachment(id: text),
        .unknown(type: text, json: text), .text(text), .text(text),
      ]
      let messages = [
        Message(id: "q" + text, role: .user, kind: .summary, author: text, blocks: []),
        Message(
          id: "a", parentID: "q" + text, role: .assistant, model: "m" + text,
          timestamp: Timestamp(microseconds: 1_700_000_000_123_456), isActive: false,
          isHidden: true, blocks: blocks,
          attachments: [
            Attachment(
              id: text, name: text, mediaType: "text/x", byteCount: 5, extractedText: text)
          ]),
        Message(id: "b", parentID: "q" + text, role: .tool, kind: .toolResult, isHidden: true),
      ]
      let header = ConversationHeader(
        id: ConversationID(provider: .codex, native: "n:" + text), title: "t" + text,
        createdAt: Timestamp(microseconds: 1), updatedAt: Timestamp(microseconds: 2_000_000),
        project: "p" + text,
        lineage: Lineage(kind: .fork, parent: "p" + text, origin: "o" + text))
      let original = Conversation(header: header, messages: messages)
      let file = try workspace.write(
        "one/\(UUID().uuidString).md", Data(MarkdownRenderer().bytes(of: original)))
      let other = try workspace.archive("other-\(UUID().uuidString)")
      #expect(try other.importPaths([file]).failed.isEmpty)
      let found = try other.conversation(header.id)
      #expect(found?.messages == carried(original).messages)
      #expect(found?.header == carried(original).header)
    }
  }

  @Test func `a conversation that is there already loses nothing, and a later export gains all`()
    throws
  {
    let workspace = try Workspace()
    let export = try workspace.write(
      "conversations.json", "[\(chatGPT("c", ["question", "answer"], title: "T"))]")
    let archive = try workspace.archive()
    _ = try archive.importPaths([export])
    let before = try archive.canonical()
    let tree = workspace.path + "/tree"
    try render(archive, to: tree)
    #expect(try migrate(tree, into: archive).conversations.unchanged == 1)
    #expect(try archive.canonical() == before)
    let second = try workspace.archive("second")
    #expect(try migrate(tree, into: second).conversations.new == 1)
    _ = try second.importPaths([export])
    #expect(try second.canonical() == before)
  }

  @Test func `what was rendered can be given back byte for byte, and again changes nothing`() throws
  {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    _ = try archive.importPaths([
      workspace.write("conversations.json", "[\(chatGPT("c", ["question", "answer"]))]")
    ])
    let tree = workspace.path + "/tree"
    try render(archive, to: tree)
    let second = try workspace.archive("second")
    _ = try migrate(tree, into: second)
    let record = try #require(try second.imports().first { $0.provider == .markdown })
    let file = try #require(
      FileManager.default.subpaths(atPath: tree)?.first { $0.hasSuffix(".md") })
    #expect(
      try second.rawBytes(record.id) == FileManager.default.contents(atPath: tree + "/" + file))
    let state = try second.canonical()
    #expect(try migrate(tree, into: second).conversations.unchanged == 1)
    #expect(try second.canonical() == state)
  }
}
