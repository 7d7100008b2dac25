import Glibc
@_exported import PolylogueImport
@_exported import PolylogueIngest
@_exported import PolylogueLanguageModels
@_exported import PolylogueModel
import PolylogueSQL
import PolylogueSearch
@_exported import PolylogueStore

@_exported import struct PolylogueSearch.ScoreParts

/// A private archive of conversations: the door through which everything above it goes.
///
/// An archive is used by one thread at a time; open several for several threads. Reading never
/// waits for a writer, and writers of several processes take turns.
///
/// ```swift
/// let archive = try Archive(path: path, access: .write)
/// let report = try archive.importPaths([export])
/// let page = try archive.search("sensor drift")
/// print(report.conversations.new, "new conversations,", page.total, "hits")
/// ```
public final class Archive {
  /// What an archive is opened for.
  public enum Access: Sendable {
    /// To read; there must be one.
    case read
    /// To write; it is made when there is none.
    case write
  }

  /// The archive's folder.
  public let path: String
  /// The names in it.
  public let folder: ArchiveFolder
  let connection: Connection
  let compressor = Compressor()
  let writer: WriteSession?
  let onWait: (() -> Void)?
  /// How long an import waits for another process that keeps the text index, in seconds.
  var indexPatience = WriterLock.patience
  let reader: ConversationReader
  /// The text index, once a query has needed it.
  var index: OpenIndex?
  /// Keeps pages of the text index, for this archive alone or for those that share it.
  let indexCache: TextIndexCache
  /// The vectors of questions, for this archive alone or for those that share them.
  let queries: QueryVectors
  /// The file of vectors, once a query has needed it.
  var openVectors: OpenVectors?
  /// Keeps vectors in memory, for this archive alone or for those that share it.
  let vectorCache: VectorCache
  /// The change of the archive at which the vectors were last brought in step.
  var vectorsSeenAt: Int64 = -1
  /// Ends queries from another thread; whoever asks for it clears it again.
  let interruption = Interruption()

  /// Opens an archive.
  ///
  /// - Parameters:
  ///   - path: The archive's folder.
  ///   - access: Whether to read only, or to write as well.
  ///   - onWait: Told when a write has to wait for another process, after a second.
  /// - Throws: ``ArchiveError``: `notFound` when there is none to read, `newerVersion`, `damaged` or
  ///   `unknownFormat` when it cannot be used, `permission` or `noSpace`.
  public convenience init(
    path: String, access: Access, onWait: (() -> Void)? = nil
  ) throws {
    try self.init(
      path: path, access: access, indexCache: TextIndexCache(), queries: QueryVectors(),
      onWait: onWait)
  }

  init(
    path: String, access: Access, indexCache: TextIndexCache, queries: QueryVectors,
    vectorCache: VectorCache = VectorCache(), onWait: (() -> Void)? = nil
  ) throws {
    self.path = path
    self.indexCache = indexCache
    self.queries = queries
    self.vectorCache = vectorCache
    self.onWait = onWait
    folder = ArchiveFolder(path: path)
    writer = access == .write ? try WriteSession(folder: folder, onWait: onWait) : nil
    connection = try Archive.openUpToDate(folder, onWait: onWait)
    connection.interruption = interruption
    try Dictionaries.load(from: connection, into: compressor)
    reader = ConversationReader(connection: connection, compressor: compressor)
  }

  /// Opens an archive for reading. One of an older format is brought up to date first, in one
  /// transaction; where that cannot be written, the error says what has to be done.
  private static func openUpToDate(
    _ folder: ArchiveFolder, onWait: (() -> Void)?
  ) throws -> Connection {
    do {
      return try ArchiveDatabase.openForReading(folder)
    } catch let error as ArchiveError where error.remedy == .upgrade {
      do {
        try WriteSession(folder: folder, onWait: onWait).checkpointIfFree()
      } catch let obstacle as ArchiveError where obstacle.code == .permission {
        throw error
      }
      return try ArchiveDatabase.openForReading(folder)
    }
  }

