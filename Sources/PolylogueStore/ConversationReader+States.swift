import PolylogueModel
import PolylogueSQL

/// A conversation and a number that changes whenever something about it does.
public struct ConversationState: Sendable, Hashable {
  /// The public identifier.
  public var id: ConversationID
  /// The row in the archive; valid for this archive only.
  public var row: Int64
  /// A digest of the header, of the import that it was last read from, and of its newest line in the
  /// change feed, which tells of the user's layer too. Two archives with the same content differ in
  /// it.
  public var digest: UInt64
}

extension ConversationReader {
  /// The states of all conversations that pass, ordered by public id. No message is read.
  ///
  /// - Complexity: O(conversations + lines of the change feed); 10,000 take some 50 ms.
  public func states(filter: Filter) throws -> [ConversationState] {
    let newest = try newestChanges()
    // The import's time tells an archive from one that was made anew from the same files.
    let statement = try connection.statement(
      """
      SELECT c.provider, c.native_id, c.title, c.created_at, c.updated_at, c.project,
        c.lineage_kind, c.lineage_parent, c.lineage_origin, c.fidelity, c.metadata, c.models,
        c.features, c.messages, c.attachments, c.import, c.blob, i.imported_at, i.parser_version
      FROM conversation AS c LEFT JOIN import AS i ON i.id = c.import WHERE c.id = ?
      """)
    defer { statement.reset() }
    var states: [ConversationState] = []
    for row in try rows(filter: filter) {
      statement.reset()
      statement.bind(row, at: 1)
      guard try statement.step() else { continue }
      var digest = Digest()
      for column in 0..<19 {
        // An absent value is not an empty one.
        digest.add(statement.isNull(column) ? 0 : 1)
        statement.withBytes(column) { digest.add($0) }
      }
      digest.add(UInt64(bitPattern: newest[row] ?? 0))
      let id = ConversationID(
        provider: Provider(rawValue: statement.string(0)), native: statement.string(1))
      states.append(ConversationState(id: id, row: row, digest: digest.value))
    }
    return states
  }

  /// The newest line of the change feed of each conversation.
  private func newestChanges() throws -> [Int64: Int64] {
    let statement = try connection.statement(
      "SELECT conversation, max(sequence) FROM change GROUP BY conversation")
    defer { statement.reset() }
    var newest: [Int64: Int64] = [:]
    while try statement.step() { newest[statement.int64(0)] = statement.int64(1) }
    return newest
  }
}

/// FNV-1a over bytes, 64 bits, each piece with its length: the same in every run.
private struct Digest {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    for byte in bytes { mix(UInt64(byte)) }
    add(UInt64(bytes.count))
  }

  mutating func add(_ number: UInt64) {
    mix(number & 0xFFFF_FFFF)
    mix(number >> 32)
  }

  private mutating func mix(_ number: UInt64) {
    value = (value ^ number) &* 0x100_0000_01B3
  }
}
