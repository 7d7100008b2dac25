import PolylogueModel
import PolylogueSQL

extension ConversationReader {
  /// One page of conversations, newest first.
  ///
  /// - Parameters:
  ///   - filter: Restrictions; those on messages ask whether some message fits.
  ///   - limit: The most conversations; nil for all.
  ///   - cursor: Where the page before ended, as it was returned.
  ///   - rows: Only these conversations; nil for all.
  /// - Returns: The page, and the cursor of the next one, if there is one.
  /// - Throws: ``ArchiveError`` with code `invalidArgument` for a cursor that is none.
  /// - Complexity: O(limit) by an index; filters add what they pass over.
  public func list(
    filter: Filter, limit: Int?, after cursor: String?, among rows: RowSet? = nil
  ) throws -> (items: [ConversationSummary], next: String?) {
    var clause = try clause(filter, among: rows)
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
    // Bound, not written into the text: each text is kept as a statement of its own.
    sql += " LIMIT ?"
    let most = rows == nil ? limit.map { Int64(min(max(0, $0), Int.max - 1)) + 1 } : nil
    let statement = try connection.statement(sql)
    defer { statement.reset() }
    clause.bind(to: statement)
    statement.bind(most ?? -1, at: clause.count + 1)
    var items: [ConversationSummary] = []
    var last = ""
    var next: String?
    while try statement.step() {
      if let rows, !rows.contains(statement.int64(0)) { continue }
      if let limit, items.count >= limit {
        next = last
        break
      }
      items.append(ConversationReader.summary(statement))
      last = "\(statement.int64(13)).\(statement.int64(0))"
    }
    try connection.snapshot {
      guard try hasUserLayer() else { return }
      for index in items.indices { try addUserLayer(to: &items[index]) }
    }
    return (items, next)
  }

  /// The rows of all conversations that pass, ordered by public id, byte by byte.
  ///
  /// - Parameter among: Only these conversations; nil for all.
  public func rows(filter: Filter, among: RowSet? = nil) throws -> [Int64] {
    try rows(filter: filter, among: among, order: " ORDER BY c.provider, c.native_id")
  }

