import Foundation
import PolylogueLanguageModels
import PolylogueModel
import Testing

/// The worker is this repository's own program, which is built beside the tests.
@Suite(.enabled(if: InstalledModel.folder != nil, InstalledModel.reason))
struct LocalEmbedderTests {
  @Test func `texts alike in meaning have vectors alike`() throws {
    let embedder = try LanguageModels().embedder()
    let vectors = try embedder.vectors(of: [
      "How can I make the cache forget old entries?", "The oven needs ten minutes at 200 degrees.",
      "evicting stale values from a key-value store",
    ])
    let size = embedder.model.dimensions
    #expect(vectors.count == 3 * size)
    let rows = (0..<3).map { Array(vectors[$0 * size..<($0 + 1) * size]) }
    for row in rows { #expect(abs(dot(row, row) - 1) < 1e-5) }
    #expect(dot(rows[0], rows[2]) > dot(rows[0], rows[1]) + 0.2)
  }

  @Test func `a text has the same vector in whatever company it comes`() throws {
    let embedder = try LanguageModels().embedder()
    let texts = try Vectors.texts().filter { !$0.isEmpty }
    #expect(texts.count > 128)
    let all = try embedder.vectors(of: texts)
    let size = embedder.model.dimensions
    for index in stride(from: 0, to: texts.count, by: 29) {
      let alone = try embedder.vectors(of: [texts[index]])
      #expect(dot(alone, Array(all[index * size..<(index + 1) * size])) > 0.9999, "text \(index)")
    }
  }

  @Test func `a worker that was killed is replaced`() throws {
    let embedder = try #require(try LanguageModels().embedder() as? LocalEmbedder)
    let before = try embedder.vectors(of: ["one text"])
    let worker = try #require(embedder.workerIdentifier)
    kill(worker, SIGKILL)
    #expect(try embedder.vectors(of: ["one text"]) == before)
    #expect(embedder.workerIdentifier != worker)
  }

  private func dot(_ a: [Float], _ b: [Float]) -> Float {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
