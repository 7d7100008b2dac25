import PolylogueModel
import PolylogueSQL

/// Writing anew what is damaged, when the archived bytes that it was read from are read again.
///
/// A message whose content is damaged gets it from any revision that says what its hash tells. All
/// else is told by the revisions themselves, the greatest and those that older parts come from: they
/// are read like those that a newer parser reads, and nothing that they do not say stays.
extension ConversationWriter {
  /// Writes what a message says that is the stored one by its hash.
  func mend(
    _ known: MessageTable.Entry, with message: PreparedMessage, in open: OpenConversation
  ) throws {
    let isUnreadable = damage.messages.remove(known.row) != nil
    let model = try message.model.map { try modelRow($0) }
    let isAsWritten = try connection.integer(
      "SELECT role = ? AND kind = ? AND model IS ? AND timestamp IS ? FROM message WHERE id = ?",
      Int64(message.role.rawValue), Int64(message.kind.rawValue), model,
      message.timestamp?.microseconds, known.row)
    guard isUnreadable || isAsWritten != 1 else { return }
    try connection.run(
      "UPDATE message SET role = ?, kind = ?, model = ?, timestamp = ? WHERE id = ?",
      Int64(message.role.rawValue), Int64(message.kind.rawValue), model,
      message.timestamp?.microseconds, known.row)
    if isUnreadable {
      let (codec, body) = message.stored(by: raw.compressor)
      // A copy is one of its own, until it is compared again.
      try connection.run(
        "UPDATE message SET codec = ?, body = ?, original = NULL WHERE id = ?", codec, body,
        known.row)
    }
    open.counts.updated += 1
    open.counts.unchanged -= 1
    try revive(row: known.row, conversation: open.row)
  }

  /// Whether what is known of a message's files has to be written anew.
  func hasSuspectFiles(
    _ known: MessageTable.Entry, _ message: PreparedMessage, in open: OpenConversation
  ) throws -> Bool {
    guard open.isDamaged, damage.unsealed.contains(open.row) else { return false }
    return try !message.attachments.isEmpty || hasAttachments(known.row)
  }
}

extension OpenConversation {
  /// Whether a part that comes from a revision is written again as that one says it.
  func takes(_ revision: Revision, over rank: Revision) -> Bool {
    isDamaged ? rank <= revision : rank < revision
  }
}

extension WriteSession {
  /// Makes what is kept of conversations besides what they say agree with them: totals, and what is
  /// known of files. In a group.
  ///
  /// - Parameter damage: What was found before; only then something may belong to no message.
  /// - Complexity: O(conversations + attachments); writes what is wrong alone.
  package func settleKept(after damage: Damage) throws {
    if !damage.isEmpty {
      for table in ["attachment", "shared_message"] {
        try connection.run(
          "DELETE FROM \(table) WHERE message NOT IN (SELECT id FROM message)")
      }
    }
    try connection.run(
      """
      UPDATE conversation SET sort_at = coalesce(updated_at, created_at, 0)
      WHERE sort_at <> coalesce(updated_at, created_at, 0)
      """)
    try connection.run(
      """
      DELETE FROM record WHERE provider <> (SELECT provider FROM conversation AS c
        WHERE c.id = record.conversation)
      """)
    for table in ["revision", "older_part"] {
      try connection.run(
        "DELETE FROM \(table) WHERE conversation NOT IN (SELECT id FROM conversation)")
    }
    try connection.run(
      """
      UPDATE attachment SET state = CASE WHEN import IS NOT NULL OR blob IS NOT NULL THEN 1
        WHEN text IS NOT NULL THEN 2 ELSE 0 END
      WHERE (state = 1) <> (import IS NOT NULL OR blob IS NOT NULL) OR (state = 2 AND text IS NULL)
      """)
    try connection.run(
      """
      INSERT OR REPLACE INTO total (provider, conversations, messages, attachments)
      SELECT provider, count(*), sum(messages), sum(attachments) FROM conversation
      GROUP BY provider
      EXCEPT SELECT provider, conversations, messages, attachments FROM total
      """)
    try connection.run(
      "DELETE FROM total WHERE provider NOT IN (SELECT provider FROM conversation)")
  }

  /// Seals conversations of a former format as they are, at most so many. In a group.
  ///
  /// - Returns: How many were sealed.
  /// - Complexity: O(their messages), without the bodies.
  package func sealUnsealed(limit: Int) throws -> Int {
    let statement = try connection.statement(Verifier.unsealed("c.id") + " LIMIT \(limit)")
    var rows: [Int64] = []
    while try statement.step() { rows.append(statement.int64(0)) }
    statement.reset()
    for row in rows { try conversations.seal(row) }
    return rows.count
  }
}

extension ConversationWriter {
  /// Seals a conversation as it is.
  fileprivate func seal(_ row: Int64) throws {
    guard let header = try ConversationReader.header(row: row, in: connection) else { return }
    var sum = try MessageSum(of: row, in: connection)
    sum.seal.add(header, models: sum.models, features: sum.features)
    if try connection.integer("SELECT 1 FROM revision WHERE conversation = ?", row) == nil {
      // As it is taken for where there is no rank.
      var rank = Revision.least
      rank.fidelity = header.fidelity.rank
      rank.updatedAt = header.updatedAt?.microseconds ?? .min
      try store(rank, of: row, seal: sum.seal)
    } else {
      try setSeal(sum.seal, of: row)
    }
  }
}
