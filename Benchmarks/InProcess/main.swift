// Measures the library within one process, on an archive that is there already, and prints one line
// a figure: name, value, unit, separated by tabs.
//
// usage: polylogue-bench ARCHIVE [ROUNDS [QUERY…]]

import Glibc
import PolylogueKit

func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func report(_ name: String, _ value: Double, _ unit: String) {
  let rounded = (value * 1000).rounded() / 1000
  print("\(name)\t\(rounded)\t\(unit)")
}

/// Runs `body` often and reports the median and the 99th percentile in milliseconds.
func latency(_ name: String, _ rounds: Int, _ body: () async throws -> Void) async throws {
  try await body()
  var times: [Double] = []
  for _ in 0..<rounds {
    let start = now()
    try await body()
    times.append((now() - start) * 1000)
  }
  times.sort()
  report("\(name), median", times[times.count / 2], "ms")
  report("\(name), 99 %", times[min(times.count - 1, times.count * 99 / 100)], "ms")
}

/// The seconds of the fastest of five runs.
func fastest(_ body: () async throws -> Void) async throws -> Double {
  var best = Double.infinity
  for _ in 0..<5 {
    let start = now()
    try await body()
    best = min(best, now() - start)
  }
  return best
}

func measureSearch(_ archive: AsyncPolylogue, rounds: Int) async throws {
  for (name, query) in [
    ("rare word", "zyxomantic"), ("medium word", "quasarlint"), ("very common word", "the"),
    ("phrase", "\"crimson harbor lantern\""),
  ] {
    try await latency("warm search, \(name)", rounds) { _ = try await archive.search(query) }
  }
  try await latency("warm list", rounds) { _ = try await archive.list() }
  try await latency("warm stats", rounds) { _ = try await archive.stats() }
}

func measureQueries(
  _ archive: AsyncPolylogue, _ queries: ArraySlice<String>, rounds: Int
) async throws {
  for query in queries {
    try await latency("warm search, \(query)", rounds) { _ = try await archive.search(query) }
  }
}

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

func measureDoors(_ path: String, _ archive: AsyncPolylogue) async throws {
  let rounds = 200
  let asynchronous = try await fastest {
    for _ in 0..<rounds { _ = try await archive.stats() }
  }
  let blocking = Polylogue(path: path)
  let sync = try await fastest {
    for _ in 0..<rounds { _ = try blocking.stats() }
  }
  report("stats, blocking / asynchronous", sync / asynchronous, "ratio")
}

guard CommandLine.arguments.count > 1 else {
  print("usage: polylogue-bench ARCHIVE [ROUNDS [QUERY…]]")
  exit(2)
}
let path = CommandLine.arguments[1]
let rounds = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? 200 : 200
let queries = CommandLine.arguments.dropFirst(3)
try await AsyncPolylogue.open(path: path) { archive in
  if !queries.isEmpty { return try await measureQueries(archive, queries, rounds: rounds) }
  try await measureSearch(archive, rounds: rounds)
  try await measureConcurrency(archive)
  try await measureDoors(path, archive)
}
