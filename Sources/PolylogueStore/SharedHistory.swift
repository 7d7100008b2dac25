import PolylogueModel
import PolylogueSQL

/// Finds history that one conversation copied from another and stores it once.
///
/// Forks and old resumes begin with a copy of another conversation's messages. The copy keeps its
/// place in the conversation, but its row points to the original, is not counted and not searched. It
/// holds no body, unless that differs in what does not make it another message, such as the ids of
/// calls. Which of two is the original does not depend on the order of import.
extension ConversationWriter {
  /// A message in the comparison of two conversations.
  private struct Candidate {
    var row: Int64
    var native: [UInt8]
    var timestamp: Int64?
    var original: Int64?
  }

  /// Looks for copies after a conversation was written.
  ///
  /// - Complexity: Nothing where no id is shared; otherwise O(messages of both).
  public func resolveSharedHistory(of open: OpenConversation, compressor: Compressor) throws {
    guard !open.isDeleted, open.isNew || open.counts.new + open.counts.updated > 0 else { return }
    if open.sharesIDs {
      // What were copies of a message that says something else now may be copies of each other.
      try resolveEqualIDs(of: open.heirs.union([open.row]), provider: open.id.provider)
    }
    if open.id.provider == .codex {
      // What were copies of a changed message may lie further down than its own forks.
      try resolveDeclaredForks(
        of: open.heirs.union([open.row]), provider: .codex, compressor: compressor)
    }
  }

  /// Compares conversations with all that share ids with them.
  func resolveEqualIDs(of conversations: Set<Int64>, provider: Provider) throws {
    for row in conversations.sorted() {
      for other in try conversationsSharing(with: row) {
        try resolve(row, other, provider: provider)
      }
    }
  }

  private func conversationsSharing(with row: Int64) throws -> [Int64] {
    var others: Set<Int64> = []
    let statement = try connection.statement(
      """
      SELECT other.conversation FROM message AS m
      JOIN shared_message AS s ON s.native_id = m.native_id AND s.message <> m.id
      JOIN message AS other ON other.id = s.message
      WHERE m.conversation = ?1 AND typeof(m.native_id) = 'blob' AND other.conversation <> ?1
      """)
    statement.bind(row, at: 1)
    while try statement.step() { others.insert(statement.int64(0)) }
    statement.reset()
    return others.sorted()
  }

  // MARK: Equal ids

  private func resolve(_ one: Int64, _ two: Int64, provider: Provider) throws {
    let first = try candidates(one)
    let second = try candidates(two)
    let secondByID = Dictionary(second.map { ($0.native, $0) }) { first, _ in first }
    let firstIDs = Set(first.map(\.native))
    let pairs = first.compactMap { candidate in
      secondByID[candidate.native].map { (candidate, $0) }
    }
    guard !pairs.isEmpty else { return }
    let firstOwn = first.first { secondByID[$0.native] == nil }
    let secondOwn = second.first { !firstIDs.contains($0.native) }
    let isFirstOriginal = try isOriginal(
      one, two, own: (firstOwn?.timestamp, firstOwn != nil),
      otherOwn: (secondOwn?.timestamp, secondOwn != nil))
    for (mine, theirs) in pairs {
      let (original, copy) = isFirstOriginal ? (mine, theirs) : (theirs, mine)
      try link(
        copy: copy.row, to: original.row, conversations: (one, two), provider: provider,
        isFirstOriginal: isFirstOriginal)
    }
  }

  /// Decides which of two conversations the shared messages belong to: the declared parent; else
  /// the one that is all shared, since the other one went on from its end; else the one that went
  /// its own way first; else the one with the smaller id.
  private func isOriginal(
    _ one: Int64, _ two: Int64, own: (Int64?, Bool), otherOwn: (Int64?, Bool)
  ) throws -> Bool {
    let declared = try connection.integer(
      """
      SELECT c.id FROM conversation AS c JOIN conversation AS p
        ON p.provider = c.provider AND p.native_id = c.lineage_parent
      WHERE c.lineage_kind = 0 AND ((c.id = ?1 AND p.id = ?2) OR (c.id = ?2 AND p.id = ?1))
      """, one, two)
    if let declared { return declared == two }
    if own.1 != otherOwn.1 { return !own.1 }
    if own.0 != otherOwn.0 { return (own.0 ?? .max) < (otherOwn.0 ?? .max) }
    return try connection.integer(
      """
      SELECT (SELECT native_id FROM conversation WHERE id = ?1)
        < (SELECT native_id FROM conversation WHERE id = ?2)
      """, one, two) == 1
  }

