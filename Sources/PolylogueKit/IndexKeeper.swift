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
  private lazy var source = Result { try IndexKeeper.feed(of: folder) }

  /// Takes the index if nobody else keeps it.
  init(
    folder: ArchiveFolder, onWait: (() -> Void)? = nil,
    onProgress: @escaping (Int64, Int64) -> Void = { _, _ in }
  ) throws {
    self.folder = folder
    self.onProgress = onProgress
    lock = try WriterLock(path: folder.indexLockPath)
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
  func finish() throws {
    if writer == nil {
      try lock.acquire()
      try open()
    }
    guard let writer else { return }
    try catchUp(with: writer)
    if taken > writer.watermark { try writer.commit(through: taken) }
    try writer.finishJoin()
    try connection?.checkpoint()
  }

  /// As ``finish()``, unless another process keeps the index: then that one does it.
  func finishIfOwned() throws {
    if writer != nil { try finish() }
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

  private func open() throws {
    do {
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
      .damaged,
      "the text index \(folder.indexPath) is damaged; “polylogue reindex” makes it again from the"
        + " archive")
  }

  private func commitIfDue(_ writer: TextIndexWriter) throws {
    guard writer.wantsCommit else { return }
    try writer.commit(through: taken)
    let log = ArchiveFolder.byteCount(of: folder.indexPath + "-wal")
    if log > WriteSession.checkpointByteCount { try connection?.checkpoint() }
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
      try message.plain.withUnsafeBytes { try IndexKeeper.add(body: $0, to: writer) }
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
      try source.get().forEachEntry(first: row, last: row) { try take($0, into: writer) }
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
  private func catchUp(with writer: TextIndexWriter) throws {
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
        try take(change, from: feed, into: writer)
        taken = change.sequence
        try commitIfDue(writer)
      }
      onProgress(taken - start, newest - start)
    }
  }

  private func take(
    _ change: FeedReader.Change, from feed: FeedReader, into writer: TextIndexWriter
  ) throws {
    switch change.kind {
    case .conversation, .header:
      if let title = try feed.title(conversation: change.conversation) {
        try take(title, into: writer)
      } else {
        writer.remove(titleOf: change.conversation)
      }
    case .messages:
      try feed.forEachEntry(first: change.first, last: change.last) {
        try take($0, into: writer)
      }
    case .removed:
      for row in change.first...max(change.first, change.last) { writer.remove(message: row) }
    }
  }

  private func take(_ entry: FeedReader.Entry, into writer: TextIndexWriter) throws {
    try writer.begin(
      DocumentHeader(
        conversation: entry.conversation, message: entry.row, position: entry.position,
        timestamp: entry.timestamp.map { $0.seconds }, provider: entry.provider,
        role: entry.role, kind: entry.kind, model: entry.model,
        flags: DocumentFlags(entry.flags)))
    try entry.body.withUnsafeBytes { try IndexKeeper.add(body: $0, to: writer) }
    for text in entry.attachmentTexts { IndexKeeper.add(text, to: writer) }
    try writer.end()
  }

  private static func add(body: UnsafeRawBufferPointer, to writer: TextIndexWriter) throws {
    try MessageBody.forEachText(body) { part, text in
      switch part {
      case .text: writer.text(.body, text)
      case .thinking: writer.text(.thinking, text)
      case .tool: writer.text(.tool, text)
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
