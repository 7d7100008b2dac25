import PolylogueModel
import PolylogueSQL

/// What writing has changed, counted.
public struct ChangeCounts: Sendable, Equatable {
  /// Added.
  public var new = 0
  /// Changed.
  public var updated = 0
  /// Already there and the same.
  public var unchanged = 0

  /// Nothing changed.
  public init() {}

  /// Counts given ahead.
  public init(new: Int, updated: Int, unchanged: Int) {
    self.new = new
    self.updated = updated
    self.unchanged = unchanged
  }

  /// Adds other counts.
  public static func += (left: inout ChangeCounts, right: ChangeCounts) {
    left.new += right.new
    left.updated += right.updated
    left.unchanged += right.unchanged
  }
}

/// Where a conversation's bytes stand in the raw tier.
public struct ConversationSource: Sendable {
  /// The import they came with.
  public var importID: Int64
  /// The blob that holds exactly this conversation, where there is one.
  public var blob: Int64?
  /// The version of the parser that read it.
  public var parserVersion: Int
  /// Whether archived bytes are read again: then what they say now replaces what an older parser
  /// read from them.
  public var isReread = false
  /// An earlier import of the same file, which an older parser has read: then its bytes are read
  /// again as well.
  public var formerImport: Int64?
  /// Whether all of them was understood; if not, nothing that was read from them before goes.
  public var isWhole = true

  /// Names a source.
  public init(importID: Int64, blob: Int64?, parserVersion: Int) {
    self.importID = importID
    self.blob = blob
    self.parserVersion = parserVersion
  }
}

/// Writes conversations: compares with what is there and writes only what changed.
///
/// Called inside a transaction of the writer's connection, by one thread.
public final class ConversationWriter {
  /// The most bytes of changed messages that wait for a header. A session file only grows at its
  /// end, so that one or two differ.
  private static let deferredByteLimit = 16 << 20

  let connection: Connection
  /// Keeps and finds the blobs of inline attachments.
  let raw: RawWriter
  private var models: [String: Int64] = [:]
  private var modelsAreLoaded = false
  /// Per provider: what the open transaction added, for the kept totals.
  var totals: [Provider: (conversations: Int, messages: Int, attachments: Int)] = [:]
  /// Counts of attachments written since the last call of ``takeAttachmentCounts()``.
  var attachmentCounts = (new: 0, unchanged: 0, missing: 0)
  /// What the index must hear about, in order; emptied by ``takeFeed()``.
  var feed: [FeedItem] = []
  /// The rows that come next where SQLite would give away a deleted one's once more; nil elsewhere.
  var nextRows: (conversation: Int64?, message: Int64?)

  /// A writer on the writer's connection.
  public init(connection: Connection, raw: RawWriter) {
    self.connection = connection
    self.raw = raw
  }

  /// Forgets what belongs to a transaction that was rolled back.
  public func discard() {
    models = [:]
    modelsAreLoaded = false
    totals = [:]
    attachmentCounts = (0, 0, 0)
    feed = []
  }

  /// Writes the kept totals; called right before the commit.
  public func flushTotals() throws {
    for (provider, delta) in totals {
      let statement = try connection.statement(
        """
        INSERT INTO total (provider, conversations, messages, attachments) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (provider) DO UPDATE SET conversations = conversations + ?2,
          messages = messages + ?3, attachments = attachments + ?4
        """)
      statement.bind(provider.rawValue, at: 1)
      statement.bind(Int64(delta.conversations), at: 2)
      statement.bind(Int64(delta.messages), at: 3)
      statement.bind(Int64(delta.attachments), at: 4)
      try statement.run()
    }
    if totals.values.contains(where: { $0.conversations < 0 }) {
      try connection.run("DELETE FROM total WHERE conversations = 0")
    }
    totals = [:]
  }

  /// The changes since the last call, for an index that is up to date until then.
  public func takeFeed() -> [FeedItem] {
    defer { feed = [] }
    return feed
  }

  /// The attachments counted since the last call.
  public func takeAttachmentCounts() -> (new: Int, unchanged: Int, missing: Int) {
    defer { attachmentCounts = (0, 0, 0) }
    return attachmentCounts
  }

  // MARK: One conversation

