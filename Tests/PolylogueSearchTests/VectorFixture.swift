import Foundation
import PolylogueModel
import PolylogueSQL
import PolylogueSearch

/// A file of vectors in a folder of its own, removed with it.
final class VectorFixture {
  let path: String
  let connection: Connection

  init() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.appendingPathComponent("vectors.db").path
    connection = try Connection(path: path, mode: .create)
    try VectorFile.prepare(connection)
  }

  deinit {
    try? FileManager.default.removeItem(
      at: URL(fileURLWithPath: path).deletingLastPathComponent())
  }

  static func model(_ dimensions: Int, revision: String = "1") -> EmbeddingModel {
    EmbeddingModel(name: "test", revision: revision, dimensions: dimensions, tokenLimit: 256)
  }

  func writer(_ dimensions: Int, revision: String = "1") throws -> VectorIndexWriter {
    try VectorIndexWriter(
      connection: connection, model: VectorFixture.model(dimensions, revision: revision))
  }

  func reader(
    _ dimensions: Int, revision: String = "1", level: VectorLevel = .best,
    cache: VectorCache = VectorCache()
  ) throws -> VectorIndexReader {
    try VectorIndexReader(
      connection: Connection(path: path, mode: .readOnly),
      model: VectorFixture.model(dimensions, revision: revision), cache: cache, level: level)
  }

  /// Stores each vector as the only passage of message 1, 2, …
  func store(_ vectors: [[Float]], in writer: VectorIndexWriter) throws {
    for first in stride(from: 0, to: vectors.count, by: 500) {
      try writer.transaction {
        for place in first..<min(first + 500, vectors.count) {
          try writer.replace(
            message: Int64(place + 1), with: [VectorFixture.passage(place, vectors[place])])
        }
      }
    }
  }

  static func passage(_ text: Int, _ vector: [Float]? = nil) -> VectorPassage {
    VectorPassage(hash: hash(text), vector: vector)
  }

  static func hash(_ text: Int) -> TextHash {
    TextHash((0..<16).map { $0 < 8 ? UInt8(truncatingIfNeeded: text >> ($0 * 8)) : 7 })
  }

  // MARK: Vectors

  /// The same numbers in every run.
  struct Random: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      var mixed = state ^ (state >> 29)
      mixed = mixed &* 0xbf58_476d_1ce4_e5b9
      return mixed ^ (mixed >> 32)
    }

    /// About normally distributed, by the sum of four numbers.
    mutating func normal() -> Float {
      let bits = next()
      let sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48)
      return (Float(sum) / 65536 - 2) * 1.7
    }
  }

  static func unit(_ vector: [Float]) -> [Float] {
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return vector.map { $0 / length }
  }

  static func random(_ count: Int, _ dimensions: Int, seed: UInt64) -> [[Float]] {
    var random = Random(state: seed)
    return (0..<count).map { _ in unit((0..<dimensions).map { _ in random.normal() }) }
  }

  /// Vectors around centres, as those of texts are.
  static func clustered(_ count: Int, _ dimensions: Int, seed: UInt64) -> [[Float]] {
    var random = Random(state: seed)
    let centres = VectorFixture.random(max(1, count / 40), dimensions, seed: seed &+ 1)
    return (0..<count).map { _ in
      let centre = centres[Int(random.next() % UInt64(centres.count))]
      return unit(centre.map { $0 + random.normal() * 0.8 / Float(dimensions).squareRoot() })
    }
  }

  static func cosine(_ a: [Float], _ b: [Float]) -> Float {
    var sum: Float = 0
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        for place in a.indices { sum += a[place] * b[place] }
      }
    }
    return sum
  }

  /// The nearest vectors by exact arithmetic, as messages.
  static func nearest(_ query: [Float], _ vectors: [[Float]], _ limit: Int) -> [Int64] {
    vectors.map { cosine(query, $0) }.enumerated().sorted { $0.element > $1.element }
      .prefix(limit).map { Int64($0.offset + 1) }
  }
}
