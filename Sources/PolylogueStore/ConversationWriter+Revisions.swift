import PolylogueModel
import PolylogueSQL

/// How a revision stands to the greatest that is stored.
enum Standing {
  /// The conversation was not there.
  case new
  /// It is the greatest one itself.
  case same
  case greater
  case lesser
  /// The greatest one's bytes, read by a newer parser.
  case reread
}

/// Joins the revisions of a conversation: see ``Revision`` for what makes the result independent of
/// their order, and `docs/revisions.md` for the rule in full.
extension ConversationWriter {
  func loadRevisions(of open: OpenConversation) throws {
    let columns = "fidelity, updated_at, parser_version, richness, digest"
    let statement = try connection.statement(
      "SELECT \(columns) FROM revision WHERE conversation = ?")
    statement.bind(open.row, at: 1)
    if try statement.step() {
      open.top = Revision(statement, from: 0)
    } else if let stored = open.stored {
      open.top = .least
      open.top.fidelity = stored.fidelity.rank
      open.top.updatedAt = stored.updatedAt?.microseconds ?? .min
    }
    statement.reset()
    let parts = try connection.statement(
      "SELECT kind, item, \(columns) FROM older_part WHERE conversation = ?")
    parts.bind(open.row, at: 1)
    while try parts.step() {
      guard let kind = OlderPart.Kind(rawValue: parts.int64(0)) else { continue }
      open.olderParts[OlderPart(kind: kind, item: parts.int64(1))] = Revision(parts, from: 2)
    }
    parts.reset()
    open.former = open.top
  }

  /// Marks what a revision has brought before it is known whole: should its import end here, no
  /// message of it is taken for one of the greatest.
  func markUnfinished(_ open: OpenConversation) throws {
    guard !open.isNew else { return }
    if open.counts.new + open.counts.updated > 0 { try setSeal(nil, of: open.row) }
    guard !open.isMarkedUnfinished, let first = open.firstNewRow else { return }
    open.isMarkedUnfinished = true
    try set(OlderPart(kind: .unfinished, item: first), .least, in: open)
  }

  /// Gives the least rank to what an import has left that was interrupted within this conversation.
  func takeOverUnfinished(in open: OpenConversation) throws {
    for part in open.olderParts.keys where part.kind == .unfinished {
      try open.messages.forEach { known in
        let message = OlderPart.message(known.row)
        guard known.row >= part.item, open.olderParts[message] == nil else { return }
        try set(message, .least, in: open)
      }
      try drop(part, in: open)
    }
  }

  func dropUnfinished(_ open: OpenConversation) throws {
    guard open.isMarkedUnfinished, let first = open.firstNewRow else { return }
    try drop(OlderPart(kind: .unfinished, item: first), in: open)
  }

  func store(
    _ revision: Revision, of conversation: Int64, seal: ConversationSeal
  ) throws {
    let statement = try connection.statement(
      "INSERT OR REPLACE INTO revision VALUES (?,?,?,?,?,?,?)")
    statement.bind(conversation, at: 1)
    revision.bind(to: statement, from: 2)
    statement.bind(seal.value, at: 7)
    try statement.run()
  }

  func set(_ part: OlderPart, _ rank: Revision, in open: OpenConversation) throws {
    open.olderParts[part] = rank
    let statement = try connection.statement(
      "INSERT OR REPLACE INTO older_part VALUES (?,?,?,?,?,?,?,?)")
    statement.bind(open.row, at: 1)
    statement.bind(part.kind.rawValue, at: 2)
    statement.bind(part.item, at: 3)
    rank.bind(to: statement, from: 4)
    try statement.run()
  }

  func drop(_ part: OlderPart, in open: OpenConversation) throws {
    guard open.olderParts.removeValue(forKey: part) != nil else { return }
    try connection.run(
      "DELETE FROM older_part WHERE conversation = ? AND kind = ? AND item = ?", open.row,
      part.kind.rawValue, part.item)
  }

  func standing(
    of revision: Revision, in open: OpenConversation, source: ConversationSource
  ) throws -> Standing {
    if open.isNew { return .new }
    if revision.parserVersion >= open.top.parserVersion, revision != open.top,
      try isReread(source, of: open), try isTop(source, of: open)
    {
      return .reread
    }
    if revision < open.top { return .lesser }
    if revision > open.top { return .greater }
    // An interrupted import may have left what nobody finished.
    return open.deferred.isEmpty && open.counts.new == 0 ? .same : .greater
  }

  /// Whether these bytes were read before: because that was asked for, or because they came again
  /// after a parser has learned.
  private func isReread(_ source: ConversationSource, of open: OpenConversation) throws -> Bool {
    if source.isReread || source.formerImport != nil { return true }
    guard let blob = source.blob, source.parserVersion > open.top.parserVersion else {
      return false
    }
    return try connection.integer(
      """
      SELECT 1 FROM record
      WHERE blob = ? AND provider = ? AND conversation = ? AND parser_version < ?
      """, blob, open.id.provider.rawValue, open.row, source.parserVersion) == 1
  }

