import Foundation
import Testing

@testable import PolylogueKit

@Suite struct CancellationTests {
  private func filled(_ workspace: Workspace) throws -> String {
    let archive = try workspace.archive()
    let conversations = (0..<300).map {
      chatGPT("c\($0)", ["question \($0) of walruses", "answer about walruses"], title: "N \($0)")
    }
    _ = try archive.importPaths([
      try workspace.write("a.json", "[" + conversations.joined(separator: ",") + "]")
    ])
    try archive.close()
    return archive.path
  }

  /// Runs a query, cancels it once it has begun, and expects it to end by that; without an end of
  /// its own it would run for ever.
  private func cancels(_ body: @escaping @Sendable (Archive) throws -> Void) async throws {
    let workspace = try Workspace()
    let path = try filled(workspace)
    try await AsyncPolylogue.open(path: path, readers: 1) { archive in
      let (begun, signal) = AsyncStream.makeStream(of: Void.self)
      let task = Task {
        try await archive.pool.run { reader in
          signal.yield()
          try body(reader)
        }
      }
      for await _ in begun { break }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      let after = try await archive.search("walruses")
      #expect(after.total == 600)
    }
  }

  @Test(.timeLimit(.minutes(1))) func `ends searches that go on and on`() async throws {
    try await cancels { reader in
      while true { _ = try reader.search("walruses OR question answer*") }
    }
  }

  @Test(.timeLimit(.minutes(1))) func `ends an export that goes on and on`() async throws {
    try await cancels { reader in
      while true { try reader.forEachConversation { _, _ in } }
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func `reaches a query that is between two statements`() async throws {
    let gate = DispatchSemaphore(value: 0)
    let workspace = try Workspace()
    let path = try filled(workspace)
    try await AsyncPolylogue.open(path: path, readers: 1) { archive in
      let (begun, signal) = AsyncStream.makeStream(of: Void.self)
      let task = Task {
        try await archive.pool.run { reader in
          signal.yield()
          gate.wait()
          return try reader.list().items.count
        }
      }
      for await _ in begun { break }
      task.cancel()
      gate.signal()
      await #expect(throws: CancellationError.self) { try await task.value }
    }
  }
}