  private func candidates(_ conversation: Int64) throws -> [Candidate] {
    let statement = try connection.statement(
      """
      SELECT id, CAST(native_id AS BLOB), timestamp, original FROM message
      WHERE conversation = ? ORDER BY position, id
      """)
    defer { statement.reset() }
    statement.bind(conversation, at: 1)
    var found: [Candidate] = []
    while try statement.step() {
      found.append(
        Candidate(
          row: statement.int64(0), native: statement.bytes(1),
          timestamp: statement.optionalInt64(2), original: statement.optionalInt64(3)))
    }
    return found
  }

  /// Makes one row a copy of another one of the same content.
  private func link(
    copy: Int64, to original: Int64, conversations: (Int64, Int64), provider: Provider,
    isFirstOriginal: Bool
  ) throws {
    let same = try connection.integer(
      """
      SELECT c.hash = o.hash AND coalesce(c.original, 0) <> o.id FROM message AS c, message AS o
      WHERE c.id = ? AND o.id = ?
      """, copy, original)
    guard same == 1 else { return }
    let (parent, child) =
      isFirstOriginal ? conversations : (conversations.1, conversations.0)
    if try connection.integer("SELECT original FROM message WHERE id = ?", original) == copy {
      try connection.run(
        """
        UPDATE message SET original = NULL, codec = c.codec, body = c.body
        FROM message AS c WHERE message.id = ? AND c.id = ?
        """, original, copy)
      try countCopies(in: parent, provider: provider, delta: 1)
      try revive(row: original, conversation: parent)
    } else if try connection.integer("SELECT original FROM message WHERE id = ?", original) != nil {
      return
    }
    let wasCopy = try connection.integer("SELECT original FROM message WHERE id = ?", copy) != nil
    try connection.run("UPDATE message SET original = ? WHERE original = ?", original, copy)
    try connection.run(
      "UPDATE message SET original = ?, codec = 0, body = x'' WHERE id = ?", original, copy)
    guard !wasCopy else { return }
    try countCopies(in: child, provider: provider, delta: -1)
    try forget(row: copy, conversation: child)
  }

  func countCopies(in conversation: Int64, provider: Provider, delta: Int) throws {
    try connection.run(
      "UPDATE conversation SET messages = messages + ? WHERE id = ?", delta, conversation)
    count(provider, conversations: 0, messages: delta, attachments: 0)
  }

  // MARK: Equal beginnings

  /// Codex gives a copied message new times and no id of its own: a fork's copies are the leading
  /// messages that equal its declared parent's by role and content.
  ///
  /// A fork whose copies have changed is the parent of others: these are compared anew as well.
  /// Parents come before their forks, so that a fork is compared with what its parent ends with.
  func resolveDeclaredForks(
    of conversations: Set<Int64>, provider: Provider, compressor: Compressor
  ) throws {
    var waiting: [Int64: Set<Int64>] = [:]
    for row in conversations { waiting[try generation(of: row), default: []].insert(row) }
    var seen = conversations
    while let generation = waiting.keys.min(), let rows = waiting.removeValue(forKey: generation) {
      for row in rows.sorted() {
        for pair in try declaredForks(of: row, provider: provider) where pair.child != pair.parent {
          let hasChanged = try resolveFork(
            child: pair.child, parent: pair.parent, provider: provider, compressor: compressor)
          guard hasChanged, seen.insert(pair.child).inserted else { continue }
          waiting[generation + 1, default: []].insert(pair.child)
        }
      }
    }
  }

