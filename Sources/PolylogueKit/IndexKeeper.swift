import Glibc
import PolylogueModel
import PolylogueSQL
import PolylogueSearch
import PolylogueStore

/// Keeps the text index up to date from the change feed.
///
/// While an import runs, what it commits is taken in from memory; whatever the index has missed,
/// because another process wrote or this one was killed, is read from the archive. One process at a
/// time keeps the index; the others leave it to that one, or wait at their end.
final class IndexKeeper {
  /// The lines of the change feed that are read at once.
  private static let feedLimit = 1000

  private let folder: ArchiveFolder
  private let lock: WriterLock
  private let onProgress: (Int64, Int64) -> Void
  private var writer: TextIndexWriter?
  private var connection: Connection?
  /// The number up to which the index has everything, committed or not.
  private var taken: Int64 = 0
  /// What could not be read since the last commit.
  private var skipped: [WaitingMessages.Run] = []
  private lazy var source = Result { try IndexKeeper.feed(of: folder) }

  /// Takes the index if nobody else keeps it.
  init(
    folder: ArchiveFolder, patience: Double = WriterLock.patience,
    onWait: (() -> Void)? = nil,
    onProgress: @escaping (Int64, Int64) -> Void = { _, _ in }
  ) throws {
    self.folder = folder
    self.onProgress = onProgress
    lock = try WriterLock(path: folder.indexLockPath, patience: patience)
    lock.onWait = onWait
    if lock.acquireIfFree() { try open() }
  }

  deinit { lock.release() }

  /// Takes in what was just committed.
  func take(_ feed: [FeedItem], through span: FeedSpan) throws {
    guard let writer else { return }
    if taken == span.before {
      for item in feed { try take(item, into: writer) }
      taken = span.after
    } else {
      try catchUp(with: writer)
    }
    try commitIfDue(writer)
  }

  /// Takes in all that is left and makes it durable; waits for its turn if another process keeps
  /// the index.
  ///
  /// - Parameter isCancelled: Asked between two messages; what was taken in by then stays.
  /// - Throws: ``ArchiveError`` with code `locked` when another process keeps the index for too long;
  ///   `CancellationError`.
  func finish(isCancelled: () -> Bool = { false }) throws {
    if writer == nil {
      try lock.acquire(isCancelled: isCancelled)
      try open()
    }
    guard let writer else { return }
    do {
      try catchUp(with: writer, isCancelled: isCancelled)
      try takeWaiting(into: writer, isCancelled: isCancelled)
    } catch let stop as CancellationError {
      if taken > writer.watermark { try commit(writer) }
      throw stop
    }
    if taken > writer.watermark { try commit(writer) }
    try writer.finishJoin(isCancelled: isCancelled)
    try connection?.checkpoint()
  }

  /// As ``finish()``, unless another process keeps the index: then that one does it.
  func finishIfOwned(isCancelled: () -> Bool = { false }) throws {
    if writer != nil { try finish(isCancelled: isCancelled) }
  }

  /// Takes in all that is left, then joins the index's segments until none is to be joined.
  ///
  /// - Parameter onStep: Called before each step.
  /// - Returns: How many segments there were and are; nil when another process keeps the index.
  func joinSegments(onStep: () throws -> Void) throws -> (before: Int, after: Int)? {
    guard writer != nil else { return nil }
    try finish()
    guard let writer, let connection else { return nil }
    let before = try IndexKeeper.segments(in: connection)
    repeat {
      try onStep()
      try connection.checkpoint()
    } while try writer.optimize()
    try connection.checkpoint()
    return (before, try IndexKeeper.segments(in: connection))
  }

  private static func segments(in connection: Connection) throws -> Int {
    Int(try connection.integer("SELECT count(*) FROM text_segments") ?? 0)
  }

  /// Whether the index knows more than the archive, which was restored from a backup then, or has lost
  /// to a power failure what was not durable: its rows are others now.
  private func isAhead() throws -> Bool {
    guard ArchiveFolder.byteCount(of: folder.indexPath) > 0 else { return false }
    let index = try Connection(path: folder.indexPath, mode: .readWrite)
    return try TextIndexReader.watermark(in: index) > source.get().newest()
  }

  /// Removes the index; only for whoever holds its lock.
  static func remove(_ folder: ArchiveFolder) throws {
    for suffix in ["", "-wal", "-shm"] {
      guard unlink(folder.indexPath + suffix) == 0 || errno == ENOENT else {
        throw ArchiveFolder.failure("cannot remove \(folder.indexPath + suffix)")
      }
    }
  }

