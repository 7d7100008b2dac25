import Foundation
import PolylogueKit
import Testing

/// The examples of the documentation, word for word, run. They print: that is what they show.
@Suite struct DocumentationTests {
  private let workspace: Workspace
  private let path: String
  private let export: String

  init() throws {
    workspace = try Workspace()
    path = workspace.path + "/archive"
    let code = "Read it every minute:\n```python\nread()\n```\nand compare."
    export = try workspace.write(
      "export.json",
      "["
        + [
          chatGPT("drift", ["why does the sensor drift at night?", code], title: "thermometer"),
          chatGPT("bread", ["how long does dough rise?", "ok"], title: "Baking"),
        ].joined(separator: ",") + "]")
  }

  private func filled() async throws {
    let archive = AsyncPolylogue(path: path)
    #expect(try await archive.import([export]).report().conversations.new == 2)
    await archive.close()
  }

  // MARK: What the examples do

  @Test func `searching and listing at once`() async throws {
    try await filled()
    try await AsyncPolylogue.open(path: path) { archive in
      async let page = archive.search("sensor drift")
      async let recent = archive.filter().provider(.claudeCode).limit(10).list()
      for hit in try await page.hits { print(hit.title ?? "", hit.plainSnippet) }
      for summary in try await recent { print(summary.id, summary.title ?? "") }
      #expect(try await page.hits.first?.title == "thermometer")
    }
  }

  @Test func `the blocking door`() throws {
    try Polylogue.open(path: path, createIfMissing: true) { archive in
      let report = try archive.import([export])
      print(report.conversations.new, "new conversations")
      for hit in try archive.search("sensor drift").hits { print(hit.plainSnippet) }
      #expect(report.conversations.new == 2)
    }
    let archive = Polylogue(path: path)
    for summary in try archive.filter().title("thermometer").list() {
      print(summary.id, summary.title ?? "")
    }
  }

  @Test func `one thread`() throws {
    let archive = try Archive(path: path, access: .write)
    let report = try archive.importPaths([export])
    let page = try archive.search("sensor drift")
    print(report.conversations.new, "new conversations,", page.total, "hits")
    #expect(page.total > 0)
  }

  @Test func `asking a question`() throws {
    let archive = try Archive(path: path, access: .write)
    _ = try archive.importPaths([export])
    let page = try archive.search("why was the cache wrong", mode: .hybrid)
    #expect(page.notes.isEmpty == (page.mode == "hybrid"))
  }

  @Test func `importing with progress`() async throws {
    let archive = AsyncPolylogue(path: path)
    let run = archive.import([export])
    for try await event in run {
      if case .failed(let path, let reason) = event { print("\(path): \(reason)") }
    }
    let report = try await run.report()
    print(report.conversations.new, "new conversations")
    #expect(report.conversations.new == 2)
    for try await event in archive.import([export]) {
      if case .imported(let path) = event { print(path) }
    }
    await archive.close()
  }

  @Test func `finding and deleting conversations`() async throws {
    try await filled()
    let spring = Timestamp(microseconds: 0)
    let lastYear = Timestamp(microseconds: 1_700_000_000_000_000)
    try await AsyncPolylogue.open(path: path) { archive in
      let balcony = archive.filter().project("balcony").since(spring)
      let questions = try await balcony.role(.user).text("\"sensor drift\" -offset").count()
      let withCode = try await balcony.has(.code).list()
      let alike = try await balcony.similar("the reading creeps up at night").limit(5).list()
      #expect(questions + withCode.count + alike.count == 0)
      for try await summary in archive.filter().provider(.codex).has(.code) {
        print(summary.id)
      }
      let done = try await archive.filter().provider(.codex).until(lastYear).delete()
      print("deleted \(done.conversations) conversations")
      #expect(done == DeletionReport())
    }
  }

  @Test func `tagging and finding what is tagged`() async throws {
    try await filled()
    let archive = AsyncPolylogue(path: path)
    let id = try await archive.conversation(matching: "drift").header.id
    try await archive.tag([id], add: ["balcony"], remove: ["inbox"])
    let tagged = try await archive.filter().tag("balcony").list()
    #expect(tagged.map(\.id) == [id])
    await archive.close()
  }

