public import PolylogueSQL

/// The messages that wait to be given vectors of one model. They are kept in the file of vectors, so
/// that nothing is forgotten; changes belong into a transaction of the writer.
public final class VectorQueue {
  /// Why a message waits.
  private enum State {
    static let ready: Int64 = 0
    /// No vector could be computed; it is tried again the next time.
    static let failed: Int64 = 1
    // A message whose text lies in a file of cold storage that is not there has the negative number
    // of the file.
  }

  private let connection: Connection
  private let model: Int64

  /// The queue of a model.
  ///
  /// - Parameter model: ``VectorIndexWriter/row``.
  public init(connection: Connection, model: Int64) {
    self.connection = connection
    self.model = model
  }

  /// Puts a message in; one that waits already is tried again.
  ///
  /// - Parameter time: Those of the latest times come first; 0 where it is not known.
  public func add(message: Int64, time: Int64) throws {
    try connection.run(
      "INSERT OR REPLACE INTO vector_waiting VALUES(?, ?, ?, ?)", model, message, time,
      State.ready)
  }

  /// Takes messages out.
  public func remove(messages: ClosedRange<Int64>) throws {
    try connection.run(
      "DELETE FROM vector_waiting WHERE model = ? AND message BETWEEN ? AND ?", model,
      messages.lowerBound, messages.upperBound)
  }

  /// Empties the queue.
  public func removeAll() throws {
    try connection.run("DELETE FROM vector_waiting WHERE model = ?", model)
  }

  /// The messages that are to be looked at next, newest first.
  public func next(_ limit: Int) throws -> [Int64] {
    let statement = try connection.statement(
      """
      SELECT message FROM vector_waiting WHERE model = ? AND state = ?
      ORDER BY time DESC, message DESC LIMIT ?
      """)
    defer { statement.reset() }
    statement.bind(model, at: 1)
    statement.bind(State.ready, at: 2)
    statement.bind(Int64(limit), at: 3)
    var messages: [Int64] = []
    while try statement.step() { messages.append(statement.int64(0)) }
    return messages
  }

  /// Leaves a message for another time, as no vector could be computed.
  public func fail(message: Int64) throws { try set(State.failed, message) }

  /// Leaves a message until a file of cold storage is there.
  ///
  /// - Parameters:
  ///   - message: The message.
  ///   - file: The number of the file, at least 1.
  public func postpone(message: Int64, untilThereIs file: Int64) throws {
    try set(0 - file, message)
  }

  private func set(_ state: Int64, _ message: Int64) throws {
    try connection.run(
      "UPDATE vector_waiting SET state = ? WHERE model = ? AND message = ?", state, model, message)
  }

  /// Tries again what could not be computed.
  public func retry() throws {
    try connection.run(
      "UPDATE vector_waiting SET state = ? WHERE model = ? AND state = ?", State.ready, model,
      State.failed)
  }

  /// Tries again what waited for a file.
  public func retry(file: Int64) throws {
    try connection.run(
      "UPDATE vector_waiting SET state = ? WHERE model = ? AND state = ?", State.ready, model,
      0 - file)
  }

  /// The files that messages wait for, with their number of messages.
  public func files() throws -> [Int64: Int] {
    let statement = try connection.statement(
      """
      SELECT 0 - state, count(*) FROM vector_waiting WHERE model = ? AND state < 0 GROUP BY state
      """)
    defer { statement.reset() }
    statement.bind(model, at: 1)
    var files: [Int64: Int] = [:]
    while try statement.step() { files[statement.int64(0)] = Int(statement.int64(1)) }
    return files
  }

  /// How many messages wait and can be looked at now.
  public func readyCount() throws -> Int {
    Int(
      try connection.integer(
        "SELECT count(*) FROM vector_waiting WHERE model = ? AND state = ?", model, State.ready)
        ?? 0)
  }
}
