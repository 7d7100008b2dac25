import Foundation
import PolylogueModel
import Testing

@testable import PolylogueLanguageModels

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

  @Test func `what was made of the weights may be cut, empty or gone`() throws {
    // The installed model by links, so that what is made of it is this test's own.
    let installed = try #require(InstalledModel.folder)
    let folder = NSTemporaryDirectory() + "polylogue-compiled-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for name in ["model.onnx", "model.json", "vocab.txt", "lib"] {
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/" + name, withDestinationPath: installed + "/" + name)
    }
    func vector() throws -> [Float] {
      try LocalEmbedder(folder: folder, executable: WorkerExecutable.find { _ in nil })
        .vectors(of: ["one text"])
    }
    let expected = try vector()
    let compiled = folder + "/" + ModelFolder.compiledName
    let made = try FileManager.default.contentsOfDirectory(atPath: compiled)
    try #require(made.count == 1, "an installed model that lacks OpenVINO's own reader")
    let blob = compiled + "/" + made[0]
    let size = try #require(
      try FileManager.default.attributesOfItem(atPath: blob)[.size] as? Int)
    #expect(try vector() == expected)
    for length in [0, 1, 5000, size / 2, size - 1] {
      chmod(blob, 0o600)
      truncate(blob, length)
      #expect(try vector() == expected, "\(length) of \(size) bytes")
    }
    try FileManager.default.removeItem(atPath: compiled)
    #expect(try vector() == expected)
    // Root may write anywhere: what cannot be a folder stands for one that cannot be written to.
    try FileManager.default.removeItem(atPath: compiled)
    try Data().write(to: URL(fileURLWithPath: compiled))
    #expect(try vector() == expected)
  }

  private func dot(_ a: [Float], _ b: [Float]) -> Float {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
