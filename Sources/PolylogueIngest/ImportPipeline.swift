import PolylogueImport
import PolylogueModel
import PolylogueParsing
import PolylogueSQL
import PolylogueStore

/// Imports files into an archive: one thread reads, recognises, parses and compresses; the
/// caller's thread writes and acknowledges. The queue between them is bounded in bytes.
public struct ImportPipeline {
  /// What is read.
  public enum Input: Sendable {
    /// Files, folders and ZIPs; `-` is standard input.
    case paths([String])
    /// What the archive has: imports that an older parser has read, or all of them.
    case archive(all: Bool)
  }

  /// The most bytes that wait between reading and writing.
  static let queueByteCount = 4 << 20

  private let folder: ArchiveFolder
  private let options: ImportOptions

  /// A pipeline into an archive.
  public init(folder: ArchiveFolder, options: ImportOptions) {
    self.folder = folder
    self.options = options
  }

  /// Imports files, folders and ZIPs, or reads again what the archive has.
  ///
  /// One bad file never stops the others; it is named in the report.
  ///
  /// - Parameters:
  ///   - input: What to read.
  ///   - session: The archive's writer.
  ///   - isCancelled: Asked about ten times a second. What was acknowledged stays.
  ///   - onEvent: Told what happens, on the caller's thread.
  ///   - onCommit: Told after every durable commit what an index must take in, and which stretch
  ///     of the change feed that was.
  public func run(
    _ input: Input, session: WriteSession, isCancelled: () -> Bool,
    onEvent: @escaping (ImportEvent) -> Void,
    onCommit: @escaping ([FeedItem], FeedSpan) throws -> Void
  ) throws -> ImportReport {
    let started = MonotonicClock.seconds
    try Dictionaries.load(
      from: session.connection, into: session.raw.compressor, forWriting: true)
    let log = try LogSync(folder: session.folder)
    defer {
      log.stop()
      if log.hasFailed { session.abandonLog() }
      // A session that cannot be set back takes no further group.
      try? session.setWaitsForDisk(true)
    }
    try session.setWaitsForDisk(false)
    let writer = GroupWriter(session: session, log: log, onEvent: onEvent, onCommit: onCommit)
    let queue = BoundedQueue<IngestItem>(limit: ImportPipeline.queueByteCount)
    let reader = try startReading(input, into: queue)
    var wasCancelled = false
    do {
      wasCancelled = try drain(
        queue, isCancelled: isCancelled, into: { try writer.take($0) },
        idling: { try writer.idle() })
      if wasCancelled {
        queue.cancel()
        writer.abandon()
        try writer.settle()
      } else {
        try writer.finish()
      }
      reader.join()
    } catch {
      queue.cancel()
      writer.abandon()
      reader.join()
      throw error
    }
    var report = writer.report
    report.noteJoined()
    report.seconds = MonotonicClock.seconds - started
    report.wasCancelled = wasCancelled
    return report
  }

  /// Reads what an import would read, and reports what it would find; nothing is written.
  ///
  /// - Returns: Counts; see ``DryRunWriter`` for how exact they are.
  public func rehearse(
    _ paths: [String], isCancelled: () -> Bool, onEvent: @escaping (ImportEvent) -> Void
  ) throws -> ImportReport {
    let started = MonotonicClock.seconds
    var (connection, isFormer): (Connection?, Bool) = (nil, false)
    do {
      connection = try ArchiveDatabase.openForReading(folder)
    } catch let error as ArchiveError where error.code == .notFound || error.remedy == .upgrade {
      isFormer = error.remedy == .upgrade
    }
    let writer = DryRunWriter(connection: connection, onEvent: onEvent)
    let queue = BoundedQueue<IngestItem>(limit: ImportPipeline.queueByteCount)
    let reader = try startReading(.paths(paths), into: queue)
    defer {
      queue.cancel()
      reader.join()
    }
    let wasCancelled = try drain(queue, isCancelled: isCancelled, into: { try writer.take($0) })
    var report = writer.report
    report.isDryRun = true
    report.noteJoined()
    if isFormer {
      report.notes.append(
        "the archive has a former format: an import brings it up to date first. What is in it was not"
          + " looked at, so that all is counted as new; “polylogue list” brings it up to date, too")
    }
    report.seconds = MonotonicClock.seconds - started
    report.wasCancelled = wasCancelled
    return report
  }

  /// Takes everything out of the queue, in order.
  ///
  /// - Returns: Whether it stopped because it was told to.
  private func drain(
    _ queue: BoundedQueue<IngestItem>, isCancelled: () -> Bool,
    into take: (IngestItem) throws -> Void, idling: () throws -> Void = {}
  ) throws -> Bool {
    while !isCancelled() {
      switch try queue.take() {
      case .item(let item): try take(item)
      case .nothing: try idling()
      case .end: return false
      }
    }
    return true
  }

  private func startReading(
    _ input: Input, into queue: BoundedQueue<IngestItem>
  ) throws -> WorkerThread {
    let folder = folder
    let options = options
    return try WorkerThread {
      do {
        var connection: Connection?
        var dictionaries: [String: Codec] = [:]
        let compressor = Compressor()
        do {
          let opened = try ArchiveDatabase.openForReading(folder)
          dictionaries = try Dictionaries.load(from: opened, into: compressor, forWriting: true)
          connection = opened
        } catch let error as ArchiveError where error.code == .notFound || error.remedy == .upgrade
        {
          // Only a dry run reads without an archive, or without one of this format.
        }
        let preparer = Preparer(
          compressor: compressor, messageDictionary: dictionaries["message"])
        let side = ReadingSide(
          options: options, importers: options.importers,
          known: connection.map(KnownFiles.init), preparer: preparer,
          emit: { item, byteCount in
            preparer.backlog = try queue.push(item, byteCount: byteCount)
          })
        switch input {
        case .paths(let paths): for path in paths { try side.read(path) }
        case .archive(let all):
          if let connection {
            let archived = ArchivedFiles(connection: connection, compressor: compressor)
            try side.reread(archived, all: all)
          }
        }
        queue.finish()
      } catch is ImportCancelled {
        queue.finish()
      } catch {
        queue.finish(error)
      }
    }
  }
}
