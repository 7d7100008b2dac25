import PolylogueSQL

/// The messages of a conversation that is being written, by the provider's id.
///
/// Nearly every conversation fits into memory. What a longer one holds beyond ``nearLimit`` goes to
/// a temporary database on disk, which SQLite deletes with the connection: memory stays bounded
/// however long a session has grown.
final class MessageTable {
  /// A message, stored or just written.
  struct Entry {
    var row: Int64
    /// The hash of the stored content.
    var hash: Int64
    /// Where the revision being written has it, once that is seen; until then, as it is stored.
    var position: Int
    var flags: MessageFlags
    var parent: Int64?
    var isSeen: Bool
    /// The flags that are stored; nil of a message that this revision has brought.
    var storedFlags: MessageFlags?
  }

  /// The most entries in memory; about 2 MB.
  static let nearLimit = 1 << 13

  /// The newest entries; they hide those in `far`.
  private var near: [NativeID: Entry] = [:]
  private var far: Connection?

  /// The message with an id.
  ///
  /// - Complexity: O(1) up to ``nearLimit`` messages, O(log messages) beyond.
  func entry(_ id: NativeID) throws -> Entry? {
    if let entry = near[id] { return entry }
    guard let far else { return nil }
    let statement = try far.statement(
      "SELECT row, hash, position, flags, parent, seen, stored FROM entry WHERE id = ?")
    defer { statement.reset() }
    statement.bind(MessageTable.key(id), at: 1)
    return try statement.step() ? MessageTable.entry(statement) : nil
  }

  /// Adds or replaces the message with an id.
  func set(_ entry: Entry, for id: NativeID) throws {
    near[id] = entry
    if near.count >= MessageTable.nearLimit { try spill() }
  }

  /// Visits every message, in no order.
  func forEach(_ body: (Entry) throws -> Void) throws {
    guard let far else {
      // By row, so that what is written is the same in every process.
      for entry in near.values.sorted(by: { $0.row < $1.row }) { try body(entry) }
      return
    }
    try spill()
    let statement = try far.statement(
      "SELECT row, hash, position, flags, parent, seen, stored FROM entry")
    defer { statement.reset() }
    while try statement.step() { try body(MessageTable.entry(statement)) }
  }

  private func spill() throws {
    let far = try far ?? MessageTable.temporary()
    self.far = far
    let statement = try far.statement("INSERT OR REPLACE INTO entry VALUES (?,?,?,?,?,?,?,?)")
    // In the order of the table: neighbours lie on the same pages.
    for (key, entry) in near.map({ (MessageTable.key($0), $1) }).sorted(by: {
      $0.0.lexicographicallyPrecedes($1.0)
    }) {
      statement.bind(key, at: 1)
      statement.bind(entry.row, at: 2)
      statement.bind(entry.hash, at: 3)
      statement.bind(Int64(entry.position), at: 4)
      statement.bind(entry.flags.rawValue, at: 5)
      statement.bind(entry.parent, at: 6)
      statement.bind(Int64(entry.isSeen ? 1 : 0), at: 7)
      statement.bind(entry.storedFlags?.rawValue, at: 8)
      try statement.run()
    }
    near.removeAll(keepingCapacity: true)
  }

  private static func temporary() throws -> Connection {
    let connection = try Connection(path: "", mode: .create)
    try connection.execute(
      """
      PRAGMA temp_store=FILE;
      PRAGMA journal_mode=OFF;
      PRAGMA synchronous=OFF;
      PRAGMA cache_size=-4096;
      CREATE TABLE entry (id BLOB PRIMARY KEY, row INTEGER, hash INTEGER, position INTEGER,
        flags INTEGER, parent INTEGER, seen INTEGER, stored INTEGER) WITHOUT ROWID;
      BEGIN;
      """)
    return connection
  }

  /// The two forms of an id never meet.
  private static func key(_ id: NativeID) -> [UInt8] { [id.isUUID ? 1 : 0] + id.bytes }

  private static func entry(_ statement: Statement) -> Entry {
    Entry(
      row: statement.int64(0), hash: statement.int64(1), position: Int(statement.int64(2)),
      flags: MessageFlags(rawValue: statement.int64(3)), parent: statement.optionalInt64(4),
      isSeen: statement.int64(5) == 1,
      storedFlags: statement.optionalInt64(6).map { MessageFlags(rawValue: $0) })
  }
}
