import CPolylogueOpenVINO
import PolylogueModel

/// Computes vectors in this process, by a sentence encoder that OpenVINO runs.
///
/// It takes some 300 MB, which stay with the process, so ``LocalEmbedder`` has it in another one.
final class OpenVINOEmbedder: TextEmbedder {
  /// The most tokens of one computation, filled-up rows included. The memory of a computation grows
  /// with it (and with the rows' length); above some hundred it computes no faster.
  static let tokenLimit = 2048

  let model: EmbeddingModel
  private let tokenizer: WordPieceTokenizer
  private let encoder: OpaquePointer

  /// Loads a model: half a second the first time on a machine, 0.1 s from then on.
  ///
  /// - Throws: ``LanguageModelError`` when the folder lacks something or OpenVINO refuses it.
  init(folder: ModelFolder) throws(LanguageModelError) {
    model = folder.model
    tokenizer = try WordPieceTokenizer(
      vocabulary: SmallFile.read(folder.vocabularyPath, limit: 64 << 20))
    encoder = try OpenVINOEmbedder.open(folder)
  }

  deinit { plo_close(encoder) }

  private static func open(_ folder: ModelFolder) throws(LanguageModelError) -> OpaquePointer {
    // One thread, which the system may run on whatever core is free.
    var settings = [
      ("INFERENCE_NUM_THREADS", "1"), ("ENABLE_CPU_PINNING", "NO"),
      ("PERFORMANCE_HINT", "LATENCY"),
    ]
    if let made = folder.compiledPath { settings.append(("CACHE_DIR", made)) }
    var words = [CChar](repeating: 0, count: 1024)
    let encoder = withStrings(settings.flatMap { [$0.0, $0.1] }) { strings in
      var list: [plo_setting] = []
      for index in settings.indices {
        list.append(plo_setting(key: strings[index * 2], value: strings[index * 2 + 1]))
      }
      return plo_open(
        folder.libraryPath, folder.weightsPath, list, list.count, &words, words.count)
    }
    guard let encoder else {
      throw failure(
        "the installed model cannot be loaded; “polylogue models install” makes it anew", words)
    }
    return encoder
  }

  func vectors(of texts: [String]) throws -> [Float] {
    try vectors(count: texts.count) { index, body in
      var text = texts[index]
      return text.withUTF8(body)
    }
  }

  /// The vectors of texts that are given as bytes of UTF-8.
  ///
  /// - Parameters:
  ///   - count: How many there are.
  ///   - access: Hands the bytes of one to a closure.
  func vectors(
    count: Int, _ access: (Int, (UnsafeBufferPointer<UInt8>) -> [Int32]) -> [Int32]
  ) throws(LanguageModelError) -> [Float] {
    var rows: [[Int32]] = []
    rows.reserveCapacity(count)
    for index in 0..<count {
      rows.append(access(index) { tokenizer.pieces(of: $0, limit: model.tokenLimit) })
    }
    // Rows of like length are computed together, the longest first: memory is then taken once.
    let order = rows.indices.sorted {
      rows[$0].count == rows[$1].count ? $0 < $1 : rows[$0].count > rows[$1].count
    }
    var result = [Float](repeating: 0, count: count * model.dimensions)
    var start = 0
    while start < order.count {
      let columns = rows[order[start]].count
      let end = min(order.count, start + max(1, OpenVINOEmbedder.tokenLimit / columns))
      let chosen = order[start..<end]
      let found = try encode(chosen.map { rows[$0] }, columns: columns)
      for (place, index) in chosen.enumerated() {
        let from = place * model.dimensions
        result.replaceSubrange(
          index * model.dimensions..<(index + 1) * model.dimensions,
          with: found[from..<from + model.dimensions])
      }
      start = end
    }
    return result
  }

  private func encode(_ rows: [[Int32]], columns: Int) throws(LanguageModelError) -> [Float] {
    var tokens = [Int64](repeating: Int64(tokenizer.padding), count: rows.count * columns)
    for (index, row) in rows.enumerated() {
      for (column, piece) in row.enumerated() { tokens[index * columns + column] = Int64(piece) }
    }
    let lengths = rows.map { Int32($0.count) }
    var out = [Float](repeating: 0, count: rows.count * model.dimensions)
    var words = [CChar](repeating: 0, count: 1024)
    let code = plo_encode(
      encoder, tokens, lengths, Int64(rows.count), Int64(columns), Int64(model.dimensions), &out,
      &words, words.count)
    guard code == 0 else { throw OpenVINOEmbedder.failure("the model failed", words) }
    guard out.allSatisfy(\.isFinite) else {
      throw LanguageModelError(.failed, "the model failed: it computed what is no number")
    }
    return out
  }

  private static func failure(_ what: String, _ words: [CChar]) -> LanguageModelError {
    let bytes = words.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return LanguageModelError(.failed, "\(what): \(String(decoding: bytes, as: UTF8.self))")
  }
}

/// Lends texts to C, for as long as the closure runs.
private func withStrings<Result>(
  _ texts: [String], _ body: ([UnsafePointer<CChar>]) -> Result
) -> Result {
  func lend(_ lent: [UnsafePointer<CChar>]) -> Result {
    guard lent.count < texts.count else { return body(lent) }
    return texts[lent.count].withCString { lend(lent + [$0]) }
  }
  return lend([])
}
