import Glibc
public import PolylogueModel

/// The language models of this machine and of its user.
///
///     let embedder = try LanguageModels().embedder()
///     let vector = try embedder.vectors(of: ["why the cache was wrong"])
public struct LanguageModels: Sendable {
  /// The value of an environment variable.
  public typealias Environment = @Sendable (String) -> String?

  let environment: Environment

  /// The models that an environment names.
  ///
  /// - Parameter environment: The variables; the process's own unless given.
  public init(
    environment: @escaping Environment = { name in getenv(name).map { String(cString: $0) } }
  ) {
    self.environment = environment
  }

  /// Where installed models are: `POLYLOGUE_MODELS`, else `polylogue-models` in `XDG_DATA_HOME`, else
  /// in `.local/share` of the home folder.
  ///
  /// - Throws: ``LanguageModelError/Code/configuration`` when the environment names no place.
  public func folder() throws(LanguageModelError) -> String {
    if let named = environment("POLYLOGUE_MODELS"), !named.isEmpty { return named }
    if let data = environment("XDG_DATA_HOME"), data.hasPrefix("/") {
      return data + "/polylogue-models"
    }
    if let home = environment("HOME"), !home.isEmpty {
      return home + "/.local/share/polylogue-models"
    }
    throw LanguageModelError(
      .configuration, "no place for models is known; set POLYLOGUE_MODELS to a folder")
  }

  /// Whether texts are sent to an endpoint to have their vectors computed.
  public var usesEndpoint: Bool { !(environment("POLYLOGUE_EMBEDDINGS_URL") ?? "").isEmpty }

  /// What computes vectors: the endpoint that the environment names, else the installed model.
  ///
  /// Of an installed model nothing is started before the first text. An endpoint is asked for the
  /// length of its vectors, unless that is set.
  ///
  /// - Parameters:
  ///   - isAwaited: Whether somebody waits for the answer: an endpoint is then given up soon, and a
  ///     model works at this process's own priority.
  ///   - isCancelled: Asked every now and then while an endpoint is.
  /// - Returns: An embedder of its own for each call; several work side by side.
  /// - Throws: ``LanguageModelError``, ``LanguageModelError/Code/noModel`` when there is none.
  public func embedder(
    isAwaited: Bool = false, isCancelled: () -> Bool = { false }
  ) throws(LanguageModelError) -> any TextEmbedder {
    if let settings = try EndpointSettings(environment) {
      var options = EndpointClient.Options()
      if isAwaited {
        (options.tries, options.longestWait, options.patience) = (2, 2, 5)
        (options.connectSeconds, options.totalSeconds) = (5, 10)
      }
      return try EndpointEmbedder(settings, options: options, isCancelled: isCancelled)
    }
    guard let active = try store().active else { throw LanguageModels.noModel }
    var options = WorkerProcess.Options()
    if isAwaited { options.niceness = 0 }
    return try LocalEmbedder(
      folder: active, executable: WorkerExecutable.find(environment), options: options)
  }
}
