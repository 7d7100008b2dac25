import PolylogueModel
import PolylogueSQL

/// Checking what stands around the messages: headers, places in the tree, files.
extension Verifier {
  /// Compares conversations with the seals they were written with; those of an archive of a former
  /// format have none until they are written or read again.
  func checkSeals(_ subset: (part: Int, of: Int)?) throws {
    let count = try forEachSeal(subset) { _, name, isWhole in
      if !isWhole {
        report.add(
          "\(name): its header, the ids or places of its messages, or its files are not what was"
            + " written", isMendable: true)
      }
    }
    report.checked.append(("conversations compared", count))
    if let unsealed = try connection.integer(Verifier.unsealed("count(*)")), unsealed > 0 {
      report.notes.append(
        "\(unsealed) conversation\(unsealed == 1 ? "" : "s") of a former format could not be compared"
          + " with what was written; “polylogue reprocess” seals them as they are")
    }
  }

  /// Conversations without a seal that no import is about to write.
  static func unsealed(_ columns: String) -> String {
    """
    SELECT \(columns) FROM conversation AS c LEFT JOIN revision AS r ON r.conversation = c.id
    WHERE r.seal IS NULL AND c.import IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM older_part AS o WHERE o.conversation = c.id AND o.kind = 4)
    """
  }

  /// Compares conversations with their seals.
  ///
  /// - Parameters:
  ///   - subset: Only this part of so many, counted from 1.
  ///   - body: Told the row and the name of each, and whether it is what was written.
  /// - Returns: How many were compared.
  func forEachSeal(
    _ subset: (part: Int, of: Int)? = nil,
    _ body: (_ row: Int64, _ name: String, _ isWhole: Bool) throws -> Void
  ) throws -> Int {
    let statement = try connection.statement(
      """
      SELECT c.id, c.provider, c.native_id, r.seal, coalesce(c.models, ''), c.features, c.attachments
      FROM revision AS r JOIN conversation AS c ON c.id = r.conversation
      WHERE r.seal IS NOT NULL AND c.id % ?1 = ?2 ORDER BY c.id
      """)
    statement.bind(Int64(subset?.of ?? 1), at: 1)
    statement.bind(Int64((subset?.part ?? 0) % max(1, subset?.of ?? 1)), at: 2)
    defer { statement.reset() }
    var count = 0
    while try statement.step() {
      count += 1
      try onStep("conversations compared", count)
      let row = statement.int64(0)
      guard let header = try ConversationReader.header(row: row, in: connection) else { continue }
      var sum = try MessageSum(of: row, in: connection)
      sum.seal.add(header, models: sum.models, features: sum.features)
      let isWhole =
        sum.seal.value == statement.int64(3)
        && sum.models.joined(separator: "\n").hasSameBytes(as: statement.string(4))
        && sum.features.rawValue == statement.int64(5) && sum.files == Int(statement.int64(6))
      try body(row, "\(statement.string(1)):\(statement.string(2))", isWhole)
    }
    return count
  }

  /// Finds what hangs on nothing, and what is kept of rows otherwise than they tell.
  func checkRows() throws {
    for check in Verifier.rowChecks {
      guard let count = try connection.integer(check.count), count > 0 else { continue }
      report.add("\(count) \(check.problem)", isMendable: check.isMendable)
    }
  }

  private struct RowCheck {
    var count: String
    /// What so many of them are.
    var problem: String
    var isMendable = true
  }

  private static let rowChecks: [RowCheck] =
    ["revision", "older_part"].map {
      RowCheck(
        count: """
          SELECT count(*) FROM \($0) WHERE conversation NOT IN (SELECT id FROM conversation)
          """, problem: "rows of \($0) belong to no conversation")
    } + [
      RowCheck(
        count: """
          SELECT count(*) FROM attachment WHERE (state = 1) <> (import IS NOT NULL OR blob IS NOT NULL)
            OR (state = 2 AND text IS NULL)
          """, problem: "files are recorded otherwise than they are there"),
      RowCheck(
        count: """
          SELECT count(*) FROM conversation
          WHERE sort_at <> coalesce(updated_at, created_at, 0)
          """, problem: "conversations stand at another place of the list than their times say"),
      RowCheck(
        count: """
          SELECT count(*) FROM record AS r JOIN conversation AS c ON c.id = r.conversation
          WHERE r.provider <> c.provider
          """, problem: "records name another provider than their conversation"),
      RowCheck(
        count: "SELECT count(*) FROM (\(Verifier.falseCopies))",
        problem: "copied messages have another original than one that says the same"),
    ]
    + ["tag", "star", "note"].map {
      RowCheck(
        count: """
          SELECT count(*) FROM \($0) AS own WHERE NOT EXISTS (SELECT 1 FROM conversation AS c
            WHERE c.provider = substr(own.conversation, 1, instr(own.conversation, ':') - 1)
              AND c.native_id = substr(own.conversation, instr(own.conversation, ':') + 1))
          """, problem: "rows of \($0) belong to no conversation", isMendable: false)
    }

  /// Copies, as rows of message and conversation, whose original does not say the same: it has
  /// another role or, where copies have the same hash, another hash.
  static let falseCopies = """
    SELECT m.id, m.conversation FROM message AS m JOIN message AS o ON o.id = m.original
    JOIN conversation AS c ON c.id = m.conversation
    WHERE m.original IS NOT NULL AND (o.original IS NOT NULL OR m.role <> o.role
      OR (c.provider = 'claude-code' AND m.hash <> o.hash))
    """
}
