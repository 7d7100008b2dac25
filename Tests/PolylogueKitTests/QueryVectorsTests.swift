import Foundation
import PolylogueLanguageModels
import PolylogueModel
import PolylogueSQL
import Synchronization
import Testing

@testable import PolylogueKit

/// The model that the readers of a pool share.
@Suite struct QueryVectorsTests {
  private let interruption = Interruption()

  @Test func `those that wait while an endpoint fails fail with it`() async throws {
    let tries = Mutex(0)
    let hasBegun = DispatchSemaphore(value: 0)
    let mayFail = DispatchSemaphore(value: 0)
    let queries = QueryVectors { _ in
      tries.withLock { $0 += 1 }
      hasBegun.signal()
      mayFail.wait()
      throw LanguageModelError(.offline, "it does not answer")
    }
    let isOver = DispatchSemaphore(value: 0)
    let ask = { @Sendable [interruption] in
      #expect(throws: LanguageModelError.self) { _ = try queries.model(unless: interruption) }
      _ = isOver.signal()
    }
    await withCheckedContinuation { done in
      Thread {
        Thread(block: ask).start()
        hasBegun.wait()
        for _ in 0..<3 { Thread(block: ask).start() }
        // Who comes after it has failed would rightly ask for itself.
        sleep(1)
        for _ in 0..<4 { mayFail.signal() }
        for _ in 0..<4 { isOver.wait() }
        done.resume()
      }.start()
    }
    #expect(tries.withLock { $0 } == 1)
    #expect(throws: LanguageModelError.self) { try queries.model(unless: interruption) }
    #expect(tries.withLock { $0 } == 2)
  }

  @Test func `a vector is never of another model than was asked for`() throws {
    let revision = Mutex(1)
    let isBroken = Mutex(false)
    let queries = QueryVectors { _ in
      let embedder = HashedEmbedder(revision: "\(revision.withLock { $0 })")
      embedder.onGroup = { _ in
        if isBroken.withLock({ $0 }) { throw HashedEmbedder.Failure() }
      }
      return embedder
    }
    let first = try #require(try queries.model(unless: interruption))
    let vector = try queries.vector(of: "cat", by: first, unless: interruption)
    revision.withLock { $0 = 2 }
    #expect(try queries.vector(of: "cat", by: first, unless: interruption) == vector)
    // What fails is set up anew, and may be another one then.
    isBroken.withLock { $0 = true }
    #expect(throws: HashedEmbedder.Failure.self) {
      try queries.vector(of: "dog", by: first, unless: interruption)
    }
    isBroken.withLock { $0 = false }
    for text in ["cat", "dog"] {
      let error = #expect(throws: LanguageModelError.self) {
        try queries.vector(of: text, by: first, unless: interruption)
      }
      #expect(error?.code == .changed)
    }
    let second = try #require(try queries.model(unless: interruption))
    #expect(second.revision == "2")
    #expect(try queries.vector(of: "cat", by: second, unless: interruption) == vector)
  }
}
