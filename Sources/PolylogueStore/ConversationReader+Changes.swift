import PolylogueModel
import PolylogueSQL

extension ConversationReader {
  /// The public id of a conversation by its row; nil when there is none.
  public func id(row: Int64) throws -> ConversationID? {
    try id("SELECT provider, native_id FROM conversation WHERE id = ?", row)
  }

  /// The conversation that was deleted by a line of the change feed; nil when the line says
  /// something else.
  public func deletedID(sequence: Int64) throws -> ConversationID? {
    try id("SELECT provider, native_id FROM tombstone WHERE sequence = ?", sequence)
  }

  private func id(_ sql: String, _ value: Int64) throws -> ConversationID? {
    let statement = try connection.statement(sql)
    defer { statement.reset() }
    statement.bind(value, at: 1)
    guard try statement.step() else { return nil }
    return ConversationID(
      provider: Provider(rawValue: statement.string(0)), native: statement.string(1))
  }
}
