import Glibc
import PolylogueModel
import PolylogueSQL
import PolylogueSearch

/// Measures the vector index: writing, opening, searching, and what a search finds of what an exact
/// one does.
///
/// - Parameters:
///   - folder: Where the file of vectors is made; one that is there already is searched as it is.
///   - count: The vectors.
///   - file: Unit vectors as 32-bit floats, one behind the other; without it they are generated. The
///     last thousand, at most a tenth of them, are the queries.
///   - dimensions: The components of a vector.
func measureVectors(
  _ folder: String, count: Int, file: String?, dimensions: Int
) throws {
  mkdir(folder, 0o700)
  let all =
    try file.map { try VectorSample(file: $0, dimensions: dimensions, limit: count) }
    ?? VectorSample(count: count, dimensions: dimensions)
  let queryCount = min(1000, all.count / 10)
  let stored = all.count - queryCount
  let path = folder + "/vectors.db"
  let model = EmbeddingModel(
    name: "bench", revision: "1", dimensions: dimensions, tokenLimit: 256)
  if access(path, F_OK) != 0 { try write(all, stored, to: path, as: model) }
  let queries = Array(stored..<all.count)

  var start = cpu()
  var elapsed = now()
  let reader = try VectorIndexReader(
    connection: Connection.reading(path: path), model: model)
  _ = try reader.nearest(to: all[queries[0]], limit: 10)
  report("vectors, open and search once, CPU", (cpu() - start) * 1000, "ms")
  report("vectors, open and search once", (now() - elapsed) * 1000, "ms")

  var times: [Double] = []
  elapsed = now()
  for query in queries {
    start = cpu()
    _ = try reader.nearest(to: all[query], limit: 10)
    times.append(cpu() - start)
  }
  report("vectors, search, CPU", latencies: times)
  report("vectors, search, mean", (now() - elapsed) * 1000 / Double(queries.count), "ms")
  try measureRestricted(reader, all, queries, stored)
  var resident = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &resident)
  report("vectors, most memory, with the sample", Double(resident.ru_maxrss) / 1024, "MB")
  try measureRecall(reader, all, Array(queries.prefix(200)), stored)
}

/// Seconds of processor time of this process.
func cpu() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

private func write(
  _ all: VectorSample, _ stored: Int, to path: String, as model: EmbeddingModel
) throws {
  let connection = try Connection(path: path, mode: .create)
  try VectorFile.prepare(connection)
  let writer = try VectorIndexWriter(connection: connection, model: model)
  func put(_ numbers: Range<Int>) throws {
    try writer.transaction {
      for number in numbers {
        let passage = VectorPassage(
          hash: VectorSample.hash(number), vector: all[number])
        try writer.replace(message: Int64(number + 1), with: [passage])
      }
    }
  }
  let group = 128
  let grouped = stored - stored / 10 % 200
  let start = cpu()
  let began = now()
  for first in stride(from: 0, to: grouped, by: group) {
    try put(first..<min(first + group, grouped))
    if first / group % 100 == 99 { try connection.checkpoint() }
  }
  try connection.checkpoint()
  report(
    "vectors, written in groups of \(group), CPU", (cpu() - start) * 1000 / Double(grouped), "ms")
  report("vectors, written in groups of \(group)", (now() - began) * 1000 / Double(grouped), "ms")
  var times: [Double] = []
  for number in grouped..<stored {
    let start = cpu()
    try put(number..<number + 1)
    times.append(cpu() - start)
  }
  try connection.checkpoint()
  report("vectors, one written alone, CPU", latencies: times)
  var file = stat()
  stat(path, &file)
  report("vectors, file", Double(file.st_size) / Double(stored), "bytes a vector")
}

/// Searches among some messages only, and scores given ones.
private func measureRestricted(
  _ reader: VectorIndexReader, _ all: VectorSample, _ queries: [Int], _ stored: Int
) throws {
  for (name, step) in [("half", 2), ("1 %", 100), ("0.1 %", 1000)] {
    let allowed = MessageSet(stride(from: Int64(1), to: Int64(stored), by: step).map { $0 })
    var times: [Double] = []
    for query in queries.prefix(200) {
      let start = cpu()
      _ = try reader.nearest(to: all[query], limit: 10, among: allowed)
      times.append(cpu() - start)
    }
    report("vectors, search among \(name), CPU", latencies: times)
  }
  var times: [Double] = []
  var random = VectorSample.Random(state: 7)
  for query in queries.prefix(200) {
    let messages = (0..<1000).map { _ in Int64(random.next() % UInt64(stored)) + 1 }
    let start = cpu()
    _ = try reader.scores(of: messages, to: all[query])
    times.append(cpu() - start)
  }
  report("vectors, 1000 messages scored, CPU", latencies: times)
}

/// Compares what is found with the nearest by exact arithmetic on the vectors as they came.
private func measureRecall(
  _ reader: VectorIndexReader, _ all: VectorSample, _ queries: [Int], _ stored: Int
) throws {
  let exact = queries.map { query in
    all.products(with: query, below: stored).enumerated()
      .sorted { $0.element > $1.element }.prefix(10).map { Int64($0.offset + 1) }
  }
  for effort in [
    VectorEffort(scanned: 200, rescored: 200), VectorEffort(scanned: 400, rescored: 400),
    VectorEffort(scanned: 1000, rescored: 1000), VectorEffort(scanned: 1000, rescored: 200),
    VectorEffort(scanned: 2000, rescored: 200), VectorEffort(scanned: 4000, rescored: 100),
    VectorEffort(scanned: 4000, rescored: 200), VectorEffort(scanned: 4000, rescored: 400),
    VectorEffort(scanned: 10_000, rescored: 200),
  ] {
    reader.effort = effort
    var found = 0
    let start = cpu()
    for (place, query) in queries.enumerated() {
      let hits = Set(try reader.nearest(to: all[query], limit: 10).map(\.message))
      found += exact[place].count { hits.contains($0) }
    }
    let spent = (cpu() - start) * 1000 / Double(queries.count)
    report(
      "vectors, recall of 10, \(effort.scanned) scanned, \(effort.rescored) compared (\(spent) ms)",
      Double(found) / Double(10 * queries.count), "")
  }
  reader.effort = .standard
}
