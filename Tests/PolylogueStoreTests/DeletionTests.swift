import PolylogueModel
import PolylogueSQL
import PolylogueStore
import Testing

@Suite struct DeletionTests {
  private let now = Timestamp(microseconds: 1_800_000_000_000_000)

  @discardableResult
  private func delete(
    _ ids: [ConversationID], in archive: TemporaryArchive
  ) throws -> DeletionReport {
    try archive.session().delete(ids, at: now).report
  }

  @Test func `a deleted conversation is gone, counts agree, and nothing else has changed`() throws {
    let archive = TemporaryArchive()
    let kept = sample("kept", count: 5)
    let gone = sample("gone", from: 100, count: 7)
    try archive.write(kept)
    try archive.write(gone)
    let report = try delete([gone.header.id], in: archive)
    #expect(report.conversations == 1)
    #expect(report.messages == 7)
    #expect(try archive.read(gone.header.id) == nil)
    #expect(try archive.read(kept.header.id) == kept)
    let statistics = try archive.reader().statistics(by: .provider, folder: archive.folder)
    #expect(statistics.conversations == 1)
    #expect(statistics.messages == 5)
    #expect(try archive.verify() == [])
    try delete([kept.header.id], in: archive)
    let nothing = try archive.reader().statistics(by: nil, folder: archive.folder)
    #expect(nothing.providers.isEmpty)
    #expect(try archive.verify() == [])
  }

  @Test func `what is not there is passed over`() throws {
    let archive = TemporaryArchive()
    try archive.write(sample("kept", count: 2))
    let none = ConversationID(provider: .chatgpt, native: "none")
    #expect(try delete([none], in: archive) == DeletionReport())
    #expect(try archive.write(sample("none", count: 2)).conversation.new == 1)
  }

  @Test func `what was deleted does not come back, not even longer`() throws {
    let archive = TemporaryArchive()
    let gone = sample("gone", count: 7)
    try archive.write(gone)
    try delete([gone.header.id], in: archive)
    for again in [gone, sample("gone", count: 20)] {
      let counts = try archive.write(again)
      #expect(counts.conversation == ChangeCounts())
      #expect(counts.messages == ChangeCounts())
      #expect(try archive.read(gone.header.id) == nil)
    }
    let statistics = try archive.reader().statistics(by: nil, folder: archive.folder)
    #expect(statistics.messages == 0)
    #expect(try archive.verify() == [])
  }

  @Test(arguments: [Provider.claudeCode, .codex])
  func `shared history stays with those that share it, whichever is deleted`(
    provider: Provider
  ) throws {
    let from = provider == .codex ? 100 : 0
    var chain = [
      sample("a", provider: provider, count: 4) { "turn \($0)" },
      sample("b", provider: provider, from: from, count: 8) { "turn \($0 - from)" },
      sample("c", provider: provider, from: 2 * from, count: 12) { "turn \($0 - 2 * from)" },
    ]
    chain[1].header.lineage = Lineage(kind: .fork, parent: "a")
    chain[2].header.lineage = Lineage(kind: .fork, parent: "b")
    for gone in [[0], [1], [2], [0, 1], [1, 0], [2, 0]] {
      let archive = TemporaryArchive()
      for conversation in chain { try archive.write(conversation) }
      for index in gone { try delete([chain[index].header.id], in: archive) }
      for (index, conversation) in chain.enumerated() {
        let found = try archive.read(conversation.header.id)
        #expect(found == (gone.contains(index) ? nil : conversation), "deleted \(gone)")
      }
      let statistics = try archive.reader().statistics(by: nil, folder: archive.folder)
      let longest = chain.indices.filter { !gone.contains($0) }.map { chain[$0].messages.count }
      #expect(statistics.messages == longest.max(), "deleted \(gone)")
      #expect(try archive.verify() == [], "deleted \(gone)")
    }
  }

  @Test func `a file of shared history stays with the heir`() throws {
    let archive = TemporaryArchive()
    var parent = sample("a", provider: .claudeCode, count: 4)
    parent.messages[1].attachments = [
      Attachment(id: "f", name: "notes.txt", extractedText: "what it says")
    ]
    var child = sample("b", provider: .claudeCode, count: 6)
    child.messages[1] = parent.messages[1]
    try archive.write(parent)
    try archive.write(child)
    try delete([parent.header.id], in: archive)
    #expect(try archive.read(child.header.id) == child)
    #expect(try archive.verify() == [])
    try delete([child.header.id], in: archive)
    let statistics = try archive.reader().statistics(by: nil, folder: archive.folder)
    #expect(statistics.attachments == 0)
    #expect(try archive.verify() == [])
  }

  @Test func `the change feed tells which rows search must forget`() throws {
    let archive = TemporaryArchive()
    let gone = sample("gone", count: 3)
    try archive.write(sample("before", from: 50, count: 2))
    try archive.write(gone)
    let connection = try ArchiveDatabase.openForReading(archive.folder)
    let feed = FeedReader(connection: connection, compressor: Compressor())
    let last = try feed.newest()
    try delete([gone.header.id], in: archive)
    let changes = try feed.changes(after: last, limit: 100)
    #expect(changes.map(\.kind) == [.removed, .header])
    #expect(changes.first?.first == 3)
    #expect(changes.first?.last == 5)
    #expect(try feed.title(conversation: changes[1].conversation) == nil)
  }

  @Test func `a cancelled deletion keeps what it has not come to`() throws {
    let archive = TemporaryArchive()
    let conversations = (0..<3).map { sample("c\($0)", from: $0 * 10, count: 2) }
    for conversation in conversations { try archive.write(conversation) }
    var asked = 0
    let (report, isComplete) = try archive.session().delete(
      conversations.map(\.header.id), at: now,
      isCancelled: {
        asked += 1
        return asked > 2
      })
    #expect(!isComplete)
    #expect(report.conversations == 2)
    #expect(try archive.read(conversations[2].header.id) == conversations[2])
    #expect(try archive.verify() == [])
  }

  @Test func `references are enforced again after a deletion`() throws {
    let archive = TemporaryArchive()
    try archive.write(sample("a", count: 2))
    let session = try archive.session()
    _ = try session.delete([ConversationID(provider: .chatgpt, native: "a")], at: now)
    #expect(try session.connection.integer("PRAGMA foreign_keys") == 1)
  }

  @Test func `shared history in cold storage is handed over too`() throws {
    let archive = TemporaryArchive()
    let text = String(repeating: "long enough to be moved, ", count: 20)
    let parent = sample("a", provider: .claudeCode, count: 4) { "\(text) \($0)" }
    let child = sample("b", provider: .claudeCode, count: 6) { "\(text) \($0)" }
    try archive.write(parent)
    try archive.write(child)
    let moved = try ColdMover(session: archive.session())
      .move(before: now, to: archive.folder.path + "/cold.db")
    #expect(moved.messages == 6)
    try delete([parent.header.id], in: archive)
    #expect(try archive.read(child.header.id) == child)
    #expect(try archive.read(parent.header.id) == nil)
    #expect(try archive.verify() == [])
  }
}
