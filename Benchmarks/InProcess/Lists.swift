import PolylogueKit

/// What a page of a list, a count and a look-up take, by filter.
///
/// Runs on the main thread with one reader.
func measureLists(_ path: String) throws {
  let archive = try Archive(path: path, access: .read)
  func measure(_ name: String, rounds: Int = 100, _ body: () throws -> Void) rethrows {
    try body()
    var times: [Double] = []
    for _ in 0..<rounds {
      let begun = now()
      try body()
      times.append(now() - begun)
    }
    report(name, latencies: times)
  }
  func list(_ name: String, _ change: (inout Filter) -> Void) throws {
    var filter = Filter()
    change(&filter)
    try measure("list of 20, \(name)") { _ = try archive.list(filter: filter, limit: 20) }
  }
  let page = try archive.list(limit: 500).items
  try list("no filter") { _ in }
  try list("provider") { $0.providers = [.chatgpt] }
  try list("another provider") { $0.providers = [.codex] }
  try list("two providers") { $0.providers = [.codex, .claude] }
  try list("dates") {
    $0.since = page.last?.updatedAt
    $0.until = page.first?.updatedAt
  }
  try list("model") { $0.models = ["gpt"] }
  try list("no such model") { $0.models = ["zz"] }
  try list("project") { $0.projects = ["a"] }
  try list("tag") { $0.tags = ["work"] }
  try list("rare piece of a title") { $0.titles = ["zyxomantic zyxomantic"] }
  try list("branches") { $0.has = [.branch] }
  try measure("count of all") { _ = try archive.count() }
  try measure("statistics") { _ = try archive.statistics() }
  var row = 0
  try measure("conversation without its messages") {
    row = (row + 7) % page.count
    _ = try archive.summary(of: page[row].id)
  }
  try measure("conversation of \(page[0].messages) messages") {
    row = (row + 7) % page.count
    _ = try archive.conversation(page[row].id)
  }
  let messages = try archive.statistics().messages
  let connection = try ArchiveDatabase.openForReading(archive.folder)
  let compressor = Compressor()
  _ = try Dictionaries.load(from: connection, into: compressor)
  let reader = ConversationReader(connection: connection, compressor: compressor)
  var message: Int64 = 0
  try measure("one message", rounds: 10_000) {
    message = (message + 7919) % Int64(max(1, messages))
    _ = try reader.hit(message: message + 1)
  }
}