  /// An archive to read that is open already.
  init(folder: ArchiveFolder, connection: Connection) throws {
    path = folder.path
    self.folder = folder
    self.connection = connection
    indexCache = TextIndexCache()
    queries = QueryVectors()
    vectorCache = VectorCache()
    onWait = nil
    writer = nil
    connection.interruption = interruption
    try Dictionaries.load(from: connection, into: compressor)
    reader = ConversationReader(connection: connection, compressor: compressor)
  }

  /// Ends the work on the archive: what is in the log goes into the database, unless another writer is
  /// at work, which does that at its end.
  public func close() throws {
    try writer?.checkpointIfFree()
  }

  func writing() throws -> WriteSession {
    guard let writer else {
      throw ArchiveError(.invalidArgument, "the archive in \(path) was opened for reading only")
    }
    return writer
  }

  /// Runs `body`, turning a database's errors into the archive's own.
  func translating<R>(_ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch let error as SQLError {
      throw ArchiveDatabase.translate(error, path: folder.archivePath)
    }
  }
}

// MARK: - Reading

extension Archive {
  /// One page of conversations, newest first.
  ///
  /// - Parameters:
  ///   - filter: Conditions that a conversation has to meet.
  ///   - limit: The most conversations; nil for all.
  ///   - cursor: ``ConversationPage/next`` of the page before.
  public func list(filter: Filter = Filter(), limit: Int? = 50, after cursor: String? = nil) throws
    -> ConversationPage
  {
    try translating {
      let page = try reader.list(filter: filter, limit: limit, after: cursor)
      return ConversationPage(items: page.items, next: page.next)
    }
  }

  /// The conversation whose public id, or the provider's own id, begins with these characters.
  ///
  /// - Throws: ``ArchiveError``: `notFound`, or `ambiguous` with the candidates named.
  public func conversation(matching prefix: String) throws -> Conversation {
    try translating {
      let id = try identifier(matching: prefix)
      guard let row = try reader.row(of: id), let found = try reader.conversation(row: row) else {
        throw ArchiveError(.notFound, "there is no conversation \(id)")
      }
      return found
    }
  }

  /// The conversation with an id; nil when there is none.
  public func conversation(_ id: ConversationID) throws -> Conversation? {
    try translating { try reader.row(of: id).flatMap { try reader.conversation(row: $0) } }
  }

  /// What is known of a conversation besides its messages, none of which is read; nil when there is
  /// no such conversation.
  public func header(of id: ConversationID) throws -> ConversationHeader? {
    try translating { try reader.row(of: id).flatMap { try reader.header(row: $0) } }
  }

  /// How many conversations pass, up to `limit`.
  ///
  /// - Complexity: O(1) without conditions, else O(conversations).
  public func count(filter: Filter = Filter(), limit: Int? = nil) throws -> Int {
    let count = try translating {
      filter.isEmpty ? try statistics().conversations : try reader.count(filter: filter)
    }
    return min(count, limit ?? .max)
  }

  /// The one id that begins with these characters.
  public func identifier(matching prefix: String) throws -> ConversationID {
    try translating {
      let candidates = prefix.isEmpty ? [] : try reader.candidates(for: prefix)
      if candidates.count == 1 { return candidates[0] }
      if candidates.isEmpty {
        throw ArchiveError(
          .notFound, "no conversation has an id that begins with “\(prefix)”", remedy: .list)
      }
      let names = try candidates.prefix(3).map { try reader.shortID(of: $0) }
      throw ArchiveError(
        .ambiguous,
        "“\(prefix)” fits \(candidates.count > 10 ? "more than 10" : "\(candidates.count)")"
          + " conversations, such as \(names.joined(separator: ", ")); give more characters")
    }
  }

  /// The shortest beginning of an id that ``conversation(matching:)`` takes for it, with at least
  /// eight characters behind the provider's name.
  public func shortID(of id: ConversationID) throws -> String {
    try translating { try reader.shortID(of: id) }
  }