  /// Whether the greatest revision was read from these bytes.
  private func isTop(_ source: ConversationSource, of open: OpenConversation) throws -> Bool {
    try connection.integer(
      """
      SELECT c.blob = ?2 OR (c.blob IS NULL AND ?2 IS NULL AND i.sha256 = mine.sha256)
      FROM conversation AS c JOIN import AS i ON i.id = c.import JOIN import AS mine ON mine.id = ?3
      WHERE c.id = ?1
      """, open.row, source.blob, source.formerImport ?? source.importID) == 1
  }

  // MARK: Messages

  /// Takes a revision for the greatest.
  func adopt(
    _ revision: Revision, in open: OpenConversation, standing: Standing, source: ConversationSource
  ) throws {
    for (id, message) in open.deferred {
      guard let known = try open.messages.entry(id) else { continue }
      try update(known, with: message, in: open)
    }
    let former = open.former
    // A reading that is not whole says what it could read, and no more.
    let replaces = standing != .reread || source.isWhole
    open.top = replaces ? revision : max(revision, former)
    try open.messages.forEach { known in
      let part = OlderPart.message(known.row)
      if known.isSeen {
        try drop(part, in: open)
        try place(known, flags: known.flags, in: open)
        return
      }
      if standing == .reread, open.olderParts[part] == nil {
        // A newer parser no longer reads this from the same bytes.
        if source.isWhole { try withdraw(known, in: open) }
        return
      }
      let rank = open.olderParts[part] ?? former
      if rank.isSlim, open.repeatsPrompts {
        try withdraw(known, in: open)
        return
      }
      if open.olderParts[part] == nil || rank == .least { try set(part, rank, in: open) }
      try place(known, flags: flags(known.flags, of: rank, in: open), in: open)
    }
    try arrangeOlder(in: open)
  }

  /// Takes from a revision what the greater ones do not have.
  func fold(_ revision: Revision, into open: OpenConversation) throws {
    for (id, message) in open.deferred {
      guard let known = try open.messages.entry(id) else { continue }
      if let rank = open.olderParts[OlderPart.message(known.row)], rank < revision {
        try update(known, with: message, in: open)
      } else {
        try countUnchanged(message.attachments, of: known.row)
        try fillAttachments(
          of: known.row, from: message.attachments, revision: revision, in: open)
      }
    }
    let onlyRepeats = revision.isSlim && open.repeatsPrompts
    try open.messages.forEach { known in
      guard known.isSeen else { return }
      let part = OlderPart.message(known.row)
      if known.storedFlags == nil {
        if onlyRepeats {
          open.counts.new -= 1
          try withdraw(known, in: open)
          return
        }
      } else {
        guard let rank = open.olderParts[part], rank < revision else { return }
      }
      try set(part, revision, in: open)
      try place(known, flags: flags(known.flags, of: revision, in: open), in: open)
    }
    try arrangeOlder(in: open)
  }

  private func flags(
    _ flags: MessageFlags, of rank: Revision, in open: OpenConversation
  ) -> MessageFlags {
    rank.isGone(for: open.top) ? flags.subtracting(.active).union(.vanished) : flags
  }

  /// Writes a message's place in the tree, where it is another one.
  private func place(
    _ known: MessageTable.Entry, flags: MessageFlags, in open: OpenConversation
  ) throws {
    let stored = known.storedFlags ?? known.flags
    if known.storedFlags == nil, flags == stored { return }
    var flags = flags
    if stored.contains(.attachment), !flags.contains(.attachment),
      try hasAttachments(known.row)
    {
      // A file that only a lesser revision names is still one of the message.
      flags.insert(.attachment)
    }
    let statement = try connection.statement(
      """
      UPDATE message SET position = ?1, flags = ?2, parent = ?3
      WHERE id = ?4 AND (position <> ?1 OR flags <> ?2 OR parent IS NOT ?3)
      """)
    statement.bind(Int64(known.position), at: 1)
    statement.bind(flags.rawValue, at: 2)
    statement.bind(known.parent, at: 3)
    statement.bind(known.row, at: 4)
    try statement.run()
    if flags != stored { try noteFlags(of: known.row, in: open) }
  }

  func noteFlags(of row: Int64, in open: OpenConversation) throws {
    open.flagChanges += 1
    try revive(row: row, conversation: open.row)
  }

  // MARK: Order

  private struct OlderMessage {
    var row: Int64
    var parent: Int64?
    /// The place of a parent that the greatest revision has.
    var anchor: Int64
    var time: Int64
    var id: [UInt8]
    var position: Int64

    static func precedes(_ one: OlderMessage, _ two: OlderMessage) -> Bool {
      if one.anchor != two.anchor { return one.anchor < two.anchor }
      if one.time != two.time { return one.time < two.time }
      return one.id.lexicographicallyPrecedes(two.id)
    }
  }

