import PolylogueLanguageModels
import PolylogueModel
import Synchronization

/// The vectors of what is asked, by the model in use; shared by the readers of a pool, so that one
/// model is loaded for all of them.
final class QueryVectors: Sendable {
  /// How many questions are remembered.
  private static let memory = 64

  private struct State: ~Copyable {
    var embedder: (any TextEmbedder)?
    var known: [String: [Float]] = [:]
    var order: [String] = []
  }

  private let state = Mutex(State())
  private let makeEmbedder: @Sendable () throws -> any TextEmbedder

  /// - Parameter makeEmbedder: Gives the model in use, once it is needed.
  init(
    makeEmbedder: @escaping @Sendable () throws -> any TextEmbedder = {
      try LanguageModels().embedder(isAwaited: true)
    }
  ) {
    self.makeEmbedder = makeEmbedder
  }

  /// The model in use; nil where there is none.
  ///
  /// - Throws: ``LanguageModelError`` for a model that is damaged or badly set up.
  func model() throws -> EmbeddingModel? {
    try state.withLock { state in
      do {
        return try embedder(&state).model
      } catch let error as LanguageModelError where error.code == .noModel {
        return nil
      }
    }
  }

  /// The vector of a text.
  ///
  /// - Complexity: Half a second for the first, some milliseconds for those after; another thread's
  ///   is waited for.
  func vector(of text: String) throws -> [Float] {
    try state.withLock { state in
      if let known = state.known[text] { return known }
      let vector = try embedder(&state).vectors(of: [text])
      if state.order.count >= QueryVectors.memory {
        state.known[state.order.removeFirst()] = nil
      }
      state.known[text] = vector
      state.order.append(text)
      return vector
    }
  }

  private func embedder(_ state: inout State) throws -> any TextEmbedder {
    if let embedder = state.embedder { return embedder }
    let embedder = try makeEmbedder()
    state.embedder = embedder
    return embedder
  }
}