  /// How many conversations a fork descends from; each of those that name each other counts once.
  private func generation(of row: Int64) throws -> Int64 {
    try connection.integer(
      """
      WITH RECURSIVE line (id) AS (SELECT ?1 UNION SELECT p.id FROM line
        JOIN conversation AS c ON c.id = line.id
        JOIN conversation AS p ON p.provider = c.provider AND p.native_id = c.lineage_parent)
      SELECT count(*) FROM line
      """, row) ?? 0
  }

  /// The fork that a conversation is, then those that it has.
  private func declaredForks(
    of row: Int64, provider: Provider
  ) throws -> [(child: Int64, parent: Int64)] {
    let statement = try connection.statement(
      """
      SELECT c.id, p.id FROM conversation AS c JOIN conversation AS p
        ON p.provider = c.provider AND p.native_id = c.lineage_parent
      WHERE c.provider = ?1 AND c.lineage_parent IS NOT NULL AND (c.id = ?2 OR p.id = ?2)
      """)
    defer { statement.reset() }
    statement.bind(provider.rawValue, at: 1)
    statement.bind(row, at: 2)
    var pairs: [(child: Int64, parent: Int64)] = []
    while try statement.step() { pairs.append((statement.int64(0), statement.int64(1))) }
    return pairs.filter { $0.child == row } + pairs.filter { $0.child != row }
  }

  /// Compares a fork with its parent, or remembers that it is to be done: what one of them says may
  /// lie in a file of cold storage that is not there. Until then both are whole by themselves.
  private func resolveFork(
    child: Int64, parent: Int64, provider: Provider, compressor: Compressor
  ) throws -> Bool {
    do {
      let hasChanged = try linkPrefix(
        child: child, parent: parent, provider: provider, compressor: compressor)
      try connection.run("DELETE FROM waiting_fork WHERE child = ? AND parent = ?", child, parent)
      return hasChanged
    } catch let error as ArchiveError where error.code == .unavailable {
      try connection.run(
        "INSERT OR IGNORE INTO waiting_fork (child, parent) VALUES (?, ?)", child, parent)
      return false
    }
  }

  /// Whether forks wait for a file of cold storage.
  public func hasWaitingForks() throws -> Bool {
    try connection.integer("SELECT EXISTS (SELECT 1 FROM waiting_fork)") == 1
  }

  /// Compares the forks that wait for a file of cold storage, as far as it is there now.
  ///
  /// - Complexity: Nothing where none waits.
  public func resolveWaitingForks(compressor: Compressor) throws {
    let statement = try connection.statement(
      """
      SELECT w.child, w.parent, c.provider FROM waiting_fork AS w
      LEFT JOIN conversation AS c ON c.id = w.child AND EXISTS
        (SELECT 1 FROM conversation AS p WHERE p.id = w.parent)
      """)
    var waiting: [(child: Int64, parent: Int64, provider: String?)] = []
    while try statement.step() {
      waiting.append((statement.int64(0), statement.int64(1), statement.optionalString(2)))
    }
    statement.reset()
    for fork in waiting {
      if let provider = fork.provider {
        let provider = Provider(rawValue: provider)
        let hasChanged = try resolveFork(
          child: fork.child, parent: fork.parent, provider: provider, compressor: compressor)
        if hasChanged {
          try resolveDeclaredForks(of: [fork.child], provider: provider, compressor: compressor)
        }
      } else {
        // One of them was deleted.
        try connection.run(
          "DELETE FROM waiting_fork WHERE child = ? AND parent = ?", fork.child, fork.parent)
      }
    }
  }

