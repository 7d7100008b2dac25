import PolylogueKit

/// One reader, one query after the other, everything warm.
func measureReads(_ archive: AsyncPolylogue, rounds: Int) async throws {
  for query in Queries.byFrequency {
    try await latency("warm search, \(query.name)", rounds) {
      _ = try await archive.search(query.text)
    }
  }
  guard let middle = try await archive.list(limit: 500).items.last?.updatedAt else { return }
  let day = "\(middle)".prefix(10)
  for word in ["the", "quasarlint"] {
    try await latency("warm search, “\(word)” since a date", rounds) {
      _ = try await archive.search("\(word) since:\(day)")
    }
  }
  for query in Queries.byFrequency {
    try await latency("warm count with a text, \(query.name)", max(10, rounds / 10)) {
      _ = try await archive.filter().text(query.text).count()
    }
  }
  let ten = archive.filter().similar("a crimson harbor lantern in the quasarlint").limit(10)
  try await latency("warm similar", max(10, rounds / 10)) { _ = try await ten.list() }
  try await latency("warm list", rounds) { _ = try await archive.list() }
  try await latency("warm count of all", rounds) { _ = try await archive.filter().count() }
  try await latency("warm stats", rounds) { _ = try await archive.stats() }
  let ids = try await archive.filter().limit(1000).list().map(\.id)
  var next = 0
  try await latency("conversation of 50 messages", rounds) {
    next = (next + 7) % max(1, ids.count)
    _ = try await archive.conversation(ids[next])
  }
}

/// Any queries, for a closer look.
func measureQueries(
  _ archive: AsyncPolylogue, _ queries: [String], rounds: Int
) async throws {
  for query in queries {
    try await latency("warm search, \(query)", rounds) { _ = try await archive.search(query) }
  }
}
