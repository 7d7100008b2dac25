extension Archive {
  /// Imports files, folders and ZIPs.
  ///
  /// Every byte is kept, what was imported before is recognised, one bad file never stops the
  /// others. Search finds what was imported as soon as the call returns; where it does not, because
  /// another process keeps the text index or cold storage is not connected, a note of the report
  /// says so.
  ///
  /// - Parameters:
  ///   - paths: What to import; `-` is standard input.
  ///   - options: How to import it.
  ///   - isCancelled: Asked about ten times a second; what was acknowledged stays.
  ///   - onEvent: Told what happens, on the calling thread.
  /// - Throws: ``ArchiveError`` when the archive itself cannot be written; bad input is reported, not
  ///   thrown.
  public func importPaths(
    _ paths: [String], options: ImportOptions = ImportOptions(),
    isCancelled: () -> Bool = { false }, onEvent: @escaping (ImportEvent) -> Void = { _ in }
  ) throws -> ImportReport {
    let pipeline = ImportPipeline(folder: folder, options: options)
    guard !options.isDryRun else {
      return try pipeline.rehearse(paths, isCancelled: isCancelled, onEvent: onEvent)
    }
    let session = try writing()
    // Shared by all who import: nobody clears away meanwhile what an import has just found.
    let presence = try WriterLock(path: folder.importLockPath, isShared: true)
    try presence.acquire()
    defer { presence.release() }
    return try translating {
      let index = try IndexThread(
        keeper: IndexKeeper(folder: folder, patience: indexPatience, onWait: onWait))
      defer { index.stop() }
      var report = try pipeline.run(
        paths, session: session, isCancelled: isCancelled, onEvent: onEvent,
        onCommit: { try index.take($0, through: $1) })
      // Everything is durable in the archive by now: should the index fail, the next import or
      // search goes on where it stopped.
      do {
        try index.finish(isCancelled: isCancelled)
      } catch let error as ArchiveError where error.code == .locked {
        report.notes.append(
          "imported, but search does not find all of it yet: another process keeps the text index;"
            + " that one, or the next import or search, takes it in")
      } catch is CancellationError {
        // Likewise.
      }
      if let note = try waitingNote() { report.notes.append(note) }
      try session.checkpoint()
      return report
    }
  }

  /// Reports what an import would find, without an archive being made or changed.
  public static func rehearseImport(
    _ paths: [String], at path: String, options: ImportOptions = ImportOptions(),
    isCancelled: () -> Bool = { false }, onEvent: @escaping (ImportEvent) -> Void = { _ in }
  ) throws -> ImportReport {
    try ImportPipeline(folder: ArchiveFolder(path: path), options: options)
      .rehearse(paths, isCancelled: isCancelled, onEvent: onEvent)
  }
}
