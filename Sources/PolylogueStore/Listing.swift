import PolylogueModel
import PolylogueSQL

extension ConversationReader {
  /// One page of conversations, newest first.
  ///
  /// - Parameters:
  ///   - filter: Restrictions; those on messages ask whether some message fits.
  ///   - limit: The most conversations; nil for all.
  ///   - cursor: Where the page before ended, as it was returned.
  ///   - rows: Only these conversations, sorted; nil for all.
  /// - Returns: The page, and the cursor of the next one, if there is one.
  /// - Throws: ``ArchiveError`` with code `invalidArgument` for a cursor that is none.
  /// - Complexity: O(limit) by an index; filters add what they pass over.
  public func list(
    filter: Filter, limit: Int?, after cursor: String?, among rows: [Int64]? = nil
  ) throws -> (items: [ConversationSummary], next: String?) {
    var clause = try clause(filter, among: rows)
    let isWanted = ConversationReader.membership(in: rows)
    // A few conversations are looked up and sorted; many are met in the order of the index.
    let order = clause.isLookUp ? "+c.sort_at DESC, c.id DESC" : "c.sort_at DESC, c.id DESC"
    if let cursor {
      let parts = cursor.split(separator: ".").compactMap { Int64($0) }
      guard parts.count == 2 else {
        throw ArchiveError(
          .invalidArgument, "“\(cursor)” is no cursor; use the value of “next” as it was given")
      }
      clause.add("(c.sort_at, c.id) < (?, ?)", parts[0], parts[1])
    }
    var sql =
      "SELECT \(ConversationReader.summaryColumns), c.sort_at FROM conversation AS c"
      + clause.sql + " ORDER BY " + order
    if let limit, rows == nil { sql += " LIMIT \(max(0, limit) + 1)" }
    let statement = try connection.statement(sql)
    clause.bind(to: statement)
    var items: [ConversationSummary] = []
    var last = ""
    var next: String?
    while try statement.step() {
      if !isWanted(statement.int64(0)) { continue }
      if let limit, items.count >= limit {
        next = last
        break
      }
      items.append(ConversationReader.summary(statement))
      last = "\(statement.int64(13)).\(statement.int64(0))"
    }
    statement.reset()
    for index in items.indices { try addUserLayer(to: &items[index]) }
    return (items, next)
  }

  /// The rows of all conversations that pass, ordered by public id, byte by byte.
  ///
  /// - Parameter among: Only these conversations, sorted; nil for all.
  public func rows(filter: Filter, among: [Int64]? = nil) throws -> [Int64] {
    let clause = try clause(filter, among: among)
    let isWanted = ConversationReader.membership(in: among)
    let statement = try connection.statement(
      "SELECT c.id FROM conversation AS c" + clause.sql + " ORDER BY c.provider, c.native_id")
    defer { statement.reset() }
    clause.bind(to: statement)
    var rows: [Int64] = []
    while try statement.step() {
      if isWanted(statement.int64(0)) { rows.append(statement.int64(0)) }
    }
    return rows
  }

  /// How many conversations pass.
  public func count(filter: Filter) throws -> Int {
    let clause = try clause(filter)
    let statement = try connection.statement(
      "SELECT count(*) FROM conversation AS c" + clause.sql)
    defer { statement.reset() }
    clause.bind(to: statement)
    return try statement.step() ? Int(statement.int64(0)) : 0
  }

  /// The rows of the conversations that pass the parts of a filter which stand on conversations
  /// alone: tags, stars, titles, projects.
  ///
  /// - Returns: nil when the filter has none of these.
  public func conversationRows(filter: Filter) throws -> [Int64]? {
    var reduced = Filter()
    reduced.tags = filter.tags
    reduced.isStarred = filter.isStarred
    reduced.titles = filter.titles
    reduced.projects = filter.projects
    if reduced.isEmpty { return nil }
    return try rows(filter: reduced).sorted()
  }

  /// Of so many conversations each is looked up; with more, all are passed over.
  private static let lookUpLimit = 1000

  /// Whether a row is among the sorted ones; every row is when there are none given.
  private static func membership(in rows: [Int64]?) -> (Int64) -> Bool {
    guard let rows else { return { _ in true } }
    return { row in
      var low = 0
      var high = rows.count
      while low < high {
        let middle = (low + high) / 2
        if rows[middle] < row { low = middle + 1 } else { high = middle }
      }
      return low < rows.count && rows[low] == row
    }
  }

