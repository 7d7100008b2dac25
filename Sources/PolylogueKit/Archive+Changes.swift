import PolylogueSQL

/// A committed change of an archive.
public struct ArchiveChange: Hashable, Sendable {
  /// What has happened to a conversation.
  public enum Kind: String, Sendable {
    /// It is new, and whole.
    case added
    /// Its messages, title or other facts have changed; of a long conversation that is being
    /// imported, a part is there.
    case updated
    /// The user has deleted it.
    case deleted
  }

  /// Its number; numbers only grow. ``AsyncPolylogue/changes(after:)`` goes on from here.
  ///
  /// A change of an import that is still running can be told some milliseconds before the disk has
  /// it. When power fails just then it is lost, and its number is given again: a consumer that
  /// stores numbers beside the archive begins at 0 where the number it knows is greater than
  /// ``Archive/newestChange()``.
  public var sequence: Int64
  /// The conversation.
  public var conversation: ConversationID
  /// What has happened to it.
  public var kind: Kind
}

extension Archive {
  /// The number of the newest committed change; 0 in an empty archive.
  public func newestChange() throws -> Int64 {
    try translating { try connection.integer("SELECT max(sequence) FROM change") ?? 0 }
  }

  /// Committed changes after a number, oldest first.
  ///
  /// What was written to a conversation at one go is one change. A conversation that was deleted
  /// since is told by its deletion alone.
  ///
  /// - Parameters:
  ///   - sequence: The ``ArchiveChange/sequence`` of the last known change; 0 for all.
  ///   - limit: The most lines of the change feed to read at once; there are at most as many changes.
  /// - Returns: No change only when there is none.
  /// - Complexity: O(limit), however many changes there are.
  public func changes(after sequence: Int64, limit: Int = 1000) throws -> [ArchiveChange] {
    var through = sequence
    return try changes(after: &through, limit: limit)
  }

  /// As ``changes(after:limit:)``; `sequence` becomes the number up to which the feed was read.
  func changes(after sequence: inout Int64, limit: Int) throws -> [ArchiveChange] {
    let feed = FeedReader(connection: connection, compressor: compressor)
    while true {
      let lines = try translating {
        try feed.changes(after: sequence, limit: Swift.max(2, limit))
      }
      guard let last = lines.last else { return [] }
      var groups = Archive.groups(lines)
      // The rest of the last one may stand behind the limit.
      if lines.count >= limit, groups.count > 1 { groups.removeLast() }
      sequence = groups.last?.last?.sequence ?? last.sequence
      let changes = try translating { try groups.compactMap(change(of:)) }
      if !changes.isEmpty { return changes }
    }
  }

  /// Neighbouring lines about the same conversation.
  private static func groups(_ lines: [FeedReader.Change]) -> [ArraySlice<FeedReader.Change>] {
    var groups: [ArraySlice<FeedReader.Change>] = []
    var start = 0
    for place in lines.indices.dropFirst()
    where lines[place].conversation != lines[start].conversation {
      groups.append(lines[start..<place])
      start = place
    }
    groups.append(lines[start...])
    return groups
  }

  /// What a group of lines tells; nil when the conversation is not there any more.
  private func change(of lines: ArraySlice<FeedReader.Change>) throws -> ArchiveChange? {
    guard let last = lines.last else { return nil }
    if let deleted = try reader.deletedID(sequence: last.sequence) {
      return ArchiveChange(sequence: last.sequence, conversation: deleted, kind: .deleted)
    }
    guard let id = try reader.id(row: last.conversation) else { return nil }
    let isNew = lines.contains { $0.kind == .conversation }
    return ArchiveChange(
      sequence: last.sequence, conversation: id, kind: isNew ? .added : .updated)
  }
}
