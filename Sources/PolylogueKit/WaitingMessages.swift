import PolylogueSQL
import PolylogueStore

/// Messages that the text index could not take in, because their text lies in a file of cold
/// storage that is not there. `index.db` remembers them until the file can be read.
struct WaitingMessages {
  /// Messages that wait for a file.
  struct Run: Equatable {
    /// The number of the file.
    var file: Int64
    /// The first of their rows.
    var first: Int64
    /// The last of their rows.
    var last: Int64
  }

  private let index: Connection

  init(index: Connection) {
    self.index = index
  }

  /// Makes the table where it is missing; for whoever keeps the index.
  func makeTable() throws {
    try index.execute(
      """
      CREATE TABLE IF NOT EXISTS waiting_messages(
        id INTEGER PRIMARY KEY, file INTEGER NOT NULL, first INTEGER NOT NULL,
        last INTEGER NOT NULL);
      """)
  }

  /// Remembers messages; called before the index says that it has taken in what came with them.
  func add(_ runs: [Run]) throws {
    for run in runs {
      try index.run(
        "INSERT INTO waiting_messages(file, first, last) VALUES(?, ?, ?)", run.file, run.first,
        run.last)
    }
  }

  /// What waits for a file, and the newest entry of it.
  func runs(of file: Int64) throws -> (runs: [Run], newest: Int64) {
    var found: (runs: [Run], newest: Int64) = ([], 0)
    let statement = try index.statement(
      "SELECT id, first, last FROM waiting_messages WHERE file = ? ORDER BY id")
    defer { statement.reset() }
    statement.bind(file, at: 1)
    while try statement.step() {
      found.newest = statement.int64(0)
      found.runs.append(Run(file: file, first: statement.int64(1), last: statement.int64(2)))
    }
    return found
  }

  /// Puts what waits still into the place of what waited for a file up to an entry.
  func replace(_ file: Int64, through newest: Int64, by runs: [Run]) throws {
    try index.transaction {
      try add(runs)
      try index.run("DELETE FROM waiting_messages WHERE file = ? AND id <= ?", file, newest)
    }
  }

  /// How many messages wait, by the number of the file. One that changed meanwhile counts again.
  func counts() throws -> [Int64: Int] {
    guard
      try index.integer(
        "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'waiting_messages'") != nil
    else { return [:] }
    var counts: [Int64: Int] = [:]
    let statement = try index.statement(
      "SELECT file, sum(last - first + 1) FROM waiting_messages GROUP BY file")
    defer { statement.reset() }
    while try statement.step() { counts[statement.int64(0)] = Int(statement.int64(1)) }
    return counts
  }

  /// Whether there is no use in reading a file now.
  static func isAway(_ file: Int64, archive: Connection) throws -> Bool {
    guard let record = try ColdStorage.records(in: archive).first(where: { $0.id == file })
    else { return false }
    // What was lost may have been stored anew.
    if try ColdStorage.lost(in: archive).contains(0 - file) { return false }
    return !record.holdsNothing && !ColdStorage.isThere(record, archive: archive)
  }
}

extension [WaitingMessages.Run] {
  /// Adds a message, to the last run where it is next to it.
  mutating func append(row: Int64, file: Int64) {
    if let last, last.file == file, last.last + 1 == row {
      self[endIndex - 1].last = row
    } else {
      append(Element(file: file, first: row, last: row))
    }
  }
}

extension Archive {
  /// How many messages wait for a file of cold storage, by its number.
  func waitingCounts() throws -> [Int64: Int] {
    guard let index = try? openIndex()?.connection else { return [:] }
    return try WaitingMessages(index: index).counts()
  }

  /// What search cannot find for want of a file of cold storage; nil when there is nothing.
  func waitingNote() throws -> String? { try waitingNote(waitingCounts()) }

  /// As ``waitingNote()``, where it is known what waits.
  func waitingNote(_ counts: [Int64: Int]) throws -> String? {
    guard !counts.isEmpty else { return nil }
    let names = Dictionary(
      try ColdStorage.records(in: connection).map { ($0.id, $0.path) }
    ) { first, _ in first }
    let files = counts.keys.sorted().map { names[$0] ?? "a file of cold storage" }
    let count = counts.values.reduce(0, +)
    return "\(count) \(count == 1 ? "message" : "messages") that search does not find yet"
      + " \(count == 1 ? "lies" : "lie") in \(files.joined(separator: " and ")): once that is there,"
      + " the next import or search takes \(count == 1 ? "it" : "them") in"
  }

  /// Whether messages wait for a file that can be read now.
  func canTakeIn(_ counts: [Int64: Int]) throws -> Bool {
    guard !counts.isEmpty else { return false }
    // What was lost comes back by an import, which takes it in itself.
    let lost = try ColdStorage.lost(in: connection)
    return try counts.keys.contains {
      try !lost.contains(0 - $0) && !WaitingMessages.isAway($0, archive: connection)
    }
  }
}