  /// A filter as a condition on conversations. Tools stand inside the messages' bodies, so they are
  /// looked for first.
  private func clause(_ filter: Filter, among rows: [Int64]? = nil) throws -> FilterClause {
    var clause = FilterClause(filter)
    if let rows, rows.count <= ConversationReader.lookUpLimit {
      clause.add(
        "c.id IN (SELECT value FROM json_each(?))",
        "[" + rows.map { String($0) }.joined(separator: ",") + "]")
      clause.isLookUp = true
    }
    if !filter.tools.isEmpty {
      let messages = try messageRows(tools: filter.tools).map { String($0) }
      clause.add(
        "c.id IN (SELECT conversation FROM message WHERE id IN (SELECT value FROM json_each(?)))",
        "[" + messages.joined(separator: ",") + "]")
    }
    return clause
  }

  /// The rows of the messages that call one of these tools, by exact name, whatever its case.
  ///
  /// - Complexity: O(messages with tools): their bodies are read.
  public func messageRows(tools: [String]) throws -> [Int64] {
    let wanted = Set(tools.map { $0.lowercased() })
    var rows: [Int64] = []
    let statement = try connection.statement(
      """
      SELECT m.id, coalesce(o.codec, m.codec), coalesce(o.body, m.body) FROM message AS m
      LEFT JOIN message AS o ON o.id = m.original WHERE m.flags & 64 ORDER BY m.id
      """)
    defer { statement.reset() }
    while try statement.step() {
      let body = try statement.withBytes(2) {
        try compressor.decompress($0, codec: statement.int64(1))
      }
      var message = Message(id: "", role: .tool)
      try MessageBody.decode(body, into: &message)
      let isWanted = message.blocks.contains { block in
        switch block {
        case .toolCall(let call): wanted.contains(call.name.lowercased())
        case .toolResult(let result): wanted.contains((result.name ?? "").lowercased())
        default: false
        }
      }
      if isWanted { rows.append(statement.int64(0)) }
    }
    return rows
  }
}

/// A filter, but for its tools, as a bound SQL condition on `conversation AS c`.
struct FilterClause {
  /// Whether it names the conversations.
  var isLookUp = false
  private var conditions: [String] = []
  private var values: [any SQLValue] = []

  init(_ filter: Filter) {
    anyOf(filter.providers.map { ("c.provider = ?", [$0.rawValue]) })
    if let since = filter.since { add("c.sort_at >= ?", since.microseconds) }
    if let until = filter.until { add("c.sort_at < ?", until.microseconds) }
    anyOf(
      filter.tags.map {
        (
          "EXISTS (SELECT 1 FROM tag WHERE tag.conversation = c.provider || ':' || c.native_id"
            + " AND tag.name = ?)", [$0]
        )
      })
    for title in filter.titles { add("c.title LIKE ? ESCAPE '\\'", FilterClause.like(title)) }
    anyOf(filter.projects.map { ("c.project LIKE ? ESCAPE '\\'", [FilterClause.like($0)]) })
    anyOf(
      filter.models.map {
        ("char(10) || c.models LIKE ? ESCAPE '\\'", ["%\n" + FilterClause.escape($0) + "%"])
      })
    for feature in filter.has { add("c.features & ? != 0", FilterClause.flag(feature).rawValue) }
    if filter.isStarred {
      add(
        "EXISTS (SELECT 1 FROM star WHERE star.conversation = c.provider || ':' || c.native_id)")
    }
    anyOf(
      filter.roles.map {
        (
          "EXISTS (SELECT 1 FROM message AS m WHERE m.conversation = c.id AND m.role = ?)",
          [Int64($0.rawValue)]
        )
      })
  }

  var sql: String {
    conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
  }

  mutating func add(_ condition: String, _ bound: any SQLValue...) {
    conditions.append(condition)
    values += bound
  }

  func bind(to statement: Statement) {
    for (index, value) in values.enumerated() { value.bind(to: statement, at: index + 1) }
  }

  private mutating func anyOf(_ choices: [(String, [any SQLValue])]) {
    guard !choices.isEmpty else { return }
    conditions.append("(" + choices.map(\.0).joined(separator: " OR ") + ")")
    for choice in choices { values += choice.1 }
  }

  private static func like(_ text: String) -> String { "%" + escape(text) + "%" }

  private static func escape(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      if scalar == "\\" || scalar == "%" || scalar == "_" { out.unicodeScalars.append("\\") }
      out.unicodeScalars.append(scalar)
    }
    return out
  }

  static func flag(_ feature: Filter.Feature) -> MessageFlags {
    switch feature {
    case .attachment: .attachment
    case .code: .code
    case .thinking: .thinking
    case .tool: .tool
    case .branch: .branch
    }
  }
}
