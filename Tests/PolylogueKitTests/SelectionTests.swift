import Foundation
import PolylogueKit
import Testing

/// Conditions on text, likeness, and deleting what a query finds.
@Suite struct SelectionTests {
  private let workspace: Workspace
  private let path: String

  /// Thirty conversations about walruses, every third one with a narwhal in the answer, and a few of
  /// their own.
  init() throws {
    workspace = try Workspace()
    let archive = try workspace.archive()
    var conversations = (0..<30).map { index in
      chatGPT(
        "c\(index)",
        [
          "tell me about walruses, number \(index)",
          index.isMultiple(of: 3) ? "a narwhal is no walrus" : "a walrus has tusks",
        ], title: "Number \(index)", updated: 1_700_000_000 + Double(index))
    }
    conversations += [
      chatGPT(
        "sensor", ["my humidity sensor drifts in the cold", "calibrate the sensor in spring"],
        title: "Balcony", updated: 1_600_000_000),
      chatGPT(
        "bread", ["how long does sourdough rise", "in the cold a sourdough rises all night"],
        title: "Baking", updated: 1_600_000_100),
    ]
    _ = try archive.importPaths([
      try workspace.write("a.json", "[" + conversations.joined(separator: ",") + "]")
    ])
    try archive.close()
    path = archive.path
  }

