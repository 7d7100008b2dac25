import PolylogueModel
import PolylogueSQL

/// Checking what stands around the messages: headers, places in the tree, files.
extension Verifier {
  /// Compares conversations with the seals they were written with; those of an archive of a former
  /// format have none until they are written again.
  func checkSeals(_ subset: (part: Int, of: Int)?) throws {
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
      if !isWhole {
        report.add(
          "\(statement.string(1)):\(statement.string(2)): its header, the ids or places of its"
            + " messages, or its files are not what was written")
      }
    }
    report.checked.append(("conversations compared", count))
  }

  /// Finds what hangs on nothing.
  func checkStrays() throws {
    for (table, column) in [("revision", "conversation"), ("older_part", "conversation")] {
      let strays = try connection.integer(
        "SELECT count(*) FROM \(table) WHERE \(column) NOT IN (SELECT id FROM conversation)")
      if let strays, strays > 0 {
        report.add("\(strays) rows of \(table) belong to no conversation")
      }
    }
    let files = try connection.integer(
      """
      SELECT count(*) FROM attachment
      WHERE (state = 1) <> (import IS NOT NULL OR blob IS NOT NULL) OR (state = 2 AND text IS NULL)
      """)
    if let files, files > 0 {
      report.add("\(files) files are recorded otherwise than they are there")
    }
  }
}
