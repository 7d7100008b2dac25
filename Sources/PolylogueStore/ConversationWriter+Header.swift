import PolylogueModel
import PolylogueSQL

/// The header of a conversation, its kept counts, and what the change feed hears.
extension ConversationWriter {
  /// Makes a conversation fit for a commit while more of its messages are to come: its kept counts
  /// agree with its rows, and the change feed names them.
  public func pause(_ open: OpenConversation) throws {
    guard !open.isDeleted else { return }
    try flushRun(of: open)
    try markUnfinished(open)
    let messages = open.storedCounts.messages + open.counts.new
    let attachments = open.storedCounts.attachments + open.attachmentDelta
    try connection.run(
      "UPDATE conversation SET messages = ?, attachments = ? WHERE id = ?", messages, attachments,
      open.row)
    record(open, messages: messages, attachments: attachments)
  }

  /// Brings the kept totals to what a conversation holds now.
  private func record(_ open: OpenConversation, messages: Int, attachments: Int) {
    count(
      open.id.provider, conversations: 1 - open.recorded.conversations,
      messages: messages - open.recorded.messages,
      attachments: attachments - open.recorded.attachments)
    open.recorded = (1, messages, attachments)
  }

  /// Writes what this revision knows of the header, and which revision is the greatest now.
  ///
  /// - Returns: Whether the header changed.
  func writeHeader(
    _ header: ConversationHeader, of open: OpenConversation, source: ConversationSource,
    revision: Revision, standing: Standing
  ) throws -> Bool {
    if standing == .same, open.counts.updated == 0 {
      open.finalTitle = open.stored?.title
      // What an interrupted import had left was taken away with it.
      try connection.run(
        "UPDATE conversation SET import = ?, blob = ? WHERE id = ? AND import IS NULL",
        source.importID, source.blob, open.row)
      return false
    }
    let merged = try merge(
      header, into: open, revision: revision, standing: standing, isWhole: source.isWhole)
    open.finalTitle = merged.title
    var sum: MessageSum
    if open.isNew, let seal = open.seal, open.attachmentDelta == 0 {
      sum = MessageSum(
        models: open.models, features: open.features, messages: open.counts.new, seal: seal)
    } else {
      sum = try MessageSum(of: open.row, in: connection)
    }
    let attachments = open.storedCounts.attachments + open.attachmentDelta
    let statement = try connection.statement(
      """
      UPDATE conversation SET title = ?, created_at = ?, updated_at = ?, sort_at = ?, project = ?,
        lineage_kind = ?, lineage_parent = ?, lineage_origin = ?, fidelity = ?, metadata = ?,
        models = ?, features = ?, messages = ?, attachments = ?, import = coalesce(?, import),
        blob = CASE WHEN ?15 IS NULL THEN blob ELSE ?16 END WHERE id = ?17
      """)
    statement.bind(merged.title, at: 1)
    statement.bind(merged.createdAt?.microseconds, at: 2)
    statement.bind(merged.updatedAt?.microseconds, at: 3)
    statement.bind((merged.updatedAt ?? merged.createdAt)?.microseconds ?? 0, at: 4)
    statement.bind(merged.project, at: 5)
    statement.bind(merged.lineage.map { Int64($0.kind.rawValue) }, at: 6)
    statement.bind(merged.lineage?.parent, at: 7)
    statement.bind(merged.lineage?.origin, at: 8)
    statement.bind(Int64(merged.fidelity.rawValue), at: 9)
    statement.bind(merged.metadata, at: 10)
    statement.bind(sum.models.isEmpty ? nil : sum.models.joined(separator: "\n"), at: 11)
    statement.bind(sum.features.rawValue, at: 12)
    statement.bind(Int64(sum.messages), at: 13)
    statement.bind(Int64(attachments), at: 14)
    // The bytes of a conversation are those of its greatest revision.
    statement.bind(standing == .lesser ? nil : source.importID, at: 15)
    statement.bind(source.blob, at: 16)
    statement.bind(open.row, at: 17)
    try statement.run()
    sum.seal.add(merged, models: sum.models, features: sum.features)
    if standing == .lesser {
      try setSeal(sum.seal, of: open.row)
    } else {
      try store(open.top, of: open.row, seal: sum.seal)
    }
    record(open, messages: sum.messages, attachments: attachments)
    return open.isNew || merged != open.stored
  }

  /// Adds to the kept totals of a provider.
  func count(_ provider: Provider, conversations: Int, messages: Int, attachments: Int) {
    var delta = totals[provider] ?? (0, 0, 0)
    delta.conversations += conversations
    delta.messages += messages
    delta.attachments += attachments
    totals[provider] = delta
  }

  func extendRun(of open: OpenConversation, to row: Int64) throws {
    if let run = open.run, run.last + 1 == row {
      open.run = (run.first, row)
    } else {
      try flushRun(of: open)
      open.run = (row, row)
    }
  }

  func flushRun(of open: OpenConversation) throws {
    guard let run = open.run else { return }
    try note(.messages, conversation: open.row, first: run.first, last: run.last)
    open.run = nil
  }

  /// Adds a line to the change feed.
  func note(_ kind: ChangeKind, conversation: Int64, first: Int64, last: Int64) throws {
    try connection.run(
      "INSERT INTO change (kind, conversation, first, last) VALUES (?, ?, ?, ?)",
      Int64(kind.rawValue), conversation, first, last)
  }

  /// Tells the index about a message that turned into a copy of another one.
  func forget(row: Int64, conversation: Int64) throws {
    try note(.removed, conversation: conversation, first: row, last: row)
    feed.append(.removed(row: row))
  }

  /// Tells the index that a message must be read again from the database.
  func revive(row: Int64, conversation: Int64) throws {
    try note(.messages, conversation: conversation, first: row, last: row)
    feed.append(.reload(row: row))
  }
}