  /// Begins or goes on with a conversation. One that the user has deleted is begun as such: nothing
  /// of it is written.
  ///
  /// - Parameter header: The header, where it is known from the start. It decides whether this
  ///   revision may overwrite the stored one; without it, what differs waits for it.
  public func open(_ id: ConversationID, header: ConversationHeader?) throws -> OpenConversation {
    let statement = try connection.statement(
      """
      SELECT id, title, created_at, updated_at, project, fidelity, messages, attachments, features,
        metadata, lineage_kind, lineage_parent, lineage_origin
      FROM conversation WHERE provider = ? AND native_id = ?
      """)
    statement.bind(id.provider.rawValue, at: 1)
    statement.bind(id.native, at: 2)
    if try statement.step() {
      let open = OpenConversation(id: id, row: statement.int64(0), isNew: false)
      var stored = ConversationHeader(
        id: id, title: statement.optionalString(1),
        createdAt: statement.optionalInt64(2).map(Timestamp.init(microseconds:)),
        updatedAt: statement.optionalInt64(3).map(Timestamp.init(microseconds:)),
        project: statement.optionalString(4),
        fidelity: ConversationHeader.Fidelity(stored: statement.int64(5)),
        metadata: statement.optionalString(9))
      if let raw = statement.optionalInt64(10), let parent = statement.optionalString(11),
        let kind = Lineage.Kind(rawValue: UInt8(clamping: raw))
      {
        stored.lineage = Lineage(kind: kind, parent: parent, origin: statement.optionalString(12))
      }
      open.stored = stored
      open.storedCounts = (Int(statement.int64(6)), Int(statement.int64(7)))
      open.recorded = (1, open.storedCounts.messages, open.storedCounts.attachments)
      statement.reset()
      try loadRevisions(of: open)
      open.foresee(header)
      open.ignoresNewMessages = header?.fidelity == .slim && open.repeatsPrompts
      try loadMessages(of: open)
      return open
    }
    statement.reset()
    if try isDeleted(id) {
      let open = OpenConversation(id: id, row: 0, isNew: false)
      open.isDeleted = true
      return open
    }
    let insert = try connection.statement(
      "INSERT INTO conversation (id, provider, native_id, fidelity) VALUES (?, ?, ?, ?)")
    insert.bind(nextRows.conversation, at: 1)
    nextRows.conversation = nil
    insert.bind(id.provider.rawValue, at: 2)
    insert.bind(id.native, at: 3)
    insert.bind(Int64((header?.fidelity ?? .full).rawValue), at: 4)
    try insert.run()
    return OpenConversation(id: id, row: connection.lastInsertedRow, isNew: true)
  }

  /// Adds messages, parents before their children.
  public func append(_ messages: [PreparedMessage], to open: OpenConversation) throws {
    guard !open.isDeleted else {
      open.passedOver += messages.count
      return
    }
    for message in messages {
      open.digest.add(message)
      let parent = try message.parentID.flatMap { try open.messages.entry($0)?.row }
      if let known = try open.messages.entry(message.nativeID) {
        if known.storedFlags == nil {
          try repeatMessage(known, with: message, parent: parent, in: open)
        } else {
          try meet(known, with: message, parent: parent, in: open)
        }
      } else if open.ignoresNewMessages {
        continue
      } else {
        try insert(message, parent: parent, into: open)
      }
      open.nextPosition += 1
    }
  }

  /// Completes a conversation: the header, what is off the active path, what vanished, counts.
  public func finish(
    _ open: OpenConversation, header: ConversationHeader, inactive: Set<NativeID>,
    source: ConversationSource
  ) throws -> (conversation: ChangeCounts, messages: ChangeCounts) {
    if open.isDeleted {
      if let blob = source.blob {
        try noteDeleted(open.id, messages: open.passedOver, blob: blob)
      }
      return (ChangeCounts(), ChangeCounts())
    }
    try deactivate(inactive, in: open)
    try dropUnfinished(open)
    let revision = open.digest.revision(header, parserVersion: source.parserVersion)
    let standing = try standing(of: revision, in: open, source: source)
    switch standing {
    case .new: open.top = revision
    case .same: break
    case .greater, .reread: try adopt(revision, in: open, standing: standing, source: source)
    case .lesser: try fold(revision, into: open)
    }
    let headerChanged = try writeHeader(
      header, of: open, source: source, revision: revision, standing: standing)
    if let blob = source.blob {
      try connection.run(
        """
        INSERT INTO record (blob, provider, conversation, parser_version) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT DO UPDATE SET parser_version = ?4
        """, blob, open.id.provider.rawValue, open.row, source.parserVersion)
    }
    try flushRun(of: open)
    var counts = ChangeCounts()
    if open.isNew {
      counts.new = 1
    } else if headerChanged || open.counts.new + open.counts.updated + open.flagChanges > 0 {
      counts.updated = 1
    } else {
      counts.unchanged = 1
    }
    if open.isNew || headerChanged {
      try note(
        open.isNew ? .conversation : .header, conversation: open.row, first: 0, last: -1)
      feed.append(
        .title(
          FeedTitle(
            conversation: open.row, provider: open.id.provider, title: open.finalTitle,
            timestamp: header.updatedAt ?? header.createdAt)))
    }
    return (counts, open.counts)
  }

