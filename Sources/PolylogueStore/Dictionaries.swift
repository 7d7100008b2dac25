import PolylogueSQL

/// The dictionaries of an archive.
public enum Dictionaries {
  /// Reads all dictionaries into a compressor, and tells it where bytes lie in cold storage.
  ///
  /// - Returns: The newest one of each purpose, for writing.
  @discardableResult
  public static func load(
    from connection: Connection, into compressor: Compressor, forWriting: Bool = false
  ) throws -> [String: Codec] {
    var newest: [String: Codec] = [:]
    compressor.coldStorage = ColdStorage(archive: connection)
    compressor.findDictionary = { id in
      guard
        let statement = try? connection.statement(
          "SELECT purpose, bytes FROM dictionary WHERE id = ?")
      else { return nil }
      defer { statement.reset() }
      statement.bind(id, at: 1)
      guard (try? statement.step()) == true else { return nil }
      return CompressionDictionary(
        purpose: statement.string(0), id: id, bytes: statement.bytes(1))
    }
    let statement = try connection.statement(
      "SELECT id, purpose, bytes FROM dictionary ORDER BY rowid")
    while try statement.step() {
      let dictionary = CompressionDictionary(
        purpose: statement.string(1), id: statement.int64(0), bytes: statement.bytes(2))
      compressor.add(dictionary, forWriting: forWriting)
      newest[dictionary.purpose] = dictionary.id
    }
    statement.reset()
    return newest
  }
}