  private func rows(filter: Filter, among: RowSet? = nil, order: String) throws -> [Int64] {
    let clause = try clause(filter, among: among)
    let statement = try connection.statement(
      "SELECT c.id FROM conversation AS c" + clause.sql + order)
    defer { statement.reset() }
    clause.bind(to: statement)
    var rows: [Int64] = []
    while try statement.step() {
      let row = statement.int64(0)
      if among?.contains(row) ?? true { rows.append(row) }
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
    return try rows(filter: reduced, order: "").sorted()
  }

  /// Of so many conversations each is looked up; with more, all are passed over.
  private static let lookUpLimit = 1000

  /// A filter as a condition on conversations.
  ///
  /// Projects, models and tools are looked for first: there are few names of the first two, and a
  /// tool's stands inside the messages' bodies.
  private func clause(_ filter: Filter, among rows: RowSet? = nil) throws -> FilterClause {
    var clause = FilterClause(
      filter, projects: try names(of: .project, filter.projects),
      models: try names(of: .models, filter.models))
    if let rows, rows.count <= ConversationReader.lookUpLimit {
      clause.add(
        "c.id IN (SELECT value FROM json_each(?))",
        "[" + rows.rows.map { String($0) }.joined(separator: ",") + "]")
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

  /// A column with few different values.
  private enum Column: String {
    case project, models

    /// What a value must be like to be meant by some text.
    func pattern(_ text: String) -> String {
      switch self {
      case .project: "%" + FilterClause.escape(text) + "%"
      // One a line.
      case .models: "%\n" + FilterClause.escape(text) + "%"
      }
    }
  }

  /// The different values of a column that are like one of some texts; nil without texts.
  ///
  /// - Complexity: a step in the column's index for each different value.
  private func names(of column: Column, _ texts: [String]) throws -> [String]? {
    guard !texts.isEmpty else { return nil }
    let statement = try connection.statement(
      """
      WITH RECURSIVE known (name) AS (
        SELECT min(\(column)) FROM conversation WHERE \(column) IS NOT NULL
        UNION ALL
        SELECT (SELECT min(\(column)) FROM conversation WHERE \(column) > known.name)
        FROM known WHERE known.name IS NOT NULL
      )
      SELECT name FROM known WHERE char(10) || name LIKE ? ESCAPE '\\'
      """)
    var found: [String] = []
    for text in texts {
      statement.bind(column.pattern(text), at: 1)
      while try statement.step() { found.append(statement.string(0)) }
      statement.reset()
    }
    return found
  }

  /// The rows of the messages that call one of these tools, by exact name, whatever its case; sorted.
  ///
  /// - Complexity: O(messages with tools): their bodies are read.
  public func messageRows(tools: [String]) throws -> [Int64] {
    let wanted = Set(tools.map { $0.lowercased() })
    var rows: [Int64] = []
    let statement = try connection.statement(
      """
      SELECT m.id, \(ConversationReader.body)
      FROM conversation AS c CROSS JOIN message AS m ON m.conversation = c.id AND m.flags & 64
      LEFT JOIN message AS o ON o.id = m.original WHERE c.features & 64
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
    return rows.sorted()
  }
}

/// A filter, but for its tools, as a bound SQL condition on `conversation AS c`.
///
/// A `+` before a column keeps SQLite from looking it up in an index of its own: the list is then
/// walked in its order, and the condition is tried on the columns which that index holds.
struct FilterClause {
  /// Whether it names the conversations.
  var isLookUp = false
  private var conditions: [String] = []
  private var values: [any SQLValue] = []
  /// How many values it binds.
  var count: Int { values.count }

  /// - Parameters:
  ///   - projects: The values of `project` that are meant; nil for all.
  ///   - models: The values of `models` that are meant; nil for all.
  init(_ filter: Filter, projects: [String]?, models: [String]?) {
    if let since = filter.since { add("c.sort_at >= ?", since.microseconds) }
    if let until = filter.until { add("c.sort_at < ?", until.microseconds) }
    if !filter.tags.isEmpty {
      let marks = FilterClause.marks(filter.tags.count)
      conditions.append(FilterClause.marked(in: "tag", where: "WHERE tag.name IN (\(marks))"))
      values += filter.tags
    }
    if filter.isStarred { add(FilterClause.marked(in: "star", where: "")) }
    // One index can give the order of the list and one condition.
    var isFree = filter.titles.isEmpty && filter.has.isEmpty
    func restrict(_ column: String, to names: [String]) {
      guard !names.isEmpty else { return conditions.append("FALSE") }
      let isServed = isFree && names.count == 1
      if isServed { isFree = false }
      conditions.append(
        isServed ? "\(column) = ?" : "+\(column) IN (\(FilterClause.marks(names.count)))")
      values += names
    }
    if let projects { restrict("c.project", to: projects) }
    if let models { restrict("c.models", to: models) }
    if !filter.providers.isEmpty { restrict("c.provider", to: filter.providers.map(\.rawValue)) }
    for title in filter.titles {
      add("c.title LIKE ? ESCAPE '\\'", "%" + FilterClause.escape(title) + "%")
    }
    for feature in filter.has { add("c.features & ? != 0", FilterClause.flag(feature).rawValue) }
    if !filter.roles.isEmpty {
      let roles = filter.roles.map { String($0.rawValue) }.joined(separator: ", ")
      add(
        "EXISTS (SELECT 1 FROM message AS m WHERE m.conversation = c.id AND m.role IN (\(roles)))")
    }
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

  /// The conversations that the user's layer names. Its ids are public ones: the provider's name
  /// ends at the first colon.
  private static func marked(in table: String, where condition: String) -> String {
    """
    c.id IN (SELECT named.id FROM \(table) CROSS JOIN conversation AS named
      ON named.provider = substr(\(table).conversation, 1, instr(\(table).conversation, ':') - 1)
      AND named.native_id = substr(\(table).conversation, instr(\(table).conversation, ':') + 1)
      \(condition))
    """
  }

  private static func marks(_ count: Int) -> String {
    Array(repeating: "?", count: count).joined(separator: ", ")
  }

  static func escape(_ text: String) -> String {
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
