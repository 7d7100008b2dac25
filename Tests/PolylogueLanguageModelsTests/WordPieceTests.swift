import Foundation
import PolylogueLanguageModels
import Testing

/// The reference is the package `tokenizers`; `scripts/generate-wordpiece-vectors.py` asked it.
struct WordPieceTests {
  @Test func `cuts texts of many scripts as the reference does`() throws {
    let tokenizer = try WordPieceTokenizer(vocabulary: Vectors.bytes("small.txt"))
    try Vectors.compare(tokenizer, with: "small.json")
  }

  @Test(.enabled(if: InstalledModel.folder != nil, InstalledModel.reason))
  func `cuts texts as the reference does with the model's vocabulary`() throws {
    let folder = try #require(InstalledModel.folder)
    let vocabulary = try Data(contentsOf: URL(fileURLWithPath: folder + "/vocab.txt"))
    try Vectors.compare(WordPieceTokenizer(vocabulary: Array(vocabulary)), with: "model.json")
  }

  @Test(arguments: [2, 3, 7, 255])
  func `never gives more pieces than asked for, and ends each text`(limit: Int) throws {
    let tokenizer = try WordPieceTokenizer(vocabulary: Vectors.bytes("small.txt"))
    for text in try Vectors.texts() {
      let whole = tokenizer.pieces(of: text, limit: 100_000)
      let cut = tokenizer.pieces(of: text, limit: limit)
      #expect(cut.count == min(limit, whole.count))
      #expect(cut.dropLast() == whole.prefix(cut.count - 1))
      #expect(cut.last == whole.last)
    }
  }

  @Test(arguments: ["", "a\nb\n", "[PAD]\n[UNK]\n[CLS]\n"])
  func `refuses a vocabulary without its special pieces`(vocabulary: String) {
    let error = #expect(throws: LanguageModelError.self) {
      try WordPieceTokenizer(vocabulary: Array(vocabulary.utf8))
    }
    #expect(error?.code == .damaged)
  }
}

/// The files beside the tests.
enum Vectors {
  static func bytes(_ name: String) throws -> [UInt8] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Vectors/" + name)
    return Array(try Data(contentsOf: file))
  }

  static func texts() throws -> [String] {
    try JSONDecoder().decode([String].self, from: Data(bytes("texts.json")))
  }

  static func compare(_ tokenizer: WordPieceTokenizer, with name: String) throws {
    let expected = try JSONDecoder().decode([[Int32]].self, from: Data(bytes(name)))
    let texts = try Vectors.texts()
    #expect(texts.count == expected.count)
    for (index, text) in texts.enumerated() {
      #expect(tokenizer.pieces(of: text, limit: 256) == expected[index], "text \(index)")
    }
  }
}

/// The model that is installed on this machine, where there is one.
enum InstalledModel {
  /// Its folder.
  static let folder: String? = {
    guard let root = ProcessInfo.processInfo.environment["POLYLOGUE_MODELS"] else { return nil }
    let active = root + "/active"
    return FileManager.default.fileExists(atPath: active + "/model.json") ? active : nil
  }()
  static let reason: Comment = "POLYLOGUE_MODELS names no folder with an installed model"
}
