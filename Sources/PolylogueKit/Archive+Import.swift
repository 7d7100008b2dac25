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
    guard !options.isDryRun else {
      return try ImportPipeline(folder: folder, options: options)
        .rehearse(paths, isCancelled: isCancelled, onEvent: onEvent)
    }
    return try run(.paths(paths), options: options, isCancelled: isCancelled, onEvent: onEvent)
  }

  /// Reads the bytes that the archive keeps with today's parsers, without the original files.
  ///
  /// Before that, what is stored is compared with what was written; a conversation that is damaged is
  /// written anew from the bytes that it was read from, and named in the report where they do not
  /// bring it back.
  ///
  /// What a parser understands better than the one that read the bytes before replaces that; rows
  /// that say the same are not written. Tags and stars stay, what was deleted stays deleted. What a
  /// parser no longer understands stays as it was, and is named in the report. It can be stopped at
  /// any time, and goes on where it was.
  ///
  /// - Parameters:
  ///   - all: Also read what today's parsers have read already.
  ///   - options: The importers and bounds; nothing else of it applies.
  ///   - isCancelled: Asked about ten times a second.
  ///   - onEvent: Told what happens, on the calling thread.
  /// - Throws: ``ArchiveError`` when the archive cannot be written; what cannot be read is reported.
  public func reprocess(
    all: Bool = false, options: ImportOptions = ImportOptions(),
    isCancelled: () -> Bool = { false }, onEvent: @escaping (ImportEvent) -> Void = { _ in }
  ) throws -> ImportReport {
    try run(.archive(all: all), options: options, isCancelled: isCancelled, onEvent: onEvent)
  }

  private func run(
    _ input: ImportPipeline.Input, options: ImportOptions, isCancelled: () -> Bool,
    onEvent: @escaping (ImportEvent) -> Void
  ) throws -> ImportReport {
    let session = try writing()
    // Shared by all who import: nobody clears away meanwhile what an import has just found.
    let presence = try WriterLock(path: folder.importLockPath, isShared: true)
    try presence.acquire()
    defer { presence.release() }
    return try translating {
      let index = try IndexThread(
        keeper: IndexKeeper(folder: folder, patience: indexPatience, onWait: onWait))
      defer { index.stop() }
      var report = try ImportPipeline(folder: folder, options: options).run(
        input, session: session, isCancelled: isCancelled, onEvent: onEvent,
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