  /// Puts what the greatest revision does not have behind it: a parent before its children, else by
  /// the parent's place, time and id.
  private func arrangeOlder(in open: OpenConversation) throws {
    let older = try olderMessages(of: open)
    guard !older.isEmpty else { return }
    var next =
      (try connection.integer(
        """
        SELECT max(position) FROM message WHERE conversation = ?1 AND id NOT IN
          (SELECT item FROM older_part WHERE conversation = ?1 AND kind = 0)
        """, open.row) ?? -1) + 1
    var children: [Int64: [OlderMessage]] = [:]
    let rows = Set(older.map(\.row))
    for message in older {
      children[message.parent.flatMap { rows.contains($0) ? $0 : nil } ?? 0, default: []]
        .append(message)
    }
    var stack = Array((children[0] ?? []).sorted(by: OlderMessage.precedes).reversed())
    while let message = stack.popLast() {
      if message.position != next {
        try connection.run("UPDATE message SET position = ? WHERE id = ?", next, message.row)
      }
      next += 1
      if let below = children[message.row] {
        stack.append(contentsOf: below.sorted(by: OlderMessage.precedes).reversed())
      }
    }
  }

  private func olderMessages(of open: OpenConversation) throws -> [OlderMessage] {
    guard open.olderParts.keys.contains(where: { $0.kind == .message }) else { return [] }
    let statement = try connection.statement(
      """
      SELECT m.id, m.parent, coalesce(p.position, -1), m.timestamp, CAST(m.native_id AS BLOB),
        m.position, o.item IS NOT NULL
      FROM older_part AS e JOIN message AS m ON m.id = e.item
      LEFT JOIN message AS p ON p.id = m.parent
      LEFT JOIN older_part AS o ON o.conversation = ?1 AND o.kind = 0 AND o.item = m.parent
      WHERE e.conversation = ?1 AND e.kind = 0
      """)
    defer { statement.reset() }
    statement.bind(open.row, at: 1)
    var found: [OlderMessage] = []
    while try statement.step() {
      found.append(
        OlderMessage(
          row: statement.int64(0), parent: statement.optionalInt64(1),
          anchor: statement.int64(6) == 1 ? -1 : statement.int64(2),
          time: statement.optionalInt64(3) ?? .min, id: statement.bytes(4),
          position: statement.int64(5)))
    }
    return found
  }

  // MARK: Header

  /// The header of all revisions together.
  func merge(
    _ header: ConversationHeader, into open: OpenConversation, revision: Revision,
    standing: Standing, isWhole: Bool
  ) throws -> ConversationHeader {
    guard let stored = open.stored else { return header }
    let join = FieldJoin(
      open: open, revision: revision, standing: standing,
      replaces: standing == .reread && isWhole)
    var merged = header
    merged.title = try pick(1, header.title, stored.title, join)
    merged.project = try pick(2, header.project, stored.project, join)
    merged.metadata = try pick(3, header.metadata, stored.metadata, join)
    merged.lineage = try pick(4, header.lineage, stored.lineage, join)
    // Where in the other conversation it began is told by the files that came with this one.
    var origins = join
    origins.replaces = false
    merged.lineage?.origin = try pick(5, header.lineage?.origin, stored.lineage?.origin, origins)
    merged.createdAt = try pickTime(6, header.createdAt, stored.createdAt, join, by: min)
    merged.updatedAt = try pickTime(7, header.updatedAt, stored.updatedAt, join, by: max)
    merged.fidelity = max(header.fidelity, stored.fidelity)
    return merged
  }

  private struct FieldJoin {
    var open: OpenConversation
    var revision: Revision
    var standing: Standing
    /// Whether what this revision does not say is unsaid.
    var replaces: Bool
  }

  /// The earliest or latest time that exports tell; that of a rendering where none does.
  private func pickTime(
    _ item: Int64, _ mine: Timestamp?, _ theirs: Timestamp?, _ join: FieldJoin,
    by choose: (Timestamp, Timestamp) -> Timestamp
  ) throws -> Timestamp? {
    let part = OlderPart(kind: .field, item: item)
    let isRendered = join.revision.isRendering
    guard let mine else {
      if theirs != nil, !isRendered, join.open.former.isRendering {
        try set(part, join.open.former, in: join.open)
      }
      return theirs
    }
    guard let theirs else {
      if isRendered, join.standing == .lesser { try set(part, join.revision, in: join.open) }
      return mine
    }
    let former = join.open.olderParts[part] ?? join.open.former
    if former.isRendering == isRendered { return choose(mine, theirs) }
    if isRendered { return theirs }
    try drop(part, in: join.open)
    return mine
  }

  /// The value of the greatest revision that has one.
  private func pick<Value>(
    _ item: Int64, _ mine: Value?, _ theirs: Value?, _ join: FieldJoin
  ) throws -> Value? {
    let part = OlderPart(kind: .field, item: item)
    let open = join.open
    if join.standing != .lesser {
      if mine != nil {
        try drop(part, in: open)
      } else if theirs != nil, open.olderParts[part] == nil {
        if join.replaces { return nil }
        try set(part, open.former, in: open)
      }
      return mine ?? theirs
    }
    guard let mine else { return theirs }
    if theirs != nil {
      guard let rank = open.olderParts[part], rank < join.revision else { return theirs }
    }
    try set(part, join.revision, in: open)
    return mine
  }
}
