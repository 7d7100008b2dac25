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
  private var attachmentCounts = (new: 0, unchanged: 0, missing: 0)
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
        metadata
      FROM conversation WHERE provider = ? AND native_id = ?
      """)
    statement.bind(id.provider.rawValue, at: 1)
    statement.bind(id.native, at: 2)
    if try statement.step() {
      let open = OpenConversation(id: id, row: statement.int64(0), isNew: false)
      open.stored = ConversationHeader(
        id: id, title: statement.optionalString(1),
        createdAt: statement.optionalInt64(2).map(Timestamp.init(microseconds:)),
        updatedAt: statement.optionalInt64(3).map(Timestamp.init(microseconds:)),
        project: statement.optionalString(4),
        fidelity: statement.int64(5) == 0 ? .slim : .full,
        metadata: statement.optionalString(9))
      open.storedCounts = (Int(statement.int64(6)), Int(statement.int64(7)))
      open.recorded = (1, open.storedCounts.messages, open.storedCounts.attachments)
      statement.reset()
      if let header { open.judge(header) } else { open.isProvisional = true }
      open.ignoresNewMessages =
        open.sharesFilesWithHistory
        && (header?.fidelity ?? .full) < (open.stored?.fidelity ?? .slim)
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
    insert.bind(Int64(header?.fidelity.rawValue ?? 1), at: 4)
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
      let parent = try message.parentID.flatMap { try open.messages.entry($0)?.row }
      if let known = try open.messages.entry(message.nativeID) {
        try update(known, with: message, parent: parent, in: open)
      } else if open.ignoresNewMessages {
        continue
      } else {
        try insert(message, parent: parent, into: open)
      }
      open.nextPosition += 1
    }
  }

  /// Writes what waited for the header, now that it tells which revision is more recent.
  private func writeDeferred(of open: OpenConversation) throws {
    open.isProvisional = false
    let (deferred, end) = (open.deferred, open.nextPosition)
    open.deferred = []
    defer { open.nextPosition = end }
    for (message, position) in deferred {
      open.nextPosition = position
      guard let known = try open.messages.entry(message.nativeID) else { continue }
      let parent = try message.parentID.flatMap { try open.messages.entry($0)?.row }
      try update(known, with: message, parent: parent, in: open)
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
    // A conversation written in parts may have been opened before its header was known.
    open.judge(header)
    try writeDeferred(of: open)
    try deactivate(inactive, in: open)
    if !open.isNew, open.isAccepted, header.fidelity >= (open.stored?.fidelity ?? .slim) {
      try markVanished(in: open)
    }
    let headerChanged = try writeHeader(header, of: open, source: source)
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
    var message = message
    if open.isOlder { message.flags = message.flags.subtracting(.active).union(.vanished) }
    let statement = try connection.statement(
      """
      INSERT INTO message (conversation, position, native_id, parent, role, kind, flags, model,
        timestamp, hash, codec, body, id)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    message.nativeID.bind(to: statement, at: 3)
    statement.bind(open.row, at: 1)
    let position = open.isNew || open.isAccepted ? open.nextPosition : open.appendPosition()
    statement.bind(Int64(position), at: 2)
    statement.bind(parent, at: 4)
    statement.bind(Int64(message.role.rawValue), at: 5)
    statement.bind(Int64(message.kind.rawValue), at: 6)
    statement.bind(message.flags.rawValue, at: 7)
    statement.bind(try message.model.map { try modelRow($0) }, at: 8)
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
      open.noteInserted(row)
    }
  }

  private func update(
    _ known: MessageTable.Entry, with message: PreparedMessage, parent: Int64?,
    in open: OpenConversation
  ) throws {
    var known = known
    if open.isProvisional, known.hash != message.hash,
      open.deferredByteCount < ConversationWriter.deferredByteLimit
    {
      open.deferred.append((message, open.nextPosition))
      open.deferredByteCount += message.byteCount
      return
    }
    let wasSeen = known.isSeen
    known.isSeen = true
    try open.messages.set(known, for: message.nativeID)
    guard open.isNew || open.isAccepted else {
      if try !refill(known, with: message, in: open) { open.counts.unchanged += 1 }
      countUnchanged(message.attachments)
      return
    }
    open.take(message)
    let position = wasSeen ? known.position : open.nextPosition
    if known.hash != message.hash {
      try rewrite(known, with: message, in: open)
      known.hash = message.hash
      open.counts.updated += 1
    } else if try !refill(known, with: message, in: open), !wasSeen {
      open.counts.unchanged += 1
      countUnchanged(message.attachments)
    }
    if known.position != position || known.flags != message.flags || known.parent != parent {
      try connection.run(
        "UPDATE message SET position = ?, flags = ?, parent = ? WHERE id = ?",
        position, message.flags.rawValue, parent, known.row)
      if known.flags != message.flags {
        open.flagChanges += 1
        try note(.messages, conversation: open.row, first: known.row, last: known.row)
        feed.append(
          .message(
            row: known.row, conversation: open.row, provider: open.id.provider,
            position: position, message: message.forIndex))
      }
      known.position = position
      known.flags = message.flags
      known.parent = parent
    }
    try open.messages.set(known, for: message.nativeID)
  }

  private func rewrite(
    _ known: MessageTable.Entry, with message: PreparedMessage, in open: OpenConversation
  ) throws {
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
    let keepsText = try replaceAttachments(of: known.row, by: message.attachments, in: open)
    try note(.messages, conversation: open.row, first: known.row, last: known.row)
    if keepsText { return feed.append(.reload(row: known.row)) }
    feed.append(
      .message(
        row: known.row, conversation: open.row, provider: open.id.provider,
        position: known.position, message: message.forIndex))
  }

  /// Writes a message's files anew; what came with an earlier export and not with this one stays.
  private func replaceAttachments(
    of message: Int64, by attachments: [PreparedAttachment], in open: OpenConversation
  ) throws -> Bool {
    let removed =
      try connection.integer("SELECT count(*) FROM attachment WHERE message = ?", message) ?? 0
    try connection.run(
      "UPDATE attachment SET position = -1 - position WHERE message = ?", message)
    try write(attachments, of: message, in: open)
    guard removed > 0 else { return false }
    try connection.run(
      """
      UPDATE attachment SET state = o.state, member = o.member, import = o.import, blob = o.blob,
        size = coalesce(attachment.size, o.size), codec = o.codec, text = o.text
      FROM attachment AS o
      WHERE attachment.message = ?1 AND attachment.position >= 0 AND attachment.state = 0
        AND o.message = ?1 AND o.position < 0 AND o.state > 0
        AND o.native_id = attachment.native_id
      """, message)
    let keepsText = try keepExtractedTexts(of: message)
    try connection.run("DELETE FROM attachment WHERE message = ? AND position < 0", message)
    open.attachmentDelta -= Int(removed)
    return keepsText
  }

  private func write(
    _ attachments: [PreparedAttachment], of message: Int64, in open: OpenConversation
  ) throws {
    for (position, prepared) in attachments.enumerated() {
      let attachment = prepared.attachment
      let blob = try prepared.inline.map { try raw.store($0).row }
      let member = try attachment.member.flatMap { try raw.member($0) }
      let state: Attachment.State =
        blob != nil || member != nil ? .stored : prepared.text != nil ? .textOnly : .missing
      let statement = try connection.statement(
        """
        INSERT INTO attachment (message, position, native_id, name, media_type, size, state,
          member, import, blob, codec, text)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
      statement.bind(message, at: 1)
      statement.bind(Int64(position), at: 2)
      statement.bind(attachment.id, at: 3)
      statement.bind(attachment.name, at: 4)
      statement.bind(raw.mediaType(of: attachment), at: 5)
      statement.bind(attachment.byteCount ?? prepared.inline.map { Int64($0.size) }, at: 6)
      statement.bind(Int64(state.rawValue), at: 7)
      statement.bind(attachment.member, at: 8)
      statement.bind(member, at: 9)
      statement.bind(blob, at: 10)
      statement.bind(prepared.codec, at: 11)
      statement.bind(prepared.text, at: 12)
      try statement.run()
      open.attachmentDelta += 1
      if state == .missing { attachmentCounts.missing += 1 } else { attachmentCounts.new += 1 }
    }
  }

  private func countUnchanged(_ attachments: [PreparedAttachment]) {
    attachmentCounts.unchanged += attachments.count
  }

  private func deactivate(_ inactive: Set<NativeID>, in open: OpenConversation) throws {
    for id in inactive {
      guard var known = try open.messages.entry(id), known.flags.contains(.active),
        open.isNew || open.isAccepted
      else { continue }
      known.flags.remove(.active)
      open.features.insert(.branch)
      try connection.run(
        "UPDATE message SET flags = ? WHERE id = ?", known.flags.rawValue, known.row)
      if known.flags != known.storedFlags, known.storedFlags != nil { open.flagChanges += 1 }
      try note(.messages, conversation: open.row, first: known.row, last: known.row)
      feed.append(.reload(row: known.row))
      try open.messages.set(known, for: id)
    }
  }

  private func markVanished(in open: OpenConversation) throws {
    try open.messages.forEach { known in
      guard !known.isSeen, !known.flags.contains(.vanished) else { return }
      try connection.run(
        "UPDATE message SET flags = ? WHERE id = ?",
        known.flags.subtracting(.active).union(.vanished).rawValue, known.row)
      open.flagChanges += 1
      try note(.messages, conversation: open.row, first: known.row, last: known.row)
      feed.append(.reload(row: known.row))
    }
  }

  private func loadMessages(of open: OpenConversation) throws {
    let statement = try connection.statement(
      """
      SELECT id, native_id, hash, position, flags, parent, typeof(native_id) = 'blob'
      FROM message WHERE conversation = ? ORDER BY position
      """)
    statement.bind(open.row, at: 1)
    while try statement.step() {
      let id = NativeID(statement, column: 1, isBlob: statement.int64(6) == 1)
      let flags = MessageFlags(rawValue: statement.int64(4))
      try open.messages.set(
        MessageTable.Entry(
          row: statement.int64(0), hash: statement.int64(2), position: Int(statement.int64(3)),
          flags: flags, parent: statement.optionalInt64(5), isSeen: false, storedFlags: flags),
        for: id)
      open.lastPosition = max(open.lastPosition, Int(statement.int64(3)))
    }
    statement.reset()
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
