import PolylogueModel
import PolylogueSQL

/// What a deletion took out of an archive.
public struct DeletionReport: Hashable, Sendable {
  /// Conversations.
  public var conversations = 0
  /// Their messages, copies of another conversation's messages not counted.
  public var messages = 0
  /// Their attachments.
  public var attachments = 0

  /// Nothing deleted.
  public init() {}
}

/// Taking conversations out of an archive for good.
///
/// What stays: the imported bytes, which give every imported file back, and a tombstone that keeps
/// a later import from bringing the conversation back.
extension ConversationWriter {
  /// Deletes a conversation inside the open group; nothing when there is none of this id.
  ///
  /// Messages that other conversations hold as copies are handed over to them.
  ///
  /// - Complexity: O(messages), with foreign keys unenforced; see ``WriteSession/delete(_:at:isCancelled:)``.
  func delete(_ id: ConversationID, at time: Timestamp) throws -> DeletionReport {
    var report = DeletionReport()
    let statement = try connection.statement(
      """
      SELECT id, messages, attachments, import FROM conversation
      WHERE provider = ? AND native_id = ?
      """)
    statement.bind(id.provider.rawValue, at: 1)
    statement.bind(id.native, at: 2)
    guard try statement.step() else {
      statement.reset()
      return report
    }
    let row = statement.int64(0)
    report.conversations = 1
    report.messages = Int(statement.int64(1))
    report.attachments = Int(statement.int64(2))
    let importID = statement.optionalInt64(3)
    statement.reset()
    try noteHighest(conversation: row)
    try handOverSharedMessages(of: row, provider: id.provider)
    try deleteMessages(of: row)
    try connection.run(
      """
      INSERT OR IGNORE INTO deleted_record (blob, provider, native_id, messages)
      SELECT blob, ?, ?, ? FROM record WHERE conversation = ?
      """, id.provider.rawValue, id.native, report.messages, row)
    for table in ["record", "message", "revision", "older_part"] {
      try connection.run("DELETE FROM \(table) WHERE conversation = ?", row)
    }
    for table in UserLayer.tables {
      try connection.run("DELETE FROM \(table) WHERE conversation = ?", id.description)
    }
    try connection.run("DELETE FROM conversation WHERE id = ?", row)
    // For an index this line means a title that is gone.
    try note(.header, conversation: row, first: 0, last: -1)
    try connection.run(
      """
      INSERT INTO tombstone (provider, native_id, deleted_at, sequence, messages, import)
      VALUES (?, ?, ?, ?, ?, ?)
      """, id.provider.rawValue, id.native, time.microseconds, connection.lastInsertedRow,
      report.messages, importID)
    count(
      id.provider, conversations: -1, messages: -report.messages, attachments: -report.attachments)
    return report
  }

  /// Remembers the rows of a conversation that is deleted. They are never given to another one: an
  /// index or a follower of the change feed that has not come that far would take it for the former.
  private func noteHighest(conversation row: Int64) throws {
    try connection.run(
      """
      INSERT INTO highest_deleted (id, conversation, message)
      VALUES (1, ?1, (SELECT coalesce(max(id), 0) FROM message WHERE conversation = ?1))
      ON CONFLICT (id) DO UPDATE SET conversation = max(conversation, excluded.conversation),
        message = max(message, excluded.message)
      """, row)
  }

  /// Remembers the row of a message that goes; see ``noteHighest(conversation:)``.
  func noteHighest(message row: Int64) throws {
    try connection.run(
      """
      INSERT INTO highest_deleted (id, conversation, message) VALUES (1, 0, ?)
      ON CONFLICT (id) DO UPDATE SET message = max(message, excluded.message)
      """, row)
  }

  /// Finds out which rows come next; at the beginning of a group.
  func findNextRows() throws {
    nextRows = (nil, nil)
    let statement = try connection.statement(
      """
      SELECT conversation, coalesce((SELECT max(id) FROM conversation), 0),
        message, coalesce((SELECT max(id) FROM message), 0) FROM highest_deleted WHERE id = 1
      """)
    defer { statement.reset() }
    guard try statement.step() else { return }
    if statement.int64(0) > statement.int64(1) { nextRows.conversation = statement.int64(0) + 1 }
    if statement.int64(2) > statement.int64(3) { nextRows.message = statement.int64(2) + 1 }
  }

  /// Whether the user has deleted the conversation with this id.
  func isDeleted(_ id: ConversationID) throws -> Bool {
    try connection.integer(
      "SELECT 1 FROM tombstone WHERE provider = ? AND native_id = ?", id.provider.rawValue,
      id.native) != nil
  }

  /// Remembers that a blob holds a deleted conversation, so that it need not be parsed again.
  func noteDeleted(_ id: ConversationID, messages: Int, blob: Int64) throws {
    try connection.run(
      """
      INSERT OR IGNORE INTO deleted_record (blob, provider, native_id, messages)
      VALUES (?, ?, ?, ?)
      """, blob, id.provider.rawValue, id.native, messages)
  }

