import PolylogueModel
import PolylogueSQL

/// What of an archive's conversations is not what was written, as rows: what reading the kept bytes
/// again can mend.
package struct Damage: Sendable {
  /// Messages whose content cannot be read or has another hash.
  package var messages: Set<Int64> = []
  /// Conversations with such messages, or that are otherwise not what was written.
  package var conversations: Set<Int64> = []
  /// Those of them whose header, places of messages, or files are not what was written.
  package var unsealed: Set<Int64> = []

  /// Nothing.
  package init() {}

  /// Whether there is any.
  package var isEmpty: Bool { conversations.isEmpty }
}

extension Verifier {
  /// Looks for damage that reading again can mend. What lies in a file of cold storage that is not
  /// there is passed over.
  ///
  /// - Parameter onStep: Told what is read, and how much of it was read; what it throws ends the
  ///   search.
  /// - Complexity: O(messages), each of which is decompressed and hashed.
  package func findDamage(onStep: @escaping (String, Int) throws -> Void) throws -> Damage {
    self.onStep = onStep
    defer { self.onStep = { _, _ in } }
    var damage = Damage()
    try connection.snapshot {
      try checkColdStorage(isDeep: false)
      _ = try forEachMessage { row, conversation, problem in
        guard problem != nil else { return }
        damage.messages.insert(row)
        damage.conversations.insert(conversation)
      }
      _ = try forEachSeal { row, _, isWhole in
        guard !isWhole else { return }
        damage.unsealed.insert(row)
        damage.conversations.insert(row)
      }
      try findMiscounts(into: &damage)
      try findFalseCopies(into: &damage)
    }
    return damage
  }

  /// What ``findDamage(onStep:)`` still finds of what it has found before.
  ///
  /// - Returns: The public ids, sorted.
  package func whatIsLeft(of damage: Damage) throws -> [ConversationID] {
    let left = try findDamage { _, _ in }.conversations.intersection(damage.conversations)
    return try left.compactMap { try ConversationReader.header(row: $0, in: connection)?.id }
      .sorted { $0.description.utf8.lexicographicallyPrecedes($1.description.utf8) }
  }

  /// Copies that point to what is no original of theirs: they are made messages of their own, until
  /// they are compared again.
  private func findFalseCopies(into damage: inout Damage) throws {
    let statement = try connection.statement(
      """
      \(Verifier.falseCopies) UNION SELECT m.id, m.conversation FROM message AS m
      LEFT JOIN message AS o ON o.id = m.original WHERE m.original IS NOT NULL AND o.id IS NULL
      """)
    defer { statement.reset() }
    while try statement.step() {
      damage.messages.insert(statement.int64(0))
      damage.conversations.insert(statement.int64(1))
    }
  }

  /// Conversations some messages of which are gone, or that no longer know how many they have.
  private func findMiscounts(into damage: inout Damage) throws {
    let statement = try connection.statement(
      """
      SELECT c.id FROM conversation AS c
      LEFT JOIN message AS m ON m.conversation = c.id AND m.original IS NULL
      GROUP BY c.id HAVING c.messages <> count(m.id)
      """)
    defer { statement.reset() }
    while try statement.step() {
      damage.unsealed.insert(statement.int64(0))
      damage.conversations.insert(statement.int64(0))
    }
  }
}

extension Damage {
  /// The imported files that say what damaged conversations said, by their SHA-256: those that they
  /// were last read from, and those that may have said more.
  ///
  /// - Returns: Of each, whether the greatest revision of one of them was read from it.
  package func files(in connection: Connection) throws -> [[UInt8]: Bool] {
    var files: [[UInt8]: Bool] = [:]
    for row in conversations.sorted() {
      let statement = try connection.statement(
        """
        SELECT i.sha256, max(top) FROM (
          SELECT import AS id, 1 AS top FROM conversation WHERE id = ?1
          UNION ALL SELECT s.import, s.blob IS c.blob FROM record AS r
            JOIN segment AS s ON s.blob = r.blob JOIN conversation AS c ON c.id = r.conversation
            WHERE r.conversation = ?1
          UNION ALL SELECT other.id, 0 FROM conversation AS c JOIN import AS i ON i.id = c.import
            JOIN import AS other ON other.kind = 0 AND other.status > 0
              AND other.provider = c.provider AND (other.label = i.label
                OR EXISTS (SELECT 1 FROM older_part AS o WHERE o.conversation = c.id))
            WHERE c.id = ?1 AND c.blob IS NULL
        ) AS source JOIN import AS i ON i.id = source.id
        WHERE i.sha256 IS NOT NULL AND i.status > 0 GROUP BY i.sha256
        """)
      defer { statement.reset() }
      statement.bind(row, at: 1)
      while try statement.step() {
        files[statement.bytes(0), default: false] =
          files[statement.bytes(0)] == true || statement.int64(1) == 1
      }
    }
    return files
  }
}