  @Test func `a condition on text stands beside all others`() async throws {
    try await AsyncPolylogue.open(path: path) { archive async throws in
      let narwhals = archive.filter().text("narwhal")
      #expect(try await narwhals.count() == 10)
      let titles = try await narwhals.limit(3).list().map(\.title)
      #expect(titles == ["Number 27", "Number 24", "Number 21"])
      #expect(try await narwhals.first()?.title == "Number 27")
      #expect(
        try await narwhals.title("Number 1").list().map(\.title) == [
          "Number 18", "Number 15", "Number 12",
        ])
      #expect(try await narwhals.provider(.codex).count() == 0)
      #expect(try await narwhals.role(.user).count() == 0)
      #expect(try await narwhals.role(.assistant).count() == 10)
      // Each text by a message of its own.
      #expect(try await narwhals.text("walruses").count() == 10)
      #expect(try await archive.filter().text("narwhal walruses").count() == 0)
      #expect(try await narwhals.text("sourdough").count() == 0)
      let since = Timestamp(microseconds: 1_700_000_020_000_000)
      #expect(try await narwhals.since(since).count() == 3)
    }
  }

  @Test func `any text is a condition, and operators are those of a search`() async throws {
    try await AsyncPolylogue.open(path: path) { archive async throws in
      func count(_ text: String) async throws -> Int {
        try await archive.filter().text(text).count()
      }
      #expect(try await count("\"is no walrus\"") == 10)
      #expect(try await count("walrus -narwhal") == 20)
      #expect(try await count("sensor OR sourdough") == 2)
      #expect(try await count("sourd*") == 1)
      #expect(try await count("Balcony") == 1)
      #expect(try await count("title:Balcony sensor") == 1)
      #expect(try await count("title:Balcony") == 1)
      #expect(try await count("role:user narwhal") == 0)
      #expect(try await count("") == 0)
      #expect(try await count("?!") == 0)
      #expect(try await count("\") OR 1=1 --") == 0)
    }
  }

  @Test func `conversations with a text are streamed in pages`() async throws {
    let archive = try workspace.archive("many")
    // More than are looked up one by one.
    let conversations = (0..<1300).map {
      chatGPT(
        "m\($0)", ["a question", "walrus"], title: "\($0)", updated: 1_700_000_000 + Double($0))
    }
    _ = try archive.importPaths([
      try workspace.write("m.json", "[" + conversations.joined(separator: ",") + "]")
    ])
    try await AsyncPolylogue.open(path: archive.path) { archive async throws in
      var seen: [String?] = []
      for try await summary in archive.filter().text("walrus") { seen.append(summary.title) }
      #expect(seen == (0..<1300).reversed().map { "\($0)" })
      var some = 0
      for try await _ in archive.filter().text("walrus").limit(450) { some += 1 }
      #expect(some == 450)
      #expect(try await archive.filter().text("walrus").title("129").count() == 12)
    }
  }

  @Test func `what is like a text comes first, by its rarest words`() async throws {
    try await AsyncPolylogue.open(path: path) { archive async throws in
      let alike = archive.filter().similar("The sensor of my walrus drifts whenever it is cold.")
      let found = try await alike.limit(2).list().map(\.id.native)
      #expect(found == ["sensor", "bread"])
      #expect(try await alike.title("Baking").list().map(\.id.native) == ["bread"])
      #expect(try await alike.text("sourdough").list().map(\.id.native) == ["bread"])
      #expect(try await archive.filter().similar("xylophone").count() == 0)
      #expect(try await archive.filter().similar("").list().isEmpty)
      var streamed: [String] = []
      for try await summary in archive.filter().similar("a walrus with tusks") {
        streamed.append(summary.id.native)
      }
      #expect(
        streamed
          == (try await archive.filter().similar("a walrus with tusks").list()).map(\.id.native))
      #expect(streamed.count == (try await archive.filter().similar("a walrus with tusks").count()))
      #expect(streamed.count >= 20)
    }
  }

  @Test func `a query deletes what it finds and nothing else`() async throws {
    try await AsyncPolylogue.open(path: path) { archive async throws in
      let done = try await archive.filter().text("narwhal").title("Number 1").delete()
      #expect(done.conversations == 3)
      #expect(done.messages == 6)
      #expect(try await archive.stats().conversations == 29)
      #expect(try await archive.search("narwhal").total == 7)
      #expect(try await archive.filter().limit(2).delete().conversations == 2)
      #expect(try await archive.filter().title("Number 29").count() == 0)
      #expect(try await archive.filter().similar("sensor").limit(1).delete().conversations == 1)
      #expect(try await archive.filter().title("Balcony").count() == 0)
      #expect(try await archive.filter().title("none of them").delete() == DeletionReport())
    }
    #expect(try workspace.archive("archive", .read).verify(isDeep: true).problems == [])
  }

  @Test func `a deletion that is more likely a mistake is refused`() async throws {
    try await AsyncPolylogue.open(path: path) { archive async throws in
      await #expect(throws: ArchiveError.self) { try await archive.filter().delete() }
      await #expect(throws: ArchiveError.self) {
        try await archive.filter().similar("sensor").delete()
      }
      #expect(try await archive.stats().conversations == 32)
    }
    let none = workspace.path + "/none"
    await #expect(throws: ArchiveError.self) {
      try await AsyncPolylogue(path: none).filter().title("a").delete()
    }
    #expect(!FileManager.default.fileExists(atPath: none))
  }

  @Test func `the blocking door narrows down and deletes alike`() throws {
    try Polylogue.open(path: path) { archive throws in
      #expect(try archive.filter().text("narwhal").count() == 10)
      #expect(try archive.filter().similar("sensor").first()?.title == "Balcony")
      #expect(try archive.filter().text("narwhal").delete().conversations == 10)
      #expect(try archive.filter().text("narwhal").list().isEmpty)
      #expect(throws: ArchiveError.self) { try archive.filter().delete() }
      let ids = ["sensor", "none"].map { ConversationID(provider: .chatgpt, native: $0) }
      #expect(try archive.delete(ids).conversations == 1)
      #expect(try archive.conversation(ids[0]) == nil)
    }
  }

  @Test func `conversations are deleted by their ids`() async throws {
    try await AsyncPolylogue.open(path: path) { archive async throws in
      let ids = ["bread", "none", "sensor"].map { ConversationID(provider: .chatgpt, native: $0) }
      #expect(try await archive.delete(ids).conversations == 2)
      #expect(try await archive.delete(ids) == DeletionReport())
      #expect(try await archive.stats().conversations == 30)
    }
  }

  @Test func `a cancelled deletion ends, and the archive is whole`() async throws {
    try await AsyncPolylogue.open(path: path) { archive async throws in
      let task = Task { try await archive.filter().text("walruses").delete() }
      task.cancel()
      do {
        let done = try await task.value
        #expect(done.conversations == 30)
      } catch {
        #expect(error is CancellationError)
      }
    }
    #expect(try workspace.archive("archive", .read).verify(isDeep: true).problems == [])
  }
}
