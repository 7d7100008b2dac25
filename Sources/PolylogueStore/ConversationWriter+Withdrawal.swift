import PolylogueModel
import PolylogueSQL

/// Taking out messages that an archive should not have: prompts of a history whose session has come,
/// and what a newer parser no longer reads from the same bytes.
///
/// They are marked within an import and go at its end, because SQLite cannot let go of a message
/// within a group without looking through all that might refer to it.
extension ConversationWriter {
  func withdraw(_ known: MessageTable.Entry, in open: OpenConversation) throws {
    try drop(OlderPart.message(known.row), in: open)
    try set(OlderPart(kind: .withdrawn, item: known.row), .least, in: open)
    open.flagChanges += 1
  }

  /// Whether messages wait to be taken out.
  public func hasWithdrawn() throws -> Bool {
    try connection.integer("SELECT EXISTS (SELECT 1 FROM older_part WHERE kind = 3)") == 1
  }

  /// Takes out what was withdrawn; in a group with foreign keys unenforced.
  ///
  /// - Complexity: O(messages of their conversations).
  public func removeWithdrawn() throws {
    let withdrawn = try withdrawnMessages()
    var heirs: [Provider: Set<Int64>] = [:]
    for message in withdrawn {
      heirs[message.provider, default: []].formUnion(try remove(message))
      // What follows may now be part of the beginning that a fork shares, or no longer be.
      if message.provider == .codex { heirs[.codex]?.insert(message.conversation) }
    }
    try connection.run("DELETE FROM older_part WHERE kind = 3")
    try resolveEqualIDs(of: heirs[.claudeCode] ?? [], provider: .claudeCode)
    try resolveDeclaredForks(
      of: heirs[.codex] ?? [], provider: .codex, compressor: raw.compressor)
    for conversation in Set(withdrawn.map(\.conversation)).sorted() { try settle(conversation) }
  }

  private struct Withdrawn {
    var provider: Provider
    var conversation: Int64
    var row: Int64
    /// Its id, where copies are found by it.
    var sharedID: [UInt8]?
    var files: Int
  }

  private func withdrawnMessages() throws -> [Withdrawn] {
    let statement = try connection.statement(
      """
      SELECT c.provider, c.id, m.id, m.native_id, typeof(m.native_id) = 'blob',
        (SELECT count(*) FROM attachment WHERE message = m.id)
      FROM older_part AS e JOIN message AS m ON m.id = e.item
      JOIN conversation AS c ON c.id = m.conversation WHERE e.kind = 3 ORDER BY m.id
      """)
    defer { statement.reset() }
    var found: [Withdrawn] = []
    while try statement.step() {
      found.append(
        Withdrawn(
          provider: Provider(rawValue: statement.string(0)), conversation: statement.int64(1),
          row: statement.int64(2),
          sharedID: statement.int64(4) == 1 ? statement.bytes(3) : nil,
          files: Int(statement.int64(5))))
    }
    return found
  }

  /// - Returns: The conversations that hold what were copies of it.
  private func remove(_ message: Withdrawn) throws -> Set<Int64> {
    let (row, conversation) = (message.row, message.conversation)
    try noteHighest(message: row)
    let heirs = try detachCopies(of: row, provider: message.provider)
    if let id = message.sharedID {
      try connection.run("DELETE FROM shared_message WHERE native_id = ? AND message = ?", id, row)
    }
    if message.files > 0 {
      try connection.run(
        """
        DELETE FROM older_part WHERE conversation = ?1 AND kind = 2
          AND item IN (SELECT id FROM attachment WHERE message = ?2)
        """, conversation, row)
      try connection.run("DELETE FROM attachment WHERE message = ?", row)
      try connection.run(
        "UPDATE conversation SET attachments = attachments - ? WHERE id = ?", message.files,
        conversation)
    }
    let isCopy = try connection.integer("SELECT original FROM message WHERE id = ?", row) != nil
    try connection.run("DELETE FROM message WHERE id = ?", row)
    count(
      message.provider, conversations: 0, messages: isCopy ? 0 : -1, attachments: -message.files)
    if !isCopy { try forget(row: row, conversation: conversation) }
    return heirs
  }

  /// Sums up a conversation anew, some messages of which have gone.
  private func settle(_ conversation: Int64) throws {
    try connection.run(
      """
      UPDATE message SET parent = NULL WHERE conversation = ?1 AND parent IS NOT NULL
        AND parent NOT IN (SELECT id FROM message WHERE conversation = ?1)
      """, conversation)
    var sum = try MessageSum(of: conversation, in: connection)
    try connection.run(
      "UPDATE conversation SET models = ?, features = ?, messages = ? WHERE id = ?",
      sum.models.isEmpty ? nil : sum.models.joined(separator: "\n"), sum.features.rawValue,
      sum.messages, conversation)
    guard let header = try ConversationReader.header(row: conversation, in: connection) else {
      return
    }
    sum.seal.add(header, models: sum.models, features: sum.features)
    try setSeal(sum.seal, of: conversation)
  }
}
