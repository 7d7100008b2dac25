import Foundation
import PolylogueImport
import PolylogueKit
import PolylogueModel
import Testing

/// The table of `docs/formats/README.md`, found out from fixtures.
@Suite struct FormatTableTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// The fixtures of a provider: the exports of the demonstration, and what the tests have besides.
  private static func fixtures(_ provider: String) -> [String] {
    [
      "/Demo/\(provider)", "/Demo/\(provider)-export", "/Tests/Fixtures/\(provider)",
    ].map { root + $0 }.filter { FileManager.default.fileExists(atPath: $0) }
  }

  /// What an archive holds after the fixtures of a provider were imported.
  private struct Row {
    var cells: [(name: String, text: String)]

    init(_ archive: Archive, from fixtures: [String]) throws {
      var conversations = 0
      var found: Set<String> = []
      var attachments: Set<String> = []
      try archive.forEachConversation(filter: Filter()) { conversation, _ in
        conversations += 1
        for message in conversation.messages {
          if !message.isActive { found.insert("branches") }
          if message.usage != nil { found.insert("usage") }
          for attachment in message.attachments {
            switch attachment.state {
            case .stored: attachments.insert("bytes")
            case .textOnly: attachments.insert("text")
            case .missing: attachments.insert("name")
            }
          }
          for block in message.blocks {
            switch block {
            case .toolCall, .toolResult: found.insert("tools")
            case .thinking: found.insert("thinking")
            default: break
            }
          }
        }
      }
      let files = try archive.imports().filter { FileManager.default.fileExists(atPath: $0.path) }
      let isSame = try files.allSatisfy {
        try archive.rawBytes($0.id) == FileManager.default.contents(atPath: $0.path)
      }
      func cell(_ name: String) -> (String, String) { (name, found.contains(name) ? "yes" : "–") }
      cells = [
        ("conversations", conversations > 0 ? "yes" : "–"), cell("branches"), cell("tools"),
        cell("thinking"),
        ("attachments", attachments.isEmpty ? "–" : attachments.sorted().joined(separator: ", ")),
        cell("usage"), ("raw round trip", isSame && !files.isEmpty ? "yes" : "–"),
      ]
    }
  }

  private func row(_ provider: String) throws -> Row {
    let fixtures = Self.fixtures(provider)
    #expect(!fixtures.isEmpty, "put hand-made files into Tests/Fixtures/\(provider)")
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let report = try archive.importPaths(fixtures)
    #expect(report.failed.map(\.reason) == [], "\(provider)")
    return try Row(archive, from: fixtures)
  }

  @Test func `FormatTable: docs formats README.md is what the fixtures show`() throws {
    let path = Self.root + "/docs/formats/README.md"
    let page = try String(contentsOfFile: path, encoding: .utf8)
    var lines: [String] = []
    for provider in ImporterRegistry.all.map(\.provider.rawValue).sorted() {
      let cells = try row(provider).cells
      if lines.isEmpty {
        lines.append("| provider | " + cells.map(\.name).joined(separator: " | ") + " |")
        lines.append("|---|" + String(repeating: "---|", count: cells.count))
      }
      #expect(
        FileManager.default.fileExists(atPath: Self.root + "/docs/formats/\(provider).md"),
        "a provider has a page")
      lines.append(
        "| [\(provider)](\(provider).md) | " + cells.map(\.text).joined(separator: " | ") + " |")
      // What is there to be read is read, whoever wrote the table.
      #expect(cells.first?.text == "yes" && cells.last?.text == "yes", "\(provider)")
    }
    let begin = try #require(page.range(of: "<!-- table: begin -->\n"))
    let end = try #require(page.range(of: "<!-- table: end -->"))
    let expected =
      page[..<begin.upperBound] + lines.joined(separator: "\n") + "\n" + page[end.lowerBound...]
    if ProcessInfo.processInfo.environment["POLYLOGUE_UPDATE_DOCS"] != nil {
      try expected.write(toFile: path, atomically: true, encoding: .utf8)
      return
    }
    #expect(
      page == expected,
      "stale: POLYLOGUE_UPDATE_DOCS=1 swift test --filter FormatTable writes it again")
  }
}
