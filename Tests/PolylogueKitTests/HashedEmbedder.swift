import Foundation
import PolylogueModel

/// A model of meaning for tests: a text's vector is the sum of a fixed vector for each of its words.
final class HashedEmbedder: TextEmbedder, @unchecked Sendable {  // One thread uses it at a time.
  struct Failure: Error {}

  let model: EmbeddingModel
  /// The texts that were asked for.
  private(set) var texts: [String] = []
  /// The texts of each question.
  private(set) var groups: [Int] = []
  /// Told before each question.
  var onGroup: ([String]) throws -> Void = { _ in }
  /// Texts that it fails on.
  var rejects: (String) -> Bool = { _ in false }
  /// What is given instead of a vector's first number.
  var first: Float?

  init(_ dimensions: Int = 32, name: String = "hashed", revision: String = "1") {
    model = EmbeddingModel(
      name: name, revision: revision, dimensions: dimensions, tokenLimit: 256)
  }

  func vectors(of texts: [String]) throws -> [Float] {
    try onGroup(texts)
    if texts.contains(where: rejects) { throw Failure() }
    self.texts += texts
    groups.append(texts.count)
    return texts.flatMap(vector)
  }

  func vector(_ text: String) -> [Float] {
    var sum = [Float](repeating: 0.001, count: model.dimensions)
    for word in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
      var state: UInt64 = 14_695_981_039_346_656_037
      for byte in word.utf8 { state = (state ^ UInt64(byte)) &* 1_099_511_628_211 }
      for place in sum.indices {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        sum[place] += Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
      }
    }
    let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
    var unit = sum.map { $0 / length }
    if let first { unit[0] = first }
    return unit
  }
}
