import PolylogueModel
import PolylogueSQL

extension ConversationReader {
  /// The row of a conversation.
  public func row(of id: ConversationID) throws -> Int64? {
    try connection.integer(
      "SELECT id FROM conversation WHERE provider = ? AND native_id = ?",
      id.provider.rawValue, id.native)
  }

  /// The conversations whose public id, or own id, begins with these characters.
  ///
  /// - Returns: At most `limit` ids; a full match alone when there is one.
  public func candidates(for prefix: String, limit: Int = 11) throws -> [ConversationID] {
    if let id = ConversationID(prefix), try row(of: id) != nil { return [id] }
    var found: [ConversationID] = []
    if let id = ConversationID(prefix) {
      found += try candidates(provider: id.provider, native: id.native, limit: limit)
    }
    let statement = try connection.statement("SELECT provider FROM total")
    var providers: [Provider] = []
    while try statement.step() { providers.append(Provider(rawValue: statement.string(0))) }
    statement.reset()
    for provider in providers {
      let native = provider.rawValue.hasPrefix(prefix) ? "" : prefix
      found += try candidates(provider: provider, native: native, limit: limit)
    }
    let exact = found.filter { $0.native.utf8.elementsEqual(prefix.utf8) }
    if exact.count == 1 { return exact }
    if found.isEmpty, let derived = try derived(by: prefix, limit: limit) { return derived }
    if found.count > 1, let parent = try parent(of: found, prefix: prefix) { return [parent] }
    return Array(found.prefix(limit))
  }

  /// The conversations meant by the beginning of a conversation's id, a colon and the beginning of
  /// what the ids of those that it started have behind theirs.
  private func derived(by prefix: String, limit: Int) throws -> [ConversationID]? {
    guard let colon = prefix.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
    let parents = try candidates(for: String(prefix[..<colon]))
    guard parents.count == 1 else { return nil }
    return try candidates(
      provider: parents[0].provider, native: parents[0].native + prefix[colon...], limit: limit)
  }

  /// The conversation that all the others were started by, whose ids go on from its own: it is the
  /// one that is meant by a beginning which fits them all.
  private func parent(of found: [ConversationID], prefix: String) throws -> ConversationID? {
    let first = found[0]
    let beginning = Array((first.native + ":").utf8)
    guard
      found.dropFirst().allSatisfy({
        $0.provider == first.provider && $0.native.utf8.starts(with: beginning)
      })
    else { return nil }
    let native = ConversationID(prefix).flatMap { $0.provider == first.provider ? $0.native : nil }
    let statement = try connection.statement(
      """
      SELECT max(native_id) FROM conversation
      WHERE provider = ?1 AND native_id >= ?2 AND native_id < ?2 || char(0x10FFFF)
      """)
    defer { statement.reset() }
    statement.bind(first.provider.rawValue, at: 1)
    statement.bind(native ?? prefix, at: 2)
    guard try statement.step(), let last = statement.optionalString(0) else { return nil }
    // Ids are sorted: what begins the last one begins all between.
    return last.utf8.starts(with: beginning) ? first : nil
  }

  /// The shortest form of a public id that names this conversation alone: a beginning, with at
  /// least eight characters of the provider's own id. Of a conversation whose id goes on from
  /// another one's, it is that one's short form, a colon, and the beginning of the rest.
  ///
  /// - Complexity: a few look-ups in an index.
  public func shortID(of id: ConversationID) throws -> String {
    // Cutting between characters is a matter of course only in ASCII.
    guard id.native.utf8.allSatisfy({ $0 < 0x80 }) else { return id.description }
    let unique = try uniqueBeginning(of: id)
    guard let colon = id.native.utf8.lastIndex(of: UInt8(ascii: ":")) else {
      return ConversationID(provider: id.provider, native: unique).description
    }
    let parent = ConversationID(provider: id.provider, native: String(id.native[..<colon]))
    let own = unique.utf8.count - parent.native.utf8.count
    guard own > 1, try row(of: parent) != nil else {
      return ConversationID(provider: id.provider, native: unique).description
    }
    return try shortID(of: parent) + String(unique.suffix(own))
  }

