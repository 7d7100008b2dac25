import PolylogueKit

/// What runs at once against the same one after the other.
func measureConcurrency(_ archive: AsyncPolylogue) async throws {
  let queries = ["the of", "the and", "the to"]
  let oneByOne = try await fastest {
    for query in queries { _ = try await archive.search(query) }
  }
  let together = try await fastest {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for query in queries { group.addTask { _ = try await archive.search(query) } }
      try await group.waitForAll()
    }
  }
  report("3 queries, one by one", oneByOne * 1000, "ms")
  report("3 queries at once, speed-up", oneByOne / together, "ratio")
  let ids = try await archive.filter().limit(100).list().map(\.id)
  let single = try await fastest {
    for id in ids { _ = try await archive.conversation(id) }
  }
  let fetched = try await fastest { _ = try await archive.conversations(ids) }
  report("100 conversations, one by one", single * 1000, "ms")
  report("100 conversations at once, speed-up", single / fetched, "ratio")
}

/// The blocking door against the asynchronous one.
func measureDoors(_ path: String, _ archive: AsyncPolylogue) async throws {
  let rounds = 200
  let blocking = Polylogue(path: path)
  let ids = try await archive.filter().limit(rounds).list().map(\.id)
  for (name, asynchronous, sync) in [
    (
      "stats", try await fastest { for _ in 0..<rounds { _ = try await archive.stats() } },
      try await fastest { for _ in 0..<rounds { _ = try blocking.stats() } }
    ),
    (
      "search",
      try await fastest {
        for _ in 0..<rounds { _ = try await archive.search("zyxomantic") }
      },
      try await fastest { for _ in 0..<rounds { _ = try blocking.search("zyxomantic") } }
    ),
    (
      "conversation",
      try await fastest { for id in ids { _ = try await archive.conversation(id) } },
      try await fastest { for id in ids { _ = try blocking.conversation(id) } }
    ),
  ] {
    report("\(name), blocking / asynchronous", sync / asynchronous, "ratio")
  }
}
