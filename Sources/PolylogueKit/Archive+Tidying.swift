import PolylogueSQL
import PolylogueStore

/// What tidying an archive up has done.
public struct TidyReport: Sendable {
  /// The size of a database before and after, in bytes, its log included.
  public struct Size: Sendable {
    /// Before.
    public var before: Int64
    /// After.
    public var after: Int64
  }

  /// `archive.db`.
  public var archive: Size
  /// `index.db`.
  public var index: Size
  /// The segments of the text index before and after.
  public var segments = (before: 0, after: 0)
  /// Blobs that nothing referred to, which were removed, and their bytes.
  public var orphans = (blobs: 0, bytes: Int64(0))
  /// The bytes of a stale ``Archive/replica()``, which was removed.
  public var replica: Int64 = 0
  /// What was moved to cold storage or back.
  public var cold = ColdMove()
  /// What was left undone, and why.
  public var notes: [String] = []
  /// Wall-clock seconds.
  public var seconds: Double = 0
}

/// What ``Archive/tidy(_:onProgress:)`` is doing.
public enum TidyStep: Sendable {
  /// So much was moved to cold storage, or back.
  case moved(ColdMove)
  /// Segments of the text index are about to be joined.
  case joining
}

/// What ``Archive/tidy(_:onProgress:)`` does with cold storage.
public enum ColdTask: Sendable {
  /// Moves the bytes of what is older than a moment into a file, which is made when it is missing.
  case move(before: Timestamp, file: String)
  /// Takes everything that lies in a file back.
  case moveBack(file: String)
  /// Remembers that a file has another place now.
  case find(file: String)
  /// Notes that a file is gone for good: imports store anew what lay in it.
  case lose(file: String)
}

extension Archive {
  /// Joins the segments of the text index, gives back the space that the archive and its index no
  /// longer need, and moves old bytes out of it or back where that is asked for.
  ///
  /// What lies in cold storage is found, shown and exported as before, as long as its file can be
  /// read.
  ///
  /// - Parameters:
  ///   - task: What to do with cold storage; nothing when it is nil.
  ///   - onProgress: Told before and between steps; throwing from it stops there.
  /// - Complexity: O(blobs) look-ups; a database is written anew only when a fifth of it is unused.
  public func tidy(
    _ task: ColdTask? = nil, onProgress: @escaping (TidyStep) throws -> Void = { _ in }
  ) throws -> TidyReport {
    let session = try writing()
    let started = Timestamp.now
    return try translating {
      try session.checkpoint()
      var report = TidyReport(
        archive: TidyReport.Size(before: byteCount(folder.archivePath), after: 0),
        index: TidyReport.Size(before: byteCount(folder.indexPath), after: 0))
      try removeOrphans(session, &report)
      let mover = ColdMover(session: session)
      mover.onProgress = { try onProgress(.moved($0)) }
      switch task {
      case .move(let before, let file): report.cold = try mover.move(before: before, to: file)
      case .moveBack(let file): report.cold = try mover.moveBack(from: file)
      case .find(let file): try mover.find(file)
      case .lose(let file): try mover.lose(file)
      case nil: break
      }
      try resolveForks(session)
      var emptied = report.orphans.bytes
      if case .move = task { emptied += report.cold.byteCount }
      try session.exclusively { connection in
        report.note(try Tidying.compact(connection, emptied: emptied), "archive.db")
        try connection.checkpoint()
      }
      try joinSegments(&report) { try onProgress(.joining) }
      try compactIndex(&report)
      report.archive.after = byteCount(folder.archivePath)
      report.index.after = byteCount(folder.indexPath)
      // What was done here has made it stale, too.
      report.replica = try Replica.removeStale(of: folder, source: connection)
      report.seconds = Double(Timestamp.now.microseconds - started.microseconds) / 1e6
      return report
    }
  }

  /// The files of cold storage that parts of the archive lie in.
  public func coldFiles() throws -> [ColdRecord] {
    try translating { try ColdStorage.records(in: connection).filter { !$0.holdsNothing } }
  }

  /// Compares the forks that waited for a file that may be there now.
  private func resolveForks(_ session: WriteSession) throws {
    guard try session.conversations.hasWaitingForks() else { return }
    let compressor = Compressor()
    try Dictionaries.load(from: session.connection, into: compressor)
    try session.group {
      try session.conversations.resolveWaitingForks(compressor: compressor)
    }
    // The index reads it from the change feed.
    _ = session.conversations.takeFeed()
  }

  private func removeOrphans(_ session: WriteSession, _ report: inout TidyReport) throws {
    let imports = try WriterLock(path: folder.importLockPath)
    guard imports.acquireIfFree() else {
      report.notes.append("something is being imported: pieces that nothing needs were left")
      return
    }
    defer { imports.release() }
    report.orphans = try session.group { try Tidying.removeOrphans(session.connection) }
  }

  private func joinSegments(_ report: inout TidyReport, onStep: () throws -> Void) throws {
    guard byteCount(folder.indexPath) > 0 else { return }
    guard let segments = try IndexKeeper(folder: folder).joinSegments(onStep: onStep) else {
      report.notes.append("something is being indexed: the parts of index.db were not joined")
      return
    }
    report.segments = segments
  }

  private func compactIndex(_ report: inout TidyReport) throws {
    guard byteCount(folder.indexPath) > 0 else { return }
    let lock = try WriterLock(path: folder.indexLockPath)
    guard lock.acquireIfFree() else {
      report.notes.append("something is being indexed: index.db was left as it is")
      return
    }
    defer { lock.release() }
    do {
      let connection = try Connection(path: folder.indexPath, mode: .readWrite)
      try connection.execute("PRAGMA wal_autocheckpoint=0")
      report.note(try Tidying.compact(connection), "index.db")
      try connection.checkpoint()
    } catch let error as SQLError {
      throw IndexKeeper.translate(error, folder: folder)
    }
  }

  private func byteCount(_ path: String) -> Int64 {
    ArchiveFolder.byteCount(of: path) + ArchiveFolder.byteCount(of: path + "-wal")
  }
}

extension TidyReport {
  fileprivate mutating func note(_ outcome: Tidying.Outcome, _ name: String) {
    if case .noRoom(let bytes, let folder) = outcome {
      notes.append(
        "\(name) was not written anew: that needs \(ByteCount.text(bytes)) of free space in"
          + " \(folder) for the time it takes")
    }
  }
}