  // MARK: Messages

  private func insert(
    _ message: PreparedMessage, parent: Int64?, into open: OpenConversation
  ) throws {
    let statement = try connection.statement(
      """
      INSERT INTO message (conversation, position, native_id, parent, role, kind, flags, model,
        timestamp, hash, codec, body, id)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    message.nativeID.bind(to: statement, at: 3)
    statement.bind(open.row, at: 1)
    let position = open.nextPosition
    statement.bind(Int64(position), at: 2)
    statement.bind(parent, at: 4)
    statement.bind(Int64(message.role.rawValue), at: 5)
    statement.bind(Int64(message.kind.rawValue), at: 6)
    statement.bind(message.flags.rawValue, at: 7)
    let model = try message.model.map { try modelRow($0) }
    statement.bind(model, at: 8)
    statement.bind(message.timestamp?.microseconds, at: 9)
    statement.bind(message.hash, at: 10)
    let (codec, body) = message.stored(by: raw.compressor)
    statement.bind(codec, at: 11)
    body.withUnsafeBytes { statement.bind(bytes: $0, at: 12) }
    statement.bind(nextRows.message, at: 13)
    nextRows.message = nil
    try statement.run()
    let row = connection.lastInsertedRow
    try open.messages.set(
      MessageTable.Entry(
        row: row, hash: message.hash, position: position, flags: message.flags, parent: parent,
        isSeen: true), for: message.nativeID)
    open.counts.new += 1
    if open.firstNewRow == nil { open.firstNewRow = row }
    open.seal?.add(
      ConversationSeal.Row(
        row: row, parent: parent, position: Int64(position), role: Int64(message.role.rawValue),
        kind: Int64(message.kind.rawValue), flags: message.flags.rawValue, model: model,
        timestamp: message.timestamp?.microseconds, hash: message.hash),
      id: message.nativeID)
    open.take(message)
    try write(message.attachments, of: row, in: open)
    try extendRun(of: open, to: row)
    feed.append(
      .message(
        row: row, conversation: open.row, provider: open.id.provider, position: position,
        message: message.forIndex))
    if open.sharesIDs, message.nativeID.isUUID {
      try connection.run(
        "INSERT OR IGNORE INTO shared_message (native_id, message) VALUES (?, ?)",
        message.nativeID.bytes, row)
    }
  }

  /// Takes a message that this revision has brought before, under the same id.
  private func repeatMessage(
    _ known: MessageTable.Entry, with message: PreparedMessage, parent: Int64?,
    in open: OpenConversation
  ) throws {
    var known = known
    open.take(message)
    open.seal = nil
    if known.hash != message.hash {
      try rewrite(known, with: message, from: nil, in: open)
      known.hash = message.hash
      open.counts.updated += 1
    }
    if known.flags != message.flags || known.parent != parent {
      try connection.run(
        "UPDATE message SET flags = ?, parent = ? WHERE id = ?", message.flags.rawValue, parent,
        known.row)
      if known.flags != message.flags { try noteFlags(of: known.row, in: open) }
      known.flags = message.flags
      known.parent = parent
    }
    try open.messages.set(known, for: message.nativeID)
  }

  /// Takes a message that is stored. What differs waits for the rank of this revision, unless its
  /// header has told that it is the greatest.
  private func meet(
    _ known: MessageTable.Entry, with message: PreparedMessage, parent: Int64?,
    in open: OpenConversation
  ) throws {
    var known = known
    if !known.isSeen {
      known.position = open.nextPosition
      open.counts.unchanged += 1
    }
    known.isSeen = true
    known.flags = message.flags
    known.parent = parent
    if let waiting = open.deferred.removeValue(forKey: message.nativeID) {
      open.deferredByteCount -= waiting.byteCount
    }
    let isFull = open.deferredByteCount >= ConversationWriter.deferredByteLimit
    if known.hash == message.hash {
      if try refill(known, with: message, in: open) { open.counts.unchanged -= 1 }
      try countUnchanged(message.attachments, of: known.row)
      try completeFiles(of: known.row, from: message.attachments, in: open)
    } else if open.foresight == .greater || (open.foresight == .unknown && isFull) {
      try update(known, with: message, in: open)
      known.hash = message.hash
    } else if !isFull, open.foresight != .lesser || canTake(from: message, over: known, in: open) {
      open.deferred[message.nativeID] = message
      open.deferredByteCount += message.byteCount
    }
    try open.messages.set(known, for: message.nativeID)
  }

  /// Whether a lesser revision may have something for a stored message whose content differs.
  private func canTake(
    from message: PreparedMessage, over known: MessageTable.Entry, in open: OpenConversation
  ) -> Bool {
    !message.attachments.isEmpty || open.olderParts[.message(known.row)] != nil
  }

  /// Writes what a greater revision says.
  func update(
    _ known: MessageTable.Entry, with message: PreparedMessage, in open: OpenConversation
  ) throws {
    let rank = open.olderParts[OlderPart.message(known.row)] ?? open.top
    try rewrite(known, with: message, from: rank, in: open)
    open.counts.updated += 1
    open.counts.unchanged -= 1
  }

  /// Writes another content.
  ///
  /// - Parameter rank: The revision that the stored one comes from; nil when that is this one.
  func rewrite(
    _ known: MessageTable.Entry, with message: PreparedMessage, from rank: Revision?,
    in open: OpenConversation
  ) throws {
    if open.sharesHistory {
      open.heirs.formUnion(try detachCopies(of: known.row, provider: open.id.provider))
    }
    let statement = try connection.statement(
      """
      UPDATE message SET role = ?, kind = ?, model = ?, timestamp = ?, hash = ?, codec = ?,
        body = ?, original = NULL WHERE id = ?
      """)
    statement.bind(Int64(message.role.rawValue), at: 1)
    statement.bind(Int64(message.kind.rawValue), at: 2)
    statement.bind(try message.model.map { try modelRow($0) }, at: 3)
    statement.bind(message.timestamp?.microseconds, at: 4)
    statement.bind(message.hash, at: 5)
    let (codec, body) = message.stored(by: raw.compressor)
    statement.bind(codec, at: 6)
    body.withUnsafeBytes { statement.bind(bytes: $0, at: 7) }
    statement.bind(known.row, at: 8)
    try statement.run()
    let keepsText = try replaceAttachments(
      of: known.row, by: message.attachments, from: rank, in: open)
    try note(.messages, conversation: open.row, first: known.row, last: known.row)
    if keepsText { return feed.append(.reload(row: known.row)) }
    feed.append(
      .message(
        row: known.row, conversation: open.row, provider: open.id.provider,
        position: known.position, message: message.forIndex))
  }

  private func deactivate(_ inactive: Set<NativeID>, in open: OpenConversation) throws {
    for id in inactive {
      guard var known = try open.messages.entry(id), known.isSeen, known.flags.contains(.active)
      else { continue }
      known.flags.remove(.active)
      open.digest.addInactive(id)
      if known.storedFlags == nil {
        open.features.insert(.branch)
        open.seal = nil
        try connection.run(
          "UPDATE message SET flags = ? WHERE id = ?", known.flags.rawValue, known.row)
        try note(.messages, conversation: open.row, first: known.row, last: known.row)
        feed.append(.reload(row: known.row))
      }
      try open.messages.set(known, for: id)
    }
  }

  private func loadMessages(of open: OpenConversation) throws {
    let statement = try connection.statement(
      """
      SELECT id, native_id, hash, position, flags, parent, typeof(native_id) = 'blob'
      FROM message WHERE conversation = ? ORDER BY position
      """)
    statement.bind(open.row, at: 1)
    let withdrawn = Set(open.olderParts.keys.filter { $0.kind == .withdrawn }.map(\.item))
    while try statement.step() {
      let id = NativeID(statement, column: 1, isBlob: statement.int64(6) == 1)
      let flags = MessageFlags(rawValue: statement.int64(4))
      let row = statement.int64(0)
      if withdrawn.contains(row) { continue }
      let part = OlderPart.message(row)
      // Archives of a former format say no more than that it is gone.
      if flags.contains(.vanished), open.olderParts[part] == nil { open.olderParts[part] = .least }
      try open.messages.set(
        MessageTable.Entry(
          row: row, hash: statement.int64(2), position: Int(statement.int64(3)),
          flags: flags, parent: statement.optionalInt64(5), isSeen: false, storedFlags: flags),
        for: id)
    }
    statement.reset()
    try takeOverUnfinished(in: open)
  }

  private func modelRow(_ name: String) throws -> Int64 {
    if !modelsAreLoaded {
      let statement = try connection.statement("SELECT id, name FROM model")
      while try statement.step() { models[statement.string(1)] = statement.int64(0) }
      statement.reset()
      modelsAreLoaded = true
    }
    if let known = models[name] { return known }
    try connection.run("INSERT INTO model (name) VALUES (?) ON CONFLICT DO NOTHING", name)
    let row = try connection.integer("SELECT id FROM model WHERE name = ?", name) ?? 0
    models[name] = row
    return row
  }
}