  private func uniqueBeginning(of id: ConversationID) throws -> String {
    let own = Array(id.native.utf8)
    var length = 8
    let before = try neighbour(
      "SELECT max(native_id) FROM conversation WHERE provider = ? AND native_id < ?", id)
    // Those that it has started are passed over, see ``candidates(for:limit:)``.
    let after = try neighbour(
      """
      SELECT min(native_id) FROM conversation
      WHERE provider = ?1 AND native_id > ?2 AND NOT (native_id > ?2 || ':' AND native_id < ?2 || ';')
      """, id)
    for case let neighbour? in [before, after] {
      length = max(length, zip(own, neighbour.utf8).prefix { $0 == $1 }.count + 1)
    }
    // A hyphen at the end looks like a mistake.
    if length < own.count, own[length - 1] == UInt8(ascii: "-") { length += 1 }
    return String(decoding: own.prefix(length), as: UTF8.self)
  }

  private func neighbour(_ sql: String, _ id: ConversationID) throws -> String? {
    let statement = try connection.statement(sql)
    defer { statement.reset() }
    statement.bind(id.provider.rawValue, at: 1)
    statement.bind(id.native, at: 2)
    return try statement.step() ? statement.optionalString(0) : nil
  }

  /// The conversations that derive from one, oldest first.
  public func derived(from id: ConversationID) throws -> [ConversationSummary] {
    let statement = try connection.statement(
      """
      SELECT \(ConversationReader.summaryColumns) FROM conversation AS c
      WHERE c.provider = ? AND c.lineage_parent = ? ORDER BY c.created_at, c.native_id
      """)
    defer { statement.reset() }
    statement.bind(id.provider.rawValue, at: 1)
    statement.bind(id.native, at: 2)
    var found: [ConversationSummary] = []
    while try statement.step() { found.append(ConversationReader.summary(statement)) }
    return found
  }

  /// Each conversation that derives from another of the archive, with that one; of one parent the
  /// oldest first. Of the headers there are ids, titles, times of creation, and the lineage of the
  /// first.
  public func lineages() throws -> [(child: ConversationHeader, parent: ConversationHeader)] {
    let statement = try connection.statement(
      """
      SELECT c.provider, c.native_id, c.title, c.created_at, c.lineage_kind, c.lineage_origin,
        p.native_id, p.title, p.created_at
      FROM conversation AS c
      JOIN conversation AS p ON p.provider = c.provider AND p.native_id = c.lineage_parent
      WHERE c.lineage_parent IS NOT NULL
      ORDER BY c.provider, c.lineage_parent, c.created_at, c.native_id
      """)
    defer { statement.reset() }
    var found: [(child: ConversationHeader, parent: ConversationHeader)] = []
    while try statement.step() {
      let provider = Provider(rawValue: statement.string(0))
      func header(_ id: Int, _ title: Int, _ created: Int) -> ConversationHeader {
        ConversationHeader(
          id: ConversationID(provider: provider, native: statement.string(id)),
          title: statement.optionalString(title),
          createdAt: statement.optionalInt64(created).map { Timestamp(microseconds: $0) })
      }
      var child = header(1, 2, 3)
      let parent = header(6, 7, 8)
      if let raw = statement.optionalInt64(4),
        let kind = Lineage.Kind(rawValue: UInt8(clamping: raw))
      {
        child.lineage = Lineage(
          kind: kind, parent: parent.id.native, origin: statement.optionalString(5))
      }
      found.append((child, parent))
    }
    return found
  }

  private func candidates(provider: Provider, native: String, limit: Int) throws
    -> [ConversationID]
  {
    let statement = try connection.statement(
      """
      SELECT native_id FROM conversation WHERE provider = ?1 AND native_id >= ?2
        AND substr(CAST(native_id AS BLOB), 1, length(CAST(?2 AS BLOB))) = CAST(?2 AS BLOB)
      ORDER BY native_id LIMIT ?3
      """)
    defer { statement.reset() }
    statement.bind(provider.rawValue, at: 1)
    statement.bind(native, at: 2)
    statement.bind(Int64(limit), at: 3)
    var found: [ConversationID] = []
    while try statement.step() {
      found.append(ConversationID(provider: provider, native: statement.string(0)))
    }
    return found
  }
}
