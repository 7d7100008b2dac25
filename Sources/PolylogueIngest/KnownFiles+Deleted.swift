import PolylogueModel
import PolylogueSQL
import PolylogueStore

/// What the user has deleted since it was imported.
extension KnownFiles {
  /// The deleted conversations that a record holds, and their messages.
  func deleted(sha256: [UInt8], provider: Provider) throws -> (conversations: Int, messages: Int) {
    guard hasDeletions else { return (0, 0) }
    let statement = try connection.statement(
      """
      SELECT count(*), sum(d.messages) FROM blob AS b JOIN deleted_record AS d ON d.blob = b.id
      WHERE b.sha256 = ? AND d.provider = ?
      """)
    defer { statement.reset() }
    statement.bind(sha256, at: 1)
    statement.bind(provider.rawValue, at: 2)
    guard try statement.step() else { return (0, 0) }
    return (Int(statement.int64(0)), Int(statement.int64(1)))
  }

  /// Counts conversations of a file that were deleted since as such.
  ///
  /// - Complexity: O(segments of the file) once anything was deleted, else nothing.
  func subtractDeleted(from file: inout UnchangedFile) throws {
    guard hasDeletions, file.isConversations else { return }
    let statement = try connection.statement(
      """
      WITH part (id) AS (SELECT ?1 UNION SELECT id FROM import WHERE container = ?1),
      gone (provider, native_id, messages) AS (
        SELECT provider, native_id, messages FROM tombstone WHERE import IN part
        UNION ALL SELECT d.provider, d.native_id, d.messages FROM segment AS s
          JOIN deleted_record AS d ON d.blob = s.blob WHERE s.import IN part)
      SELECT count(*), sum(messages)
      FROM (SELECT max(messages) AS messages FROM gone GROUP BY provider, native_id)
      """)
    defer { statement.reset() }
    statement.bind(file.importID, at: 1)
    guard try statement.step() else { return }
    file.deleted = min(Int(statement.int64(0)), file.conversations)
    file.conversations -= file.deleted
    file.messages = max(0, file.messages - Int(statement.int64(1)))
    if file.conversations == 0 { (file.messages, file.attachments, file.missing) = (0, 0, 0) }
  }
}
