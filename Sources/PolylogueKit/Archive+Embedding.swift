import Glibc
public import PolylogueModel
import PolylogueSQL
import PolylogueSearch
import PolylogueStore

extension Archive {
  /// Messages in the queue that a search counts, before it says “more than”.
  private static let countedWaiting = 10_000

  /// How long `embed` waits for its turn, in seconds: another one may take hours.
  private static let embedPatience = 10.0

  /// Computes the vectors of all messages that have none yet, newest first, and takes away those of
  /// messages that are gone.
  ///
  /// It can take hours and be stopped at any time, by force too: each group of some hundred texts is
  /// committed with its vectors, and only the one that is being computed is lost. A text is computed
  /// once for each model, however many messages say it, and is found by search from then on. What is
  /// imported meanwhile is taken in. Reading and importing go on beside it.
  ///
  /// - Parameters:
  ///   - embedder: The model.
  ///   - limit: The most messages to look at; nil for all.
  ///   - onProgress: Told after each group, on the calling thread.
  ///   - isCancelled: Asked before each group, and while the model works by
  ///     ``TextEmbedder/vectors(of:isCancelled:)``.
  /// - Returns: What was done; texts that the model fails on are in ``EmbedReport/failed``.
  /// - Throws: ``ArchiveError``: `locked` when another process computes, `newerVersion` when a newer
  ///   version has written `vectors.db`; `CancellationError` when it is stopped while it waits for its
  ///   turn; what the model throws when it fails on everything. What was committed is kept.
  public func embed(
    with embedder: any TextEmbedder, limit: Int? = nil,
    onProgress: (EmbedProgress) -> Void = { _ in }, isCancelled: () -> Bool = { false }
  ) throws -> EmbedReport {
    let started = Timestamp.now
    let lock = try WriterLock(
      path: folder.vectorsLockPath, patience: Archive.embedPatience)
    // Whoever keeps the file for a moment, to take deleted messages away, is waited for.
    lock.onWait = onWait
    do {
      try lock.acquire(isCancelled: isCancelled)
    } catch let error as ArchiveError where error.code == .locked {
      throw ArchiveError(
        .locked,
        "another process is computing vectors; it takes in what comes meanwhile, so that there is"
          + " nothing to do")
    }
    defer { lock.release() }
    func attempt() throws -> EmbedReport {
      // Nothing of what is computed may meet a damaged page, and searches would go on to.
      try VectorKeeper.check(folder)
      let run = try EmbedRun(
        keeper: VectorKeeper(folder: folder, lock: lock), embedder: embedder)
      try run.run(limit: limit, onProgress: onProgress, isCancelled: isCancelled)
      return run.report
    }
    var report: EmbedReport
    do {
      report = try attempt()
    } catch {
      let known = VectorKeeper.translate(error, folder: folder)
      guard (known as? ArchiveError)?.code == .damaged, !(error is ArchiveError) else {
        throw known
      }
      try VectorKeeper.remove(folder)
      do {
        report = try attempt()
      } catch {
        throw VectorKeeper.translate(error, folder: folder)
      }
      report.notes.append("\(folder.vectorsPath) was damaged and was made anew")
    }
    report.seconds = Double(Timestamp.now.microseconds - started.microseconds) / 1e6
    return report
  }

  /// What the archive has of each model's vectors; none where nothing was computed yet.
  ///
  /// - Throws: ``ArchiveError`` when the file of vectors cannot be read.
  public func embeddings() throws -> [EmbeddingState] {
    guard ArchiveFolder.byteCount(of: folder.vectorsPath) > 0 else { return [] }
    do {
      let vectors = try Connection.reading(path: folder.vectorsPath)
      return try VectorFile.models(in: vectors).map { state in
        EmbeddingState(
          model: state.model, vectors: state.vectors, messages: state.messages,
          waiting: state.waiting + (try messages(after: state.watermark)))
      }
    } catch {
      throw VectorKeeper.translate(error, folder: folder)
    }
  }

  /// How far the vectors of a model have come. A model that was never used has all messages waiting.
  ///
  /// - Complexity: O(messages that wait).
  ///
  /// - Parameter model: The model.
  /// - Throws: ``ArchiveError`` when the file of vectors cannot be read.
  public func embeddingState(of model: EmbeddingModel) throws -> EmbeddingState {
    try embeddings().first { $0.model == model }
      ?? EmbeddingState(
        model: model, vectors: 0, messages: 0, waiting: try statistics().messages)
  }