  /// - Returns: Whether a message has become a copy, or is none any more.
  private func linkPrefix(
    child: Int64, parent: Int64, provider: Provider, compressor: Compressor
  ) throws -> Bool {
    let mine = try contents(of: child, compressor: compressor)
    let theirs = try contents(of: parent, compressor: compressor)
    var (isPrefix, hasChanged) = (true, false)
    for (index, copy) in mine.enumerated() {
      let original = index < theirs.count ? theirs[index] : nil
      isPrefix = isPrefix && copy.content == original?.content
      // A copy always points to a row that is none.
      let holder = isPrefix ? original.map { $0.original ?? $0.row } : nil
      if holder == copy.original || holder == copy.row { continue }
      hasChanged = true
      if copy.original != nil { try makeWhole(copy.row, in: child, provider: provider) }
      guard let holder, let original else { continue }
      // Of an original that is itself a copy with a body of its own, the holder's is not known.
      let isSame =
        copy.body == original.body && (original.original == nil || !original.hasOwnBody)
      if !isSame { try giveBody(of: copy.row) }
      try connection.run("UPDATE message SET original = ? WHERE id = ?", holder, copy.row)
      if isSame {
        try connection.run("UPDATE message SET codec = 0, body = x'' WHERE id = ?", copy.row)
      }
      try connection.run("UPDATE message SET original = ? WHERE original = ?", holder, copy.row)
      try countCopies(in: child, provider: provider, delta: -1)
      try forget(row: copy.row, conversation: child)
    }
    return hasChanged
  }

  /// Gives a message's body to those of its copies that hold none.
  private func giveBody(of row: Int64) throws {
    try connection.run(
      """
      UPDATE message SET codec = s.codec, body = s.body FROM message AS s
      WHERE s.id = ?1 AND message.original = ?1 AND length(message.body) = 0
      """, row)
  }

  /// Makes a copy a message of its own.
  func makeWhole(_ copy: Int64, in conversation: Int64, provider: Provider) throws {
    try connection.run(
      """
      UPDATE message SET codec = s.codec, body = s.body FROM message AS s
      WHERE message.id = ?1 AND s.id = message.original AND length(message.body) = 0
      """, copy)
    try connection.run("UPDATE message SET original = NULL WHERE id = ?", copy)
    try countCopies(in: conversation, provider: provider, delta: 1)
    try revive(row: copy, conversation: conversation)
  }

  private struct Content {
    var row: Int64
    var original: Int64?
    var hasOwnBody: Bool
    /// Without what is stamped anew on copies.
    var content: [UInt8]
    var body: [UInt8]
  }

  /// Hashes of role, body and files, in order.
  private func contents(of conversation: Int64, compressor: Compressor) throws -> [Content] {
    let statement = try connection.statement(
      """
      SELECT m.id, m.original, m.role, \(ConversationReader.body), length(m.body) > 0,
        (SELECT group_concat(coalesce(a.blob, a.name, ''), '/') FROM attachment AS a
          WHERE a.message = coalesce(m.original, m.id))
      FROM message AS m LEFT JOIN message AS o ON o.id = m.original
      WHERE m.conversation = ? ORDER BY m.position, m.id
      """)
    defer { statement.reset() }
    statement.bind(conversation, at: 1)
    var found: [Content] = []
    while try statement.step() {
      let body = try statement.withBytes(4) {
        try compressor.decompress($0, codec: statement.int64(3))
      }
      var message = Message(
        id: "", role: Role(rawValue: UInt8(clamping: statement.int64(2))) ?? .user)
      try MessageBody.decode(body, into: &message)
      // Times, token counts and the ids of calls are stamped anew on copies.
      var hash = SHA256()
      var seed: [UInt8] = [message.role.rawValue]
      try body.withUnsafeBytes { bytes in
        try MessageBody.forEachText(bytes) { part, text in
          guard part != .author else { return }
          seed.append(part == .text ? 0 : part == .thinking ? 1 : 2)
          seed.append(contentsOf: text)
        }
      }
      seed.append(contentsOf: (statement.optionalString(6) ?? "").utf8)
      seed.withUnsafeBytes { hash.update($0) }
      found.append(
        Content(
          row: statement.int64(0), original: statement.optionalInt64(1),
          hasOwnBody: statement.int64(5) == 1, content: hash.digest(),
          body: body.withUnsafeBytes { SHA256.hash($0) }))
    }
    return found
  }
}
