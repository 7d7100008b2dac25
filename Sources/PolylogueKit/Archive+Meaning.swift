import Glibc
import PolylogueLanguageModels
import PolylogueModel
import PolylogueSQL
import PolylogueSearch
import PolylogueStore

/// Search by meaning.
extension Archive {
  /// Whether messages can be found by what they mean without being asked to: there is a model on this
  /// machine, and there are vectors of it. An endpoint is asked by those alone who name a mode: it is
  /// sent the question, and may not answer.
  func canSearchByMeaning() throws -> Bool {
    guard !LanguageModels().usesEndpoint, access(folder.vectorsPath, F_OK) == 0,
      let model = try? queries.model(unless: interruption)
    else {
      return false
    }
    return try (try? vectors(of: model))?.count() ?? 0 > 0
  }

  /// How alike messages are to a text; nil, with the reason among the notes, when that cannot be told.
  func meaning(of text: String, notes: inout [String]) throws -> QuestionMeaning? {
    guard let index = try meaningIndex(notes: &notes) else { return nil }
    let (queries, interruption, model) = (queries, interruption, index.model)
    let embed = { text in
      try queries.vector(of: text, by: model, unless: interruption)
    }
    do {
      // What cannot be computed is known before anything is ranked by it.
      _ = try embed(text)
    } catch let error as LanguageModelError {
      try connection.checkInterruption()
      notes.append("searched by words: \(error.message)")
      return nil
    }
    return QuestionMeaning(text, in: index, embed: embed)
  }

  /// The vectors of the model in use; nil, with the reason among the notes, where there are none.
  func meaningIndex(notes: inout [String]) throws -> VectorIndexReader? {
    let model: EmbeddingModel
    do {
      guard let found = try queries.model(unless: interruption) else {
        notes.append("searched by words, for want of a model: “polylogue models install” gets one")
        return nil
      }
      model = found
    } catch let error as LanguageModelError {
      try connection.checkInterruption()
      notes.append("searched by words: \(error.message)")
      return nil
    }
    do {
      if let index = try vectors(of: model), try index.count() > 0 {
        try addWaitingNote(of: model, to: &notes)
        return index
      }
      notes.append("searched by words, for want of vectors: “polylogue embed” computes them")
    } catch let error as ArchiveError {
      notes.append("searched by words: \(error.message)")
    }
    return nil
  }

  /// Says how many messages were not looked at yet.
  private func addWaitingNote(of model: EmbeddingModel, to notes: inout [String]) throws {
    let (count, isExact) = try waiting(of: model)
    guard count > 0 else { return }
    notes.append(
      "\(isExact ? "" : "at least ")\(count) \(count == 1 ? "message waits" : "messages wait") for"
        + " “polylogue embed”: search by meaning does not know \(count == 1 ? "it" : "them") yet")
  }
}