  private func open() throws {
    do {
      if try isAhead() { try IndexKeeper.remove(folder) }
      let fresh = ArchiveFolder.byteCount(of: folder.indexPath) == 0
      if fresh { try ArchiveFolder.makePrivateFile(folder.indexPath) }
      let connection = try Connection(path: folder.indexPath, mode: .readWrite)
      try connection.execute(
        """
        PRAGMA page_size=16384;
        PRAGMA journal_mode=WAL;
        PRAGMA synchronous=NORMAL;
        PRAGMA wal_autocheckpoint=0;
        PRAGMA cache_size=-4096;
        """)
      let writer = try TextIndexWriter(connection: connection)
      try WaitingMessages(index: connection).makeTable()
      self.connection = connection
      self.writer = writer
      taken = writer.watermark
    } catch let error as SQLError {
      throw IndexKeeper.translate(error, folder: folder)
    }
  }

  /// The archive's own error for a failure of the index.
  static func translate(_ error: SQLError, folder: ArchiveFolder) -> ArchiveError {
    guard error.isDamage else {
      return ArchiveDatabase.translate(error, path: folder.indexPath)
    }
    return ArchiveError(
      .damaged, "the text index \(folder.indexPath) is damaged", remedy: .reindex)
  }

  private func commitIfDue(_ writer: TextIndexWriter) throws {
    guard writer.wantsCommit else { return }
    try commit(writer)
    let log = ArchiveFolder.byteCount(of: folder.indexPath + "-wal")
    if log > WriteSession.checkpointByteCount { try connection?.checkpoint() }
  }

  /// Commits what was taken in; what could not be read is remembered no later than that.
  private func commit(_ writer: TextIndexWriter) throws {
    if let connection { try WaitingMessages(index: connection).add(skipped) }
    skipped = []
    // Whoever imports waits for the disk only after others see the commit: the index must not hold
    // what a power failure can take from the archive.
    try folder.synchronizeLog()
    try writer.commit(through: taken)
  }

  // MARK: From memory

  private func take(_ item: FeedItem, into writer: TextIndexWriter) throws {
    switch item {
    case .message(let row, let conversation, let provider, let position, let message):
      try writer.begin(
        DocumentHeader(
          conversation: conversation, message: row, position: position,
          timestamp: message.timestamp.map { $0.seconds }, provider: provider,
          role: message.role, kind: message.kind, model: message.model,
          flags: DocumentFlags(message.flags)))
      try message.plain.withUnsafeBytes {
        try IndexKeeper.add(body: $0, of: message.role, to: writer)
      }
      for attachment in message.attachments {
        if let name = attachment.attachment.name { IndexKeeper.add(name, to: writer) }
        if attachment.text != nil, let text = try attachment.decompressedText() {
          IndexKeeper.add(text, to: writer)
        }
      }
      try writer.end()
    case .title(let title): try take(title, into: writer)
    case .removed(let row): writer.remove(message: row)
    case .reload(let row):
      try take(row...row, from: source.get(), into: writer)
    }
  }

  private func take(_ title: FeedTitle, into writer: TextIndexWriter) throws {
    guard let text = title.title, !text.isEmpty else {
      writer.remove(titleOf: title.conversation)
      return
    }
    try writer.add(
      IndexedMessage(
        header: DocumentHeader(
          conversation: title.conversation, message: nil, position: 0,
          timestamp: title.timestamp.map { $0.seconds }, provider: title.provider, role: .user),
        fields: [(.title, text)]))
  }

  // MARK: From the archive

  private static func feed(of folder: ArchiveFolder) throws -> FeedReader {
    let connection = try ArchiveDatabase.openForReading(folder)
    let compressor = Compressor()
    try Dictionaries.load(from: connection, into: compressor)
    return FeedReader(connection: connection, compressor: compressor)
  }

  /// Reads the change feed to its end.
  private func catchUp(
    with writer: TextIndexWriter, isCancelled: () -> Bool = { false }
  ) throws {
    let newest = try source.get().newest()
    guard taken < newest else { return }
    // Dictionaries may have been added since the last time.
    source = Result { try IndexKeeper.feed(of: folder) }
    let feed = try source.get()
    let start = taken
    while true {
      let changes = try feed.changes(after: taken, limit: IndexKeeper.feedLimit)
      guard !changes.isEmpty else { return }
      for change in changes {
        try take(change, from: feed, into: writer, isCancelled: isCancelled)
        taken = change.sequence
        try commitIfDue(writer)
      }
      onProgress(taken - start, newest - start)
    }
  }

