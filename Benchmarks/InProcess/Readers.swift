import Glibc
import PolylogueKit
import PolylogueModel

/// Readers that ask without a pause, until standard input ends: what they are told is how long an
/// answer takes beside whatever else runs meanwhile.
func measureReaders(_ archive: AsyncPolylogue, count: Int) async throws {
  let ids = try await archive.filter().limit(200).list().map(\.id)
  let started = now()
  let all = try await withThrowingTaskGroup(of: [[Double]].self) { group in
    for reader in 0..<count {
      group.addTask { try await ask(archive, ids, from: reader) }
    }
    var all: [[Double]] = Array(repeating: [], count: Queries.byFrequency.count + 2)
    for try await times in group {
      for (kind, times) in times.enumerated() { all[kind] += times }
    }
    return all
  }
  let seconds = now() - started
  let names = Queries.byFrequency.map { "search, \($0.name)" } + ["list", "conversation"]
  for (name, times) in zip(names, all) { report("\(count) readers, \(name)", latencies: times) }
  report("\(count) readers, all", latencies: all.flatMap(\.self))
  report("\(count) readers, answers", Double(all.reduce(0) { $0 + $1.count }) / seconds, "1/s")
}

/// Asks everything in turn and gives the seconds of each kind of question.
private func ask(
  _ archive: AsyncPolylogue, _ ids: [ConversationID], from start: Int
) async throws -> [[Double]] {
  let searches = Queries.byFrequency.count
  var times: [[Double]] = Array(repeating: [], count: searches + 2)
  var turn = start
  while !isOver() {
    let kind = turn % times.count
    let begun = now()
    switch kind {
    case ..<searches: _ = try await archive.search(Queries.byFrequency[kind].text)
    case searches: _ = try await archive.list()
    default: _ = try await archive.conversation(ids[turn % ids.count])
    }
    times[kind].append(now() - begun)
    turn += 1
  }
  return times
}

private func isOver() -> Bool {
  var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
  return poll(&input, 1, 0) != 0
}