  /// Takes a model's vectors away.
  ///
  /// - Parameter model: The model.
  /// - Returns: Whether there were any.
  /// - Throws: ``ArchiveError``: `locked` when another process keeps them.
  @discardableResult
  public func removeEmbeddings(of model: EmbeddingModel) throws -> Bool {
    guard ArchiveFolder.byteCount(of: folder.vectorsPath) > 0 else { return false }
    let lock = try WriterLock(path: folder.vectorsLockPath)
    lock.onWait = onWait
    return try lock.withLock {
      do {
        let keeper = try VectorKeeper(folder: folder, lock: lock)
        let isThere = try VectorFile.remove(model, from: keeper.connection)
        try keeper.checkpoint()
        return isThere
      } catch {
        throw VectorKeeper.translate(error, folder: folder)
      }
    }
  }

  /// Messages that changes of the archive name after a line of the change feed, at most.
  ///
  /// - Parameter limit: The most lines that are looked at.
  private func messages(after sequence: Int64, lines limit: Int64 = .max) throws -> Int {
    try translating {
      Int(
        try connection.integer(
          """
          SELECT sum(last - first + 1) FROM
            (SELECT kind, first, last FROM change WHERE sequence > ? ORDER BY sequence LIMIT ?)
          WHERE kind = ?
          """, sequence, limit, Int64(ChangeKind.messages.rawValue)) ?? 0)
    }
  }

  /// How many messages wait to be looked at, so that search by meaning finds them; a moment's work
  /// however many there are.
  ///
  /// - Returns: At least so many, where it is not exact. Some of them may say nothing.
  func waiting(of model: EmbeddingModel) throws -> (count: Int, isExact: Bool) {
    guard let open = openVectors,
      let progress = try VectorFile.progress(
        of: model, in: open.connection, countedUpTo: Archive.countedWaiting)
    else { return (0, true) }
    let newest = try connection.integer("SELECT max(sequence) FROM change") ?? 0
    let came = try messages(after: progress.watermark, lines: Archive.catchUpLimit)
    return (
      progress.waiting + came,
      progress.waiting < Archive.countedWaiting
        && newest - progress.watermark <= Archive.catchUpLimit
    )
  }

  // MARK: Reading

  /// The vectors of a model, opened once and again when another file has taken their place; nil when
  /// there are none of any model.
  ///
  /// What was deleted since is taken away first, as far as that is a matter of moments; what came
  /// waits for ``embed(with:limit:onProgress:isCancelled:)``.
  func vectors(of model: EmbeddingModel) throws -> VectorIndexReader? {
    var file = stat()
    guard stat(folder.vectorsPath, &file) == 0, file.st_size > 0 else {
      openVectors = nil
      return nil
    }
    do {
      try takeVectorsAway()
      if let open = openVectors, open.device == file.st_dev, open.inode == file.st_ino {
        if let known = open.readers[model] { return known }
        let reader = try VectorIndexReader(
          connection: open.connection, model: model, cache: vectorCache)
        openVectors?.readers[model] = reader
        return reader
      }
      let connection = try Connection.reading(path: folder.vectorsPath)
      connection.interruption = interruption
      let reader = try VectorIndexReader(connection: connection, model: model, cache: vectorCache)
      openVectors = OpenVectors(
        connection: connection, readers: [model: reader], device: file.st_dev,
        inode: file.st_ino)
      return reader
    } catch {
      throw VectorKeeper.translate(error, folder: folder)
    }
  }

  /// Takes away the vectors of what was deleted, where few changes are to be looked through and nobody
  /// else keeps the file: whoever deletes does, unless somebody computed just then and was killed. What
  /// came is not looked at. Best effort: a hit whose message is gone is left out in any case.
  private func takeVectorsAway() throws {
    let newest = try translating {
      try connection.integer("SELECT max(sequence) FROM change") ?? 0
    }
    guard newest != vectorsSeenAt else { return }
    vectorsSeenAt = newest
    let vectors = try Connection.reading(path: folder.vectorsPath)
    let states = try VectorFile.models(in: vectors, countsWaiting: false)
    guard let seen = states.map(\.watermark).min(),
      seen < newest, newest - seen <= Archive.catchUpLimit,
      try translating({
        try FeedReader(connection: connection, compressor: compressor).removals(after: seen)
      }).contains(where: { try VectorFile.hasVectors(of: $0, in: vectors) })
    else { return }
    forgetVectors()
  }

  /// Takes the vectors of deleted messages away, if there are vectors and nobody else keeps them;
  /// whoever does takes them away itself.
  func forgetVectors() {
    guard let keeper = try? VectorKeeper.ifFree(folder) else { return }
    try? keeper.takeAway()
    try? keeper.checkpoint()
  }
}

/// The file of vectors as a reader has it open.
struct OpenVectors {
  let connection: Connection
  var readers: [EmbeddingModel: VectorIndexReader]
  let device: dev_t
  let inode: ino_t
}
