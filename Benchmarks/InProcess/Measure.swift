import Glibc

/// Seconds on a clock that only goes forward.
func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Prints a figure: name, value and unit, separated by tabs.
func report(_ name: String, _ value: Double, _ unit: String) {
  let rounded = (value * 10_000).rounded() / 10_000
  print("\(name)\t\(rounded)\t\(unit)")
}

/// Reports the median and the 99th percentile of seconds as milliseconds.
func report(_ name: String, latencies seconds: [Double]) {
  guard !seconds.isEmpty else { return }
  let sorted = seconds.sorted()
  report("\(name), median", sorted[sorted.count / 2] * 1000, "ms")
  report("\(name), 99 %", sorted[min(sorted.count - 1, sorted.count * 99 / 100)] * 1000, "ms")
}

/// Runs `body` once to warm up, then often, and reports its latencies.
func latency(_ name: String, _ rounds: Int, _ body: () async throws -> Void) async throws {
  try await body()
  var times: [Double] = []
  for _ in 0..<rounds {
    let start = now()
    try await body()
    times.append(now() - start)
  }
  report(name, latencies: times)
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
