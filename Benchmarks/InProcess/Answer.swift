import Glibc
import PolylogueKit
import PolylogueModel

/// Answers questions from standard input, all at once, until it ends.
///
/// A question is a line of a number, a verb and an argument, separated by tabs: `search WORDS`,
/// `list`, `show INDEX`, `import FILE`, `delete ID`. An answer is a line of the question's number and
/// `ok`, `none`, or `failed` with the reason.
func answer(_ archive: AsyncPolylogue) async throws {
  // One that keeps what has ended until it is asked for would grow with every question.
  await withDiscardingTaskGroup { group in
    for await line in lines() {
      group.addTask {
        let parts = line.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return }
        do {
          let found = try await act(archive, verb: parts[1], argument: String(parts[2]))
          say("\(parts[0])\t\(found ? "ok" : "none")")
        } catch {
          say("\(parts[0])\tfailed: \(error)")
        }
      }
    }
  }
}

/// Writes a line at once and whole, whichever thread writes.
private func say(_ line: String) {
  var line = line + "\n"
  line.withUTF8 { _ = write(STDOUT_FILENO, $0.baseAddress, $0.count) }
}

private func act(
  _ archive: AsyncPolylogue, verb: Substring, argument: String
) async throws -> Bool {
  switch verb {
  case "search": return try await !archive.search(argument).hits.isEmpty
  case "list": return try await !archive.list().items.isEmpty
  case "show":
    let page = try await archive.list(limit: (Int(argument) ?? 0) + 1)
    guard let summary = page.items.last else { return false }
    return try await archive.conversation(summary.id) != nil
  case "import": return try await archive.import([argument]).report().failed.isEmpty
  default: return false
  }
}

/// The lines of standard input, read by a thread of its own: reading blocks.
private func lines() -> AsyncStream<String> {
  AsyncStream { continuation in
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Continuation(continuation))
    let code = pthread_create(
      &thread, nil,
      { raw in
        guard let raw else { return nil }
        let lines = Unmanaged<Continuation>.fromOpaque(raw).takeRetainedValue().lines
        while let line = readLine() { lines.yield(line) }
        lines.finish()
        return nil
      }, box.toOpaque())
    if code != 0 { continuation.finish() }
  }
}

private final class Continuation {
  let lines: AsyncStream<String>.Continuation
  init(_ lines: AsyncStream<String>.Continuation) { self.lines = lines }
}