  private func take(
    _ change: FeedReader.Change, from feed: FeedReader, into writer: TextIndexWriter,
    isCancelled: () -> Bool
  ) throws {
    if isCancelled() { throw CancellationError() }
    switch change.kind {
    case .conversation, .header:
      if let title = try feed.title(conversation: change.conversation) {
        try take(title, into: writer)
      } else {
        writer.remove(titleOf: change.conversation)
      }
    case .messages:
      // A message that is taken in again replaces itself: a change may be left half way.
      try take(
        change.first...max(change.first, change.last), from: feed, into: writer,
        isCancelled: isCancelled)
    case .removed:
      for row in change.first...max(change.first, change.last) { writer.remove(message: row) }
    }
  }

  private func take(
    _ rows: ClosedRange<Int64>, from feed: FeedReader, into writer: TextIndexWriter,
    isCancelled: () -> Bool = { false }
  ) throws {
    try feed.forEachEntry(
      first: rows.lowerBound, last: rows.upperBound,
      onAbsent: { skipped.append(row: $0, file: $1) }
    ) {
      if isCancelled() { throw CancellationError() }
      try take($0, into: writer)
    }
  }

  /// Takes in what waited for a file of cold storage that is there now.
  private func takeWaiting(into writer: TextIndexWriter, isCancelled: () -> Bool) throws {
    guard let connection else { return }
    let waiting = WaitingMessages(index: connection)
    let files = try waiting.counts().keys.sorted()
    guard !files.isEmpty else { return }
    let archive = try ArchiveDatabase.openForReading(folder)
    let feed = try IndexKeeper.feed(of: folder)
    for file in files where try !WaitingMessages.isAway(file, archive: archive) {
      let (runs, newest) = try waiting.runs(of: file)
      var still: [WaitingMessages.Run] = []
      for run in runs {
        if isCancelled() { throw CancellationError() }
        try feed.forEachEntry(
          first: run.first, last: run.last, onAbsent: { still.append(row: $0, file: $1) }
        ) { try take($0, into: writer) }
        try commitIfDue(writer)
      }
      guard still != runs else { continue }
      try commit(writer)
      try waiting.replace(file, through: newest, by: still)
    }
  }

  private func take(_ entry: FeedReader.Entry, into writer: TextIndexWriter) throws {
    try writer.begin(
      DocumentHeader(
        conversation: entry.conversation, message: entry.row, position: entry.position,
        timestamp: entry.timestamp.map { $0.seconds }, provider: entry.provider,
        role: entry.role, kind: entry.kind, model: entry.model,
        flags: DocumentFlags(entry.flags)))
    try entry.body.withUnsafeBytes {
      try IndexKeeper.add(body: $0, of: entry.role, to: writer)
    }
    for text in entry.attachmentTexts { IndexKeeper.add(text, to: writer) }
    try writer.end()
  }

  private static func add(
    body: UnsafeRawBufferPointer, of role: Role, to writer: TextIndexWriter
  ) throws {
    try MessageBody.forEachText(body) { part, text in
      switch part {
      case .text: writer.text(.body, text)
      case .thinking: writer.text(.thinking, text)
      case .tool: writer.text(.tool, text)
      // A tool's name is no person's: questions ask about what it is called.
      case .author: if role != .tool { writer.text(.author, text) }
      }
    }
  }

  private static func add(_ text: String, to writer: TextIndexWriter) {
    var text = text
    text.withUTF8 { writer.text(.attachment, UnsafeRawBufferPointer($0)) }
  }
}

extension Timestamp {
  /// Whole seconds since 1970, rounded down.
  var seconds: Int64 {
    let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    return remainder < 0 ? quotient - 1 : quotient
  }
}

extension DocumentFlags {
  /// The index's flags for the archive's.
  init(_ flags: MessageFlags) {
    self = []
    if flags.contains(.attachment) { insert(.attachment) }
    if flags.contains(.code) { insert(.code) }
    if flags.contains(.thinking) { insert(.thinking) }
    if flags.contains(.tool) { insert(.tool) }
    if !flags.contains(.active) { insert(.branch) }
  }
}
