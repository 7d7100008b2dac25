import Glibc
import PolylogueLanguageModels
import PolylogueModel
import PolylogueSQL
import PolylogueSearch
import PolylogueStore

/// Search by meaning.
extension Archive {
  /// Whether messages can be found by what they mean: there is a model, and there are vectors of it.
  func canSearchByMeaning() throws -> Bool {
    guard access(folder.vectorsPath, F_OK) == 0, let model = try? queries.model() else {
      return false
    }
    return try vectorIndex(of: model)?.count() ?? 0 > 0
  }

  /// How alike messages are to a text; nil, with the reason among the notes, when that cannot be told.
  func meaning(of text: String, notes: inout [String]) throws -> QuestionMeaning? {
    guard let index = try meaningIndex(notes: &notes) else { return nil }
    let queries = queries
    do {
      // What cannot be computed is known before anything is ranked by it.
      _ = try queries.vector(of: text)
    } catch let error as LanguageModelError {
      notes.append("searched by words: \(error.message)")
      return nil
    }
    return QuestionMeaning(text, in: index) { try queries.vector(of: $0) }
  }

  /// The vectors of the model in use; nil, with the reason among the notes, where there are none.
  func meaningIndex(notes: inout [String]) throws -> VectorIndexReader? {
    let model: EmbeddingModel
    do {
      guard let found = try queries.model() else {
        notes.append("searched by words, for want of a model: “polylogue models install” gets one")
        return nil
      }
      model = found
    } catch let error as LanguageModelError {
      notes.append("searched by words: \(error.message)")
      return nil
    }
    guard let index = try vectorIndex(of: model), try index.count() > 0 else {
      notes.append("searched by words, for want of vectors: “polylogue embed” computes them")
      return nil
    }
    return index
  }

  /// The vectors of a model; nil where there is no file of vectors.
  private func vectorIndex(of model: EmbeddingModel) throws -> VectorIndexReader? {
    var file = stat()
    guard stat(folder.vectorsPath, &file) == 0, file.st_size > 0 else {
      vectors = nil
      return nil
    }
    if let vectors, vectors.device == file.st_dev, vectors.inode == file.st_ino,
      vectors.reader.model == model
    {
      return vectors.reader
    }
    let connection = try Connection.reading(path: folder.vectorsPath)
    connection.interruption = interruption
    let reader = try VectorIndexReader(
      connection: connection, model: model, cache: queries.messages)
    vectors = OpenVectors(reader: reader, device: file.st_dev, inode: file.st_ino)
    return reader
  }
}

/// The vectors as a reader has them open.
struct OpenVectors {
  let reader: VectorIndexReader
  let device: dev_t
  let inode: ino_t
}