  /// The conversation that one derives from, where it is in the archive, and those that derive from
  /// it, oldest first.
  public func relatives(
    of header: ConversationHeader
  ) throws -> (parent: ConversationSummary?, derived: [ConversationSummary]) {
    try translating {
      let parent = try header.parentID.flatMap { try reader.row(of: $0) }
      return (
        try parent.flatMap { try reader.summary(row: $0) }, try reader.derived(from: header.id)
      )
    }
  }

  /// What a list shows of a conversation.
  public func summary(of id: ConversationID) throws -> ConversationSummary? {
    try translating {
      guard let row = try reader.row(of: id) else { return nil }
      return try reader.summary(row: row)
    }
  }

  /// Calls `body` for every conversation that passes, ordered by public id, one in memory at a
  /// time.
  ///
  /// Each is whole as it is when it is come to; no snapshot is held from one to the next, so that a
  /// writer's log starts again meanwhile. For all as they are at one moment, read a ``replica()``.
  ///
  /// - Parameters:
  ///   - filter: Conditions that a conversation has to meet.
  ///   - onDamage: Told of a conversation whose stored bytes are damaged, and why; it is passed over.
  ///     Without it, or where not even its id can be read, the first one is thrown.
  ///   - body: Takes each.
  public func forEachConversation(
    filter: Filter = Filter(),
    onDamage: ((ConversationID, ArchiveError) throws -> Void)? = nil,
    _ body: (Conversation, ConversationSummary) throws -> Void
  ) throws {
    try translating {
      for row in try reader.rows(filter: filter) {
        let found: (Conversation?, ConversationSummary?)
        do {
          found = try translating {
            try connection.snapshot {
              (try reader.conversation(row: row), try reader.summary(row: row))
            }
          }
        } catch let error as ArchiveError where error.code == .damaged {
          guard let onDamage, let id = try? reader.header(row: row)?.id else { throw error }
          try onDamage(id, error)
          continue
        }
        guard let conversation = found.0, let summary = found.1 else { continue }
        try body(conversation, summary)
      }
    }
  }

  /// Totals, and a breakdown when asked for.
  public func statistics(by grouping: Statistics.Grouping? = nil) throws -> Statistics {
    try translating { try reader.statistics(by: grouping, folder: folder) }
  }
}

/// A page of a list.
public struct ConversationPage: Sendable {
  /// The conversations, newest first.
  public var items: [ConversationSummary]
  /// Where the next page begins; nil on the last one.
  public var next: String?
}

// MARK: - Raw tier

extension Archive {
  /// The files that were imported, oldest first.
  public func imports() throws -> [ImportRecord] {
    try translating { try raw.imports() }
  }

  /// Writes an imported file again, byte for byte.
  ///
  /// - Throws: ``ArchiveError``: `notFound`, or `damaged` when the bytes are not those that came in.
  public func writeRaw(
    importID: Int64, to sink: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    try translating { try raw.write(importID: importID, to: sink) }
  }

  /// Writes the source bytes of a conversation, or the bytes that a SHA-256 names.
  ///
  /// - Parameters:
  ///   - name: An import's number, a conversation's id or a unique prefix of one, or at least 8
  ///     digits of the SHA-256 of an imported file, an attachment or a stored piece.
  ///   - sink: Takes the bytes, piece by piece.
  public func writeRaw(
    matching name: String, to sink: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    try translating {
      let found: RawReader.Named?
      if let named = try raw.find(sha256: name) {
        found = named
      } else if let number = Int64(name), try raw.importRecord(number) != nil {
        found = .importRow(number)
      } else {
        let id = try identifier(matching: name)
        found = try reader.row(of: id).flatMap { try raw.source(conversation: $0) }
      }
      switch found {
      case .importRow(let row): try raw.write(importID: row, to: sink)
      case .blob(let row): try raw.write(blob: row, to: sink)
      case nil:
        throw ArchiveError(.notFound, "the source of “\(name)” is not in the archive")
      }
    }
  }

  private var raw: RawReader { RawReader(connection: connection, compressor: compressor) }
}
