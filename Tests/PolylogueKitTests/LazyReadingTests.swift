import Foundation
import PolylogueKit
import PolylogueSQL
import Testing

@Suite struct LazyReadingTests {
  @Test func `lists, counts and headers read no message`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let texts = (0..<4).map { "a text that is long enough to be compressed, number \($0)" }
    _ = try archive.importPaths([
      try workspace.write("conversations.json", "[\(chatGPT("a", texts, title: "kept"))]")
    ])
    let id = ConversationID(provider: .chatgpt, native: "a")
    let header = try #require(try archive.conversation(id)?.header)
    // Whoever reads a message now fails.
    do {
      let connection = try Connection(path: archive.folder.archivePath, mode: .readWrite)
      try connection.run("UPDATE message SET codec = 1, body = x'00'")
    }
    #expect(throws: ArchiveError.self) { try archive.conversation(id) }
    #expect(try archive.list().items.map(\.title) == ["kept"])
    var filter = Filter()
    filter.providers = [.chatgpt]
    filter.roles = [.assistant]
    #expect(try archive.list(filter: filter).items.first?.messages == 4)
    #expect(try archive.count(filter: filter) == 1)
    for grouping in Statistics.Grouping.allCases {
      #expect(try archive.statistics(by: grouping).messages == 4)
    }
    #expect(try archive.header(of: id) == header)
    #expect(try archive.summary(of: id)?.messages == 4)
    #expect(try archive.identifier(matching: "chatgpt:a") == id)
  }
}
