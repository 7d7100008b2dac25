import PolylogueModel
import PolylogueSQL
import PolylogueStore
import Testing

@Suite struct SharedHistoryTests {
  /// A parent of six messages and a resumed copy of it that goes on with four of its own.
  private let parent = sample("parent", provider: .claudeCode, count: 6)
  private let child = sample("child", provider: .claudeCode, count: 10)

  @Test(arguments: [true, false])
  func `copied history is counted once, whatever the order of import`(parentFirst: Bool) throws {
    let archive = TemporaryArchive()
    try archive.write(parentFirst ? parent : child)
    try archive.write(parentFirst ? child : parent)
    let reader = try archive.reader()
    let counts = try reader.list(filter: Filter(), limit: nil, after: nil).items
      .sorted { $0.id.native < $1.id.native }.map(\.messages)
    #expect(counts == [4, 6])
    #expect(try archive.read(child.header.id) == child)
    #expect(try archive.read(parent.header.id) == parent)
    #expect(try archive.verify() == [])
  }

  @Test func `three copies in a row point to the first`() throws {
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1]] {
      let archive = TemporaryArchive()
      let chain = [4, 8, 12].map { sample("c\($0)", provider: .claudeCode, count: $0) }
      for index in order { try archive.write(chain[index]) }
      let statistics = try archive.reader().statistics(by: nil, folder: archive.folder)
      #expect(statistics.messages == 12, "order \(order)")
      for conversation in chain {
        #expect(try archive.read(conversation.header.id) == conversation)
      }
      #expect(try archive.verify() == [], "order \(order)")
    }
  }

  @Test(arguments: [true, false])
  func `a fork without common ids is matched with its declared parent by content`(
    parentFirst: Bool
  ) throws {
    let archive = TemporaryArchive()
    let parent = sample("p", provider: .codex, count: 5) { "turn \($0)" }
    var child = sample("c", provider: .codex, from: 100, count: 7) { "turn \($0 - 100)" }
    child.header.lineage = Lineage(kind: .fork, parent: "p")
    try archive.write(parentFirst ? parent : child)
    try archive.write(parentFirst ? child : parent)
    let statistics = try archive.reader().statistics(by: nil, folder: archive.folder)
    #expect(statistics.messages == 7)
    #expect(try archive.read(child.header.id)?.messages.map(\.text).last == "turn 6")
    #expect(try archive.verify() == [])
  }

  @Test func `forks of forks keep their text, whatever the order of import`() throws {
    let chain = (0..<4).map { generation in
      var fork = sample("f\(generation)", provider: .codex, from: generation * 100, count: 3) {
        $0 % 100 < 2 ? "shared \($0 % 100)" : "own \(generation)"
      }
      if generation > 0 {
        fork.header.lineage = Lineage(kind: .fork, parent: "f\(generation - 1)")
      }
      return fork
    }
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [0, 2, 3, 1], [2, 3, 0, 1], [3, 0, 2, 1]] {
      let archive = TemporaryArchive()
      for index in order { try archive.write(chain[index]) }
      for fork in chain {
        let texts = try archive.read(fork.header.id)?.messages.map(\.text)
        #expect(texts == fork.messages.map(\.text), "order \(order)")
      }
      #expect(try archive.verify() == [], "order \(order)")
    }
  }

  /// What an archive says after revisions came in an order: messages, counts, and whether it is sound.
  private func said(after order: [Conversation]) throws -> [String] {
    let archive = TemporaryArchive()
    for revision in order { try archive.write(revision) }
    #expect(try archive.verify() == [])
    let ids = Set(order.map(\.header.id.native)).sorted()
    return try ids.flatMap { native -> [String] in
      let id = ConversationID(provider: order[0].header.id.provider, native: native)
      let summary = try archive.reader().list(filter: Filter(), limit: nil, after: nil).items
        .first { $0.id == id }
      let messages = try archive.read(id)?.messages.map { "\($0)" } ?? []
      return ["\(native): \(summary?.messages ?? -1)"] + messages
    }
  }

  private func permutations(_ all: [Conversation]) -> [[Conversation]] {
    guard all.count > 1 else { return [all] }
    return all.indices.flatMap { index in
      var rest = all
      let first = rest.remove(at: index)
      return permutations(rest).map { [first] + $0 }
    }
  }

  @Test(arguments: [Provider.codex, .claudeCode])
  func `a copied message that one of its copies edits later ends the same in any order`(
    provider: Provider
  ) throws {
    func own(_ native: String, _ from: Int) -> Int { provider == .codex ? from : 0 }
    func revision(
      _ native: String, _ from: Int, _ count: Int, day: Int64, call: String,
      edited: Int? = nil
    ) -> Conversation {
      let first = own(native, from)
      var made = sample(
        native, provider: provider, from: first, count: count,
        updated: 1_800_000_000_000_000 + day
      ) {
        $0 - first == edited ? "edited" : $0 - first < 4 ? "turn \($0 - first)" : "\(native) \($0)"
      }
      // Ids of calls and counts of tokens are stamped anew on copies without common ids.
      if provider == .codex {
        made.messages[1].usage = TokenUsage(input: Int64(from), output: day)
        made.messages[2].blocks.append(.toolCall(ToolCall(id: call, name: "sh", input: "ls")))
        if native != "p" {
          made.header.lineage = Lineage(kind: .fork, parent: native == "y" ? "x" : "p")
        }
      } else if count > 4 {
        for index in 4..<count {
          made.messages[index] = Message(
            id: uuid(from * 10 + index), parentID: made.messages[index - 1].id, role: .user,
            timestamp: Timestamp(microseconds: 1_700_000_100_000_000 + Int64(from + index)),
            blocks: [.text("\(native) \(index)")])
        }
      }
      return made
    }
    let states = [
      revision("p", 100, 4, day: 1, call: "a"),
      revision("p", 100, 5, day: 2, call: "a", edited: 1),
      revision("x", 200, 5, day: 1, call: "b"),
      revision("y", 300, 6, day: 1, call: "c"),
    ]
    let wanted = try said(after: states)
    for order in permutations(states) {
      let found = try said(after: order)
      #expect(found == wanted, "\(order.map { "\($0.header.id.native)\($0.messages.count)" })")
    }
  }

  @Test(arguments: [0, 1])
  func `forks of a fork whose original is edited end the same in any order`(edited: Int) throws {
    func revision(
      _ native: String, of parent: String?, _ from: Int, own: Int, day: Int64, edited: Int? = nil
    ) -> Conversation {
      var made = sample(
        native, provider: .codex, from: from, count: 2 + own,
        updated: 1_800_000_000_000_000 + day
      ) {
        let index = $0 - from
        return index == edited ? "edited" : index < 3 ? "turn \(index)" : "\(native) \(index)"
      }
      made.header.lineage = parent.map { Lineage(kind: .fork, parent: $0) }
      return made
    }
    let states = [
      revision("a", of: nil, 100, own: 0, day: 1),
      revision("a", of: nil, 100, own: 0, day: 2, edited: edited),
      revision("b", of: "a", 200, own: 1, day: 1),
      revision("c", of: "b", 300, own: 2, day: 1),
      revision("d", of: "c", 400, own: 3, day: 1),
    ]
    let wanted = try said(after: states)
    #expect(
      wanted.filter { $0.count == 4 } == ["a: 2", edited == 0 ? "b: 3" : "b: 2", "c: 1", "d: 2"])
    for order in permutations(states) {
      let found = try said(after: order)
      #expect(found == wanted, "\(order.map { "\($0.header.id.native)\($0.messages.count)" })")
    }
  }

  @Test func `a fork whose parent is deleted says what it said itself`() throws {
    let parent = sample("p", provider: .codex, count: 3) { "turn \($0)" }
    let forks = ["x", "y"].enumerated().map { index, native in
      var fork = sample(native, provider: .codex, from: 100 * (index + 1), count: 4) {
        "turn \($0 % 100)"
      }
      fork.header.lineage = Lineage(kind: .fork, parent: "p")
      fork.messages[1].usage = TokenUsage(input: Int64(index) + 1)
      return fork
    }
    let archive = TemporaryArchive()
    for conversation in [parent] + forks { try archive.write(conversation) }
    #expect(try archive.read(forks[0].header.id) == forks[0])
    _ = try archive.session().delete([parent.header.id], at: Timestamp(microseconds: 1))
    for fork in forks { #expect(try archive.read(fork.header.id) == fork) }
    #expect(try archive.verify() == [])
  }

  @Test func `a copied message keeps its files`() throws {
    let archive = TemporaryArchive()
    var (parent, child) = (parent, child)
    let file = Attachment(id: "file", name: "a.txt", extractedText: "what it says")
    parent.messages[0].attachments = [file]
    child.messages[0].attachments = [file]
    try archive.write(parent)
    try archive.write(child)
    for conversation in [parent, child] {
      let read = try archive.read(conversation.header.id)
      #expect(read?.messages[0].attachments == [file])
    }
  }

  @Test func `the same words with another file are no copy`() throws {
    let archive = TemporaryArchive()
    var parent = sample("p", provider: .codex, count: 1) { _ in "look" }
    var child = sample("c", provider: .codex, from: 100, count: 1) { _ in "look" }
    child.header.lineage = Lineage(kind: .fork, parent: "p")
    parent.messages[0].attachments = [Attachment(id: "image-1", inlineBytes: [1])]
    child.messages[0].attachments = [Attachment(id: "image-1", inlineBytes: [1, 2])]
    try archive.write(parent)
    try archive.write(child)
    #expect(try archive.read(parent.header.id)?.messages[0].attachments[0].byteCount == 1)
    #expect(try archive.read(child.header.id)?.messages[0].attachments[0].byteCount == 2)
  }

  @Test func `verify names a copy whose original is a copy`() throws {
    let archive = TemporaryArchive()
    try archive.write(parent)
    try archive.write(child)
    do {
      let connection = try Connection(path: archive.folder.archivePath, mode: .readWrite)
      let copy =
        try connection.integer(
          "SELECT min(id) FROM message WHERE original IS NOT NULL") ?? 0
      try connection.run(
        "UPDATE message SET original = ? WHERE original IS NOT NULL AND id <> ?", copy, copy)
    }
    #expect(try archive.verify().contains { $0.contains("copied messages have no original") })
  }
}
