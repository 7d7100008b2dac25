import Foundation
import PolylogueKit
import PolylogueModel
import Testing

/// Reading Markdown that was edited by hand, or that has another make.
@Suite struct MarkdownMigrationTests {
  private let workspace: Workspace
  private let archive: Archive

  init() throws {
    workspace = try Workspace()
    archive = try workspace.archive()
  }

  private func migrate(_ name: String, _ text: String) throws -> ImportReport {
    let file = try workspace.write(name, text)
    var options = ImportOptions()
    options.provider = .markdown
    return try archive.importPaths([file], options: options)
  }

  private func only() throws -> Conversation {
    let item = try #require(try archive.list().items.first)
    return try #require(try archive.conversation(item.id))
  }

  private static let rendered = """
    ---
    polylogue: 1
    id: "chatgpt:c1"
    provider: "chatgpt"
    title: "A title"
    messages: 2
    ---

    # A title

    <!-- polylogue:message id=m1 role=user kind=message -->
    ## User

    question

    <!-- polylogue:message id=m2 parent=m1 role=assistant kind=message -->
    ## Assistant

    <!-- polylogue:tool-call id=t name=Bash -->
    **Tool call:** Bash

    ```
    ls
    ```

    """

  @Test(arguments: [
    ("messages: 2", "messages: 3", 2, "line 6: it tells of 3 messages, and 2 are there"),
    ("kind=message -->\n## User", "kind=message --\n## User", 1, "line 11: a comment"),
    ("id=m2 parent=m1 role=assistant", "id=m2 parent=m1 role=robot", 1, "line 16: a message"),
    ("id=m2 parent=m1", "id=m1", 1, "line 16: a message with this id"),
    ("```\nls\n```\n", "ls\n", 2, "line 19: the fenced text"),
    ("```\nls\n```\n", "```\nls\n```\nmy own words\n", 2, "line 25: text behind"),
    ("polylogue:tool-call", "polylogue:hologram", 2, "line 19: “hologram” is not known"),
  ])
  func `what was edited by hand is read as far as it can be, and the rest is named with its line`(
    part: String, edited: String, count: Int, reason: String
  ) throws {
    let text = Self.rendered.replacingOccurrences(of: part, with: edited)
    let report = try migrate("edited.md", text)
    let failure = try #require(report.failed.first)
    #expect(failure.path.hasSuffix("/edited.md"))
    #expect(failure.reason.contains(reason), "\(failure.reason)")
    #expect(failure.isPartial)
    #expect(try only().messages.count == count)
  }

  @Test(arguments: [
    ("no front matter", "line 1: no front matter"),
    ("---\nid: x\nno end", "line 1: no front matter"),
    ("---\ntitle: notes\n---\n\n# Notes\n\ntext", "line 4: no heading says who speaks"),
    (rendered.replacingOccurrences(of: "polylogue: 1", with: "polylogue: 9"), "line 2: "),
    (rendered.replacingOccurrences(of: "chatgpt:c1", with: "c1"), "line 3: "),
  ])
  func `a file that is no conversation is named, with the line that says so`(
    text: String, reason: String
  ) throws {
    let report = try migrate("notes.md", text)
    #expect(report.failed.first?.reason.contains(reason) == true, "\(report.failed)")
    #expect(report.conversations.new == 0)
  }

  @Test(arguments: [
    ("Claude.ai", "claude:x"), ("Claude_Code", "claude-code:x"), ("My Chat: v2", "my-chat-v2:x"),
    ("../../e\u{301}", "e:x"), ("…", "markdown:x"),
  ])
  func `whatever a hand-written file calls its provider, the name is tame`(
    provider: String, id: String
  ) throws {
    let file = try workspace.write("x.md", "---\nid: x\nprovider: '\(provider)'\n---\n## User\nHi")
    #expect(try archive.importPaths([file]).failed.isEmpty)
    let wanted = try #require(ConversationID(id))
    #expect(try archive.conversation(wanted) != nil)
  }

  @Test func `a rendered file whose provider is no name is refused`() throws {
    let file = try workspace.write(
      "x.md",
      "---\npolylogue: 1\nid: '../x:y'\n---\n<!-- polylogue:message id=a role=user -->\nHi\n")
    let report = try archive.importPaths([file])
    #expect(report.conversations.new == 0)
    #expect(report.failed.first?.reason.contains("no name") == true)
  }

  @Test func `the older layout is read: front matter, and messages under headings`() throws {
    _ = try workspace.write("old/2024-rust-talk/attachments/plot.png", Data([1, 2, 3]))
    // It looks like an export, and is what a message had with it.
    _ = try workspace.write(
      "old/2024-rust-talk/attachments/conversations.json", "[\(chatGPT("inner", ["x"]))]")
    _ = try workspace.write(
      "old/2024-rust-talk/conversation.md",
      """
      ---
      id: abc-123
      provider: chatgpt
      title: 'Rust''s borrow checker'
      created_at: 2024-05-01T10:00:00Z
      model: gpt-4o
      tags: [rust, "a, b"]
      ---

      # Rust's borrow checker

      ## User · 2024-05-01 10:00:05

      Why does this fail?

      ```md
      ## Assistant
      ```

      ![plot](attachments/plot.png)

      ---

      ## 🤖 Assistant (gpt-4-turbo)

      ## User stories are a heading of the text

      Because.

      ## User

      Why does this fail?
      """)
    let report = try archive.importPaths([workspace.path + "/old"])
    #expect(report.failed.isEmpty, "\(report.failed)")
    #expect(report.conversations.new == 1)
    let found = try only()
    #expect(found.header.id.description == "chatgpt:abc-123")
    #expect(found.header.title == "Rust's borrow checker")
    #expect(found.header.createdAt?.iso == "2024-05-01T10:00:00Z")
    #expect(found.header.fidelity == .rendered)
    #expect(found.header.metadata == #"{"model":"gpt-4o","tags":["rust","a, b"]}"#)
    #expect(found.messages.map(\.role) == [.user, .assistant, .user])
    #expect(found.messages.map(\.timestamp?.iso) == ["2024-05-01T10:00:05Z", nil, nil])
    #expect(found.messages[1].model == "gpt-4-turbo")
    #expect(found.messages[0].text.contains("## Assistant"))
    #expect(found.messages[0].text.hasSuffix("![plot](attachments/plot.png)"))
    #expect(found.messages[1].text == "## User stories are a heading of the text\n\nBecause.")
    #expect(Set(found.messages.map(\.id)).count == 3)
    #expect(found.messages[0].attachments.first?.stored?.byteCount == 3)
  }

  @Test func `a folder with other Markdown in it is imported without complaint`() throws {
    _ = try workspace.write("mixed/README.md", "# Read me\n\n---\nnot: a conversation\n---\n")
    _ = try workspace.write("mixed/talk.md", Self.rendered)
    let report = try archive.importPaths([workspace.path + "/mixed"])
    #expect(report.failed.isEmpty, "\(report.failed)")
    #expect(report.conversations.new == 1)
    #expect(report.ignored.files == 1)
  }

  @Test func `lines that end as on Windows, and a byte order mark, change nothing`() throws {
    let text = "\u{FEFF}" + Self.rendered.replacingOccurrences(of: "\n", with: "\r\n")
    #expect(try migrate("windows.md", text).failed.isEmpty)
    #expect(try only().messages.map(\.text) == ["question", ""])
  }
}