  /// Makes a copy of each shared message the one that is counted and searched: one whose body is the
  /// original's, where there is one, since others may have no body of their own.
  private func handOverSharedMessages(of conversation: Int64, provider: Provider) throws {
    let statement = try connection.statement(
      """
      SELECT o.id, c.id, c.conversation FROM message AS o JOIN message AS c ON c.id =
        (SELECT id FROM message WHERE original = o.id AND conversation <> ?1
          ORDER BY length(body) > 0, id LIMIT 1)
      WHERE o.conversation = ?1
      """)
    statement.bind(conversation, at: 1)
    var heirs: [(original: Int64, heir: Int64, conversation: Int64)] = []
    while try statement.step() {
      heirs.append((statement.int64(0), statement.int64(1), statement.int64(2)))
    }
    statement.reset()
    for (original, heir, heirConversation) in heirs {
      try handOver(original, to: heir, in: heirConversation, provider: provider)
    }
  }

  /// Frees a message of its copies, before it says something else or goes.
  ///
  /// - Returns: The conversations that hold what were copies.
  @discardableResult
  func detachCopies(of row: Int64, provider: Provider) throws -> Set<Int64> {
    let statement = try connection.statement(
      "SELECT id, conversation FROM message WHERE original = ? ORDER BY id")
    statement.bind(row, at: 1)
    var copies: [(row: Int64, conversation: Int64)] = []
    while try statement.step() { copies.append((statement.int64(0), statement.int64(1))) }
    statement.reset()
    for copy in copies {
      try makeWhole(copy.row, in: copy.conversation, provider: provider)
      try takeFiles(of: row, for: copy.row, in: copy.conversation)
    }
    return Set(copies.map(\.conversation))
  }

  private func handOver(
    _ original: Int64, to heir: Int64, in heirConversation: Int64, provider: Provider
  ) throws {
    try makeWhole(heir, in: heirConversation, provider: provider)
    try connection.run("UPDATE message SET original = ? WHERE original = ?", heir, original)
    try takeFiles(of: original, for: heir, in: heirConversation)
  }

  /// Gives what was a copy the files of its original.
  private func takeFiles(of original: Int64, for heir: Int64, in conversation: Int64) throws {
    // The heir's files were not looked at so far; what only the original's had came with it.
    try changeFiles(of: heir, in: conversation) {
      try connection.run(
        """
        UPDATE attachment SET state = o.state, member = o.member, import = o.import, blob = o.blob,
          size = coalesce(attachment.size, o.size), codec = o.codec, text = o.text
        FROM attachment AS o
        WHERE attachment.message = ?1 AND attachment.state = 0 AND o.message = ?2 AND o.state > 0
          AND o.position = attachment.position
        """, heir, original)
    }
  }

  /// Takes away what hangs on a conversation's messages, and tells the change feed about those that
  /// search finds.
  private func deleteMessages(of conversation: Int64) throws {
    var run: ClosedRange<Int64>?
    func flush() throws {
      guard let run else { return }
      try note(.removed, conversation: conversation, first: run.lowerBound, last: run.upperBound)
    }
    let statement = try connection.statement(
      """
      SELECT id, original IS NULL, native_id, typeof(native_id) = 'blob' FROM message
      WHERE conversation = ? ORDER BY id
      """)
    defer { statement.reset() }
    statement.bind(conversation, at: 1)
    while try statement.step() {
      let row = statement.int64(0)
      if statement.int64(3) == 1 {
        try connection.run(
          "DELETE FROM shared_message WHERE native_id = ? AND message = ?", statement.bytes(2), row)
      }
      try connection.run("DELETE FROM attachment WHERE message = ?", row)
      guard statement.int64(1) == 1 else { continue }
      if let known = run, known.upperBound + 1 == row {
        run = known.lowerBound...row
      } else {
        try flush()
        run = row...row
      }
    }
    try flush()
  }
}

extension WriteSession {
  /// A group of deletions is committed once it has taken out this many messages.
  static let deletionGroupMessages = 20_000

  /// Deletes conversations, in groups that are each committed durably; see ``DeletionReport``. Ids
  /// that are not there are passed over.
  ///
  /// - Parameters:
  ///   - time: When they are deleted.
  ///   - isCancelled: Asked between two conversations; what was committed stays deleted.
  /// - Returns: What was deleted, and whether all ids were come to.
  public func delete(
    _ ids: [ConversationID], at time: Timestamp, isCancelled: () -> Bool = { false }
  ) throws -> (report: DeletionReport, isComplete: Bool) {
    var total = DeletionReport()
    var next = 0
    // SQLite would look through all of `shared_message` for each message that goes, to enforce a
    // reference which is taken away first. It can be switched off only between transactions.
    try connection.execute("PRAGMA foreign_keys=OFF")
    defer { try? connection.execute("PRAGMA foreign_keys=ON") }
    while next < ids.count, !isCancelled() {
      let done = try group {
        var report = DeletionReport()
        while next < ids.count, report.messages < WriteSession.deletionGroupMessages {
          if report.conversations > 0, isCancelled() { break }
          let one = try conversations.delete(ids[next], at: time)
          report.conversations += one.conversations
          report.messages += one.messages
          report.attachments += one.attachments
          next += 1
        }
        return report
      }
      // Indexes read it from the feed.
      _ = conversations.takeFeed()
      total.conversations += done.conversations
      total.messages += done.messages
      total.attachments += done.attachments
    }
    return (total, next == ids.count)
  }
}