  @Test func `parts of a conversation`() async throws {
    try await filled()
    let archive = AsyncPolylogue(path: path)
    let conversation = try await archive.conversation(matching: "drift")
    let asked = conversation.dialogue.where { $0.role == .user && $0.isActive }
    print(asked.count, "questions,", conversation.substantive.count, "messages that say something")
    for message in conversation.substantive.code { print(message.text) }
    #expect(asked.count == 1)
    #expect(conversation.substantive.code.map(\.text) == ["read()"])
    await archive.close()
  }

  /// Something that follows an archive.
  private actor Mirror {
    var seen: [ConversationID] = []
    func refresh(_ id: ConversationID) { seen.append(id) }
    func remove(_ id: ConversationID) { seen.removeAll { $0 == id } }
  }

  @Test func `following changes`() async throws {
    try await filled()
    let archive = AsyncPolylogue(path: path)
    let listening = Task {
      let mirror = Mirror()
      var known: Int64 = 0
      for try await change in archive.changes(after: known) {
        switch change.kind {
        case .added, .updated: await mirror.refresh(change.conversation)
        case .deleted: await mirror.remove(change.conversation)
        }
        known = change.sequence
        if await mirror.seen.count == 2 { await archive.close() }
      }
      return known
    }
    #expect(try await listening.value > 0)
  }

  @Test func `waiting for new conversations`() async throws {
    try await filled()
    let archive = AsyncPolylogue(path: path)
    let waiting = Task {
      for try await change in archive.changes() where change.kind == .added {
        print("new:", change.conversation)
      }
    }
    await archive.close()
    try await waiting.value
  }

  // MARK: Word for word

  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// The lines of a text, without the marks of a comment and without indentation.
  private static func lines(_ text: String) -> [String] {
    text.components(separatedBy: "\n").map { line in
      var line = line.trimmingCharacters(in: .whitespaces)
      if line.hasPrefix("///") {
        line = line.dropFirst(3).trimmingCharacters(in: .whitespaces)
      }
      return line
    }
  }

  /// The Swift examples of a file.
  private static func examples(in text: String) -> [[String]] {
    var found: [[String]] = []
    var example: [String]?
    for line in lines(text) {
      if let open = example, line == "```" {
        found.append(open)
        example = nil
      } else if example != nil {
        example?.append(line)
      } else if line == "```swift" {
        example = []
      }
    }
    return found
  }

  private static func files(_ folder: String, ending: [String]) -> [String] {
    let names = FileManager.default.enumerator(atPath: root + "/" + folder)?.allObjects
    return (names as? [String] ?? []).filter { name in ending.contains { name.hasSuffix($0) } }
      .map { folder + "/" + $0 }
  }

  private static func text(_ path: String) throws -> String {
    try String(contentsOfFile: root + "/" + path, encoding: .utf8)
  }

  @Test func `every example of the documentation stands in code that is run`() throws {
    let run = try
      (["Tests/PolylogueKitTests/DocumentationTests.swift"]
      + DocumentationTests.files("Examples", ending: [".swift"]))
      .map { DocumentationTests.lines(try DocumentationTests.text($0)) }
    var count = 0
    for file in ["README.md"] + DocumentationTests.files("Sources", ending: [".swift", ".md"]) {
      for example in DocumentationTests.examples(in: try DocumentationTests.text(file)) {
        count += 1
        let isRun = run.contains { code in
          code.indices.contains { start in code[start...].starts(with: example) }
            || DocumentationTests.isScope(example, of: code)
        }
        #expect(isRun, "\(file): \(example.joined(separator: "\n"))")
      }
    }
    #expect(count > 10)
  }

  /// Whether an example that ends by closing a scope stands in the code with more at its end.
  private static func isScope(_ example: [String], of code: [String]) -> Bool {
    guard example.last == "}" else { return false }
    return code.indices.contains { start in code[start...].starts(with: example.dropLast()) }
  }

  @Test func `the example program imports, searches and prints`() throws {
    let process = Process()
    process.executableURL = DocumentationTests.built("ImportAndSearch")
    process.arguments = [path, export, "sensor"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let printed = String(
      decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(
      printed == """
        2 new conversations
        thermometer: why does the sensor drift at night?
        chatgpt:drift has 2 messages that say something

        """)
  }

  /// A program beside the bundle of the tests.
  private static func built(_ name: String) -> URL {
    let bundle = CommandLine.arguments.first { $0.contains(".xctest") } ?? CommandLine.arguments[0]
    var folder = URL(fileURLWithPath: bundle)
    while folder.path.contains(".xctest") { folder.deleteLastPathComponent() }
    return folder.appendingPathComponent(name)
  }
}
