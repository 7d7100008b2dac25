import Glibc
import PolylogueLanguageModels
import PolylogueModel
import PolylogueSQL
import Synchronization

/// The vectors of what is asked, by the model in use; shared by the readers of a pool, so that one
/// model is loaded for all of them.
///
/// One thread computes at a time. Those that waited while it failed fail with it instead of each
/// trying an endpoint that does not answer; what is known already is not waited for.
final class QueryVectors: Sendable {
  /// How many questions are remembered.
  private static let memory = 64

  /// What gives the model in use, once it is needed.
  typealias Maker = @Sendable (Interruption) throws -> any TextEmbedder

  private struct Work: ~Copyable {
    var embedder: (any TextEmbedder)?
  }

  private struct State {
    var model: EmbeddingModel?
    /// Whether the model was seen to compute what it has to.
    var isProved = false
    var known: [String: [Float]] = [:]
    var order: [String] = []
    var failures = 0
    var failure: (any Error)?
  }

  /// Held while something is computed; `state` only for moments, also within this.
  private let work = Mutex(Work())
  private let state = Mutex(State())
  private let makeEmbedder: Maker

  /// - Parameter makeEmbedder: Gives the model in use, once it is needed.
  init(
    makeEmbedder: @escaping Maker = { interruption in
      try LanguageModels().embedder(isAwaited: true) { interruption.isRequested }
    }
  ) {
    self.makeEmbedder = makeEmbedder
  }

  /// The model in use; nil where there is none.
  ///
  /// - Parameter interruption: Looked at while an endpoint is asked what it computes.
  /// - Throws: ``LanguageModelError`` for a model that is damaged or badly set up.
  func model(unless interruption: Interruption) throws -> EmbeddingModel? {
    if let model = state.withLock(\.model) { return model }
    do {
      return try working(unless: interruption) { embedder in embedder.model }
    } catch let error as LanguageModelError where error.code == .noModel {
      return nil
    }
  }

  /// The vector of a text.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - model: The model that it has to be of, as ``model(unless:)`` gave it.
  ///   - interruption: Looked at several times a second.
  /// - Throws: ``LanguageModelError``, ``LanguageModelError/Code/changed`` when another model has come
  ///   into use meanwhile: the next question is asked of that one.
  /// - Complexity: 0.2 s for the first, some milliseconds for those after; another thread's
  ///   is waited for.
  func vector(
    of text: String, by model: EmbeddingModel, unless interruption: Interruption
  ) throws -> [Float] {
    if let known = known(text, by: model) { return known }
    return try working(unless: interruption) { embedder in
      guard embedder.model == model else {
        throw LanguageModelError(.changed, "another model has come into use; ask again")
      }
      // The thread before may have asked the same.
      if let known = known(text, by: model) { return known }
      // A damaged model would answer with what is nearest to nonsense.
      if !state.withLock(\.isProved) {
        try LanguageModels().prove(embedder)
        state.withLock { $0.isProved = true }
      }
      let vector = try embedder.vectors(of: [text], isCancelled: { interruption.isRequested })
      remember(text, vector)
      return vector
    }
  }

  private func known(_ text: String, by model: EmbeddingModel) -> [Float]? {
    state.withLock { $0.model == model ? $0.known[text] : nil }
  }

  private func remember(_ text: String, _ vector: [Float]) {
    state.withLock { state in
      if state.order.count >= QueryVectors.memory {
        state.known[state.order.removeFirst()] = nil
      }
      state.known[text] = vector
      state.order.append(text)
    }
  }

  /// Does something with the model, alone.
  private func working<Result: Sendable>(
    unless interruption: Interruption, _ body: @Sendable (any TextEmbedder) throws -> Result
  ) throws -> Result {
    let failuresBefore = state.withLock(\.failures)
    return try alone(interruption) { work in
      if let failure = state.withLock({ $0.failures > failuresBefore ? $0.failure : nil }) {
        throw failure
      }
      do {
        let embedder = try work.embedder ?? makeEmbedder(interruption)
        work.embedder = embedder
        state.withLock { $0.model = embedder.model }
        return try body(embedder)
      } catch {
        // What has failed may have been replaced, or set up anew.
        if !interruption.isRequested {
          work.embedder = nil
          state.withLock { state in
            state = State(failures: state.failures + 1, failure: error)
          }
        }
        throw error
      }
    }
  }

  /// Holds the model, once those before have done with it or nobody wants it any more.
  private func alone<Result: Sendable>(
    _ interruption: Interruption, _ body: (inout sending Work) throws -> sending Result
  ) throws -> Result {
    while true {
      if let answer = try work.withLockIfAvailable(body) { return answer }
      guard !interruption.isRequested else { throw CancellationError() }
      usleep(1000)
    }
  }
}
