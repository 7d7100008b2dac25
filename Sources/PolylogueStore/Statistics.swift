import PolylogueModel
import PolylogueSQL

/// Totals over an archive.
public struct Statistics: Sendable {
  /// One line of a breakdown.
  public struct Line: Sendable {
    /// What is counted: a provider, a model, a role, a day, a month, a project.
    public var key: String
    /// Conversations.
    public var conversations: Int
    /// Messages.
    public var messages: Int
  }

  /// Bytes on disk.
  public struct ByteCounts: Sendable {
    /// Of all imported files, as they were.
    public var raw: Int64
    /// Of `archive.db`.
    public var archive: Int64
    /// Of `index.db`.
    public var index: Int64
    /// Of `vectors.db`.
    public var vectors: Int64 = 0
  }

  /// Conversations in all.
  public var conversations = 0
  /// Messages in all, copies not counted.
  public var messages = 0
  /// Attachments in all.
  public var attachments = 0
  /// Totals of each provider, by name.
  public var providers: [Line] = []
  /// Sizes.
  public var bytes = ByteCounts(raw: 0, archive: 0, index: 0)
  /// The breakdown that was asked for.
  public var by: [Line] = []

  /// What a breakdown can be made by.
  public enum Grouping: String, Sendable, CaseIterable {
    /// By provider.
    case provider
    /// By model; a conversation counts for each of its models.
    case model
    /// By role of the message.
    case role
    /// By UTC day of the message.
    case day
    /// By UTC month of the message.
    case month
    /// By project or folder.
    case project
  }
}

extension ConversationReader {
  /// Counts what is in the archive.
  ///
  /// - Complexity: O(providers) without a breakdown, since totals are kept; a breakdown by model,
  ///   role, day or month passes over all messages.
  public func statistics(by grouping: Statistics.Grouping?, folder: ArchiveFolder) throws
    -> Statistics
  {
    var result = Statistics()
    let statement = try connection.statement(
      "SELECT provider, conversations, messages, attachments FROM total ORDER BY provider")
    while try statement.step() {
      let line = Statistics.Line(
        key: statement.string(0), conversations: Int(statement.int64(1)),
        messages: Int(statement.int64(2)))
      result.providers.append(line)
      result.conversations += line.conversations
      result.messages += line.messages
      result.attachments += Int(statement.int64(3))
    }
    statement.reset()
    result.bytes = Statistics.ByteCounts(
      raw: try connection.integer(
        "SELECT coalesce(sum(size), 0) FROM import WHERE status > 0 AND container IS NULL") ?? 0,
      archive: ArchiveFolder.byteCount(of: folder.archivePath)
        + ArchiveFolder.byteCount(of: folder.archivePath + "-wal"),
      index: ArchiveFolder.byteCount(of: folder.indexPath)
        + ArchiveFolder.byteCount(of: folder.indexPath + "-wal"),
      vectors: ArchiveFolder.byteCount(of: folder.vectorsPath)
        + ArchiveFolder.byteCount(of: folder.vectorsPath + "-wal"))
    if let grouping { result.by = try breakdown(grouping, providers: result.providers) }
    return result
  }

  private func breakdown(_ grouping: Statistics.Grouping, providers: [Statistics.Line]) throws
    -> [Statistics.Line]
  {
    let sql: String
    switch grouping {
    case .provider: return providers
    case .project:
      sql = """
        SELECT coalesce(project, ''), count(*), sum(messages) FROM conversation
        GROUP BY 1 ORDER BY 3 DESC, 1
        """
    case .model:
      sql = """
        SELECT model.name, count(DISTINCT m.conversation), count(*) FROM message AS m
        JOIN model ON model.id = m.model WHERE m.original IS NULL GROUP BY m.model
        ORDER BY 3 DESC, 1
        """
    case .role:
      sql = """
        SELECT role, count(DISTINCT conversation), count(*) FROM message
        WHERE original IS NULL GROUP BY role ORDER BY role
        """
    case .day, .month:
      let format = grouping == .day ? "%Y-%m-%d" : "%Y-%m"
      sql = """
        SELECT strftime('\(format)', timestamp / 1000000, 'unixepoch'),
          count(DISTINCT conversation), count(*)
        FROM message WHERE timestamp IS NOT NULL AND original IS NULL GROUP BY 1 ORDER BY 1
        """
    }
    let statement = try connection.statement(sql)
    defer { statement.reset() }
    var lines: [Statistics.Line] = []
    while try statement.step() {
      var key = statement.string(0)
      if grouping == .role, let role = Role(rawValue: UInt8(clamping: statement.int64(0))) {
        key = role.name
      }
      lines.append(
        Statistics.Line(
          key: key, conversations: Int(statement.int64(1)), messages: Int(statement.int64(2))))
    }
    return lines
  }
}
