import PolylogueModel
import PolylogueSQL

/// The tables of the user's layer. They are keyed by public id and know nothing of rows, so that
/// nothing that an import does can reach them.
enum UserLayer {
  static let tables = ["tag", "star", "note"]
}

extension ConversationReader {
  /// What the user has added to a conversation.
  ///
  /// - Complexity: a look-up in each of three small tables.
  public func userData(of id: ConversationID) throws -> UserData {
    try UserLayer.read(id, from: connection, withMessageNotes: true)
  }

  func addUserLayer(to summary: inout ConversationSummary) throws {
    let data = try UserLayer.read(summary.id, from: connection, withMessageNotes: false)
    summary.tags = data.tags
    summary.isStarred = data.isStarred
    summary.note = data.note
  }

  /// Whether anything has a tag, a star or a note.
  public func hasUserLayer() throws -> Bool {
    try connection.integer(
      """
      SELECT EXISTS (SELECT 1 FROM tag) OR EXISTS (SELECT 1 FROM star)
        OR EXISTS (SELECT 1 FROM note)
      """) == 1
  }

  /// The tags in use, sorted by their bytes, with how many conversations have each.
  public func tags() throws -> [(name: String, conversations: Int)] {
    let statement = try connection.statement(
      "SELECT name, count(*) FROM tag GROUP BY name ORDER BY name")
    defer { statement.reset() }
    var found: [(String, Int)] = []
    while try statement.step() { found.append((statement.string(0), Int(statement.int64(1)))) }
    return found
  }
}

extension UserLayer {
  fileprivate static func read(
    _ id: ConversationID, from connection: Connection, withMessageNotes: Bool
  ) throws -> UserData {
    let id = id.description
    var data = UserData()
    let tags = try connection.statement("SELECT name FROM tag WHERE conversation = ? ORDER BY name")
    defer { tags.reset() }
    tags.bind(id, at: 1)
    while try tags.step() { data.tags.append(tags.string(0)) }
    data.isStarred =
      try connection.integer("SELECT 1 FROM star WHERE conversation = ?", id) != nil
    let notes = try connection.statement(
      """
      SELECT message, text FROM note WHERE conversation = ?1 AND (?2 OR message = '')
      ORDER BY message
      """)
    defer { notes.reset() }
    notes.bind(id, at: 1)
    notes.bind(Int64(withMessageNotes ? 1 : 0), at: 2)
    while try notes.step() {
      let message = notes.string(0)
      data.setNote(notes.string(1), onMessage: message.isEmpty ? nil : message)
    }
    return data
  }
}

extension WriteSession {
  /// Changes what the user has added to conversations, all of them in one group or none.
  ///
  /// What changes is a line of the change feed for its conversation.
  ///
  /// - Parameters:
  ///   - ids: Conversations of the archive.
  ///   - time: When notes are changed.
  ///   - body: Changes what is there of one.
  /// - Returns: What there is of each after that, in the order of the ids.
  /// - Throws: ``ArchiveError`` with code `notFound` for an id that the archive does not have;
  ///   nothing is changed then.
  public func changeUserData(
    of ids: [ConversationID], at time: Timestamp, _ body: (inout UserData) -> Void
  ) throws -> [UserData] {
    let changed = try group {
      try ids.map { try conversations.changeUserData(of: $0, at: time, body) }
    }
    // Indexes read it from the feed.
    _ = conversations.takeFeed()
    return changed
  }
}

extension ConversationWriter {
  /// Adds what another archive's user has added to a conversation, as ``UserData/join(_:)``.
  package func join(
    _ other: UserData, to id: ConversationID, at time: Timestamp
  ) throws -> UserData.Joined {
    var joined = UserData.Joined()
    _ = try changeUserData(of: id, at: time) { joined = $0.join(other) }
    return joined
  }

  fileprivate func changeUserData(
    of id: ConversationID, at time: Timestamp, _ body: (inout UserData) -> Void
  ) throws -> UserData {
    let row = try connection.integer(
      "SELECT id FROM conversation WHERE provider = ? AND native_id = ?", id.provider.rawValue,
      id.native)
    guard let row else {
      throw ArchiveError(
        .notFound, "there is no conversation \(id); nothing was changed", remedy: .list)
    }
    let before = try UserLayer.read(id, from: connection, withMessageNotes: true)
    var after = before
    body(&after)
    guard !after.isSame(as: before) else { return after }
    try write(after, over: before, of: id.description, at: time)
    try note(.header, conversation: row, first: 0, last: -1)
    return after
  }

  private func write(
    _ after: UserData, over before: UserData, of id: String, at time: Timestamp
  ) throws {
    try connection.run("DELETE FROM tag WHERE conversation = ?", id)
    for tag in after.tags {
      try connection.run("INSERT OR IGNORE INTO tag (conversation, name) VALUES (?, ?)", id, tag)
    }
    try connection.run("DELETE FROM star WHERE conversation = ?", id)
    if after.isStarred { try connection.run("INSERT INTO star (conversation) VALUES (?)", id) }
    for (message, _) in before.notes where after.text(ofNoteOn: message) == nil {
      try connection.run("DELETE FROM note WHERE conversation = ? AND message = ?", id, message)
    }
    for (message, text) in after.notes {
      if let known = before.text(ofNoteOn: message), known.hasSameBytes(as: text) { continue }
      try connection.run(
        """
        INSERT INTO note (conversation, message, text, changed_at) VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET text = excluded.text, changed_at = excluded.changed_at
        """, id, message, text, time.microseconds)
    }
  }
}

extension UserData {
  /// All notes by their key in the table.
  fileprivate var notes: [(message: String, text: String)] {
    (note.map { [("", $0)] } ?? []) + messageNotes.map { ($0.message, $0.text) }
  }

  fileprivate func text(ofNoteOn message: String) -> String? {
    message.isEmpty ? note : note(onMessage: message)
  }

  /// Whether two are the same bytes; `==` would merge forms of normalisation.
  fileprivate func isSame(as other: UserData) -> Bool {
    func texts(_ data: UserData) -> [[UInt8]] {
      (data.tags + data.notes.flatMap { [$0.message, $0.text] }).map { Array($0.utf8) }
    }
    return isStarred == other.isStarred && tags.count == other.tags.count
      && texts(self) == texts(other)
  }
}
