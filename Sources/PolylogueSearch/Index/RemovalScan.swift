import PolylogueSQL

/// Finds the documents of removed rows and marks them.
enum RemovalScan {
  /// The chunks that may hold a row to be removed.
  static func chunks(for removals: Removals, in connection: Connection) throws -> [Int64] {
    let messages = removals.messages.keys.sorted()
    let conversations = (Array(removals.titles.keys) + removals.conversations.keys).sorted()
    let statement = try connection.statement(
      "SELECT id,first_message,last_message,first_conversation,last_conversation FROM text_ranges")
    defer { statement.reset() }
    var found: [Int64] = []
    while try statement.step() {
      if hasValue(in: statement.int64(1), statement.int64(2), messages)
        || hasValue(in: statement.int64(3), statement.int64(4), conversations)
      {
        found.append(statement.int64(0))
      }
    }
    return found
  }

  private static func hasValue(in low: Int64, _ high: Int64, _ sorted: [Int64]) -> Bool {
    var start = 0
    var end = sorted.count
    while start < end {
      let middle = (start + end) / 2
      if sorted[middle] < low { start = middle + 1 } else { end = middle }
    }
    return start < sorted.count && sorted[start] <= high
  }

  /// The deleted documents of a chunk, a bit each; nil when there are none.
  static func bits(of chunk: Int64, in connection: Connection) throws -> [UInt8]? {
    let statement = try connection.statement("SELECT bits FROM text_deleted WHERE id=?")
    defer { statement.reset() }
    statement.bind(chunk, at: 1)
    guard try statement.step() else { return nil }
    let bits = statement.bytes(0)
    return bits.count == DocumentChunk.capacity / 8 ? bits : nil
  }

  /// Marks a chunk's removed documents; returns how many were not marked before.
  static func mark(_ id: Int64, _ removals: Removals, in connection: Connection) throws -> Int64 {
    let statement = try connection.statement("SELECT bytes FROM text_chunks WHERE id=?")
    statement.bind(id, at: 1)
    guard try statement.step(), let chunk = DocumentChunk(statement.bytes(0)) else {
      statement.reset()
      throw TextIndexError(message: "the text index is damaged; run polylogue reindex")
    }
    statement.reset()
    var bits =
      try bits(of: id, in: connection) ?? [UInt8](repeating: 0, count: DocumentChunk.capacity / 8)
    var marked: Int64 = 0
    for index in 0..<chunk.count where bits[index >> 3] >> (index & 7) & 1 == 0 {
      let flags = DocumentFlags(rawValue: UInt8(truncatingIfNeeded: chunk.value(.flags, index)))
      let goes = removals.contains(
        conversation: chunk.value(.conversation, index), message: chunk.value(.message, index),
        isTitle: flags.contains(.isTitle), document: UInt32(id) << 10 + UInt32(index))
      guard goes else { continue }
      bits[index >> 3] |= 1 << (index & 7)
      marked += 1
    }
    if marked > 0 {
      try connection.run("INSERT OR REPLACE INTO text_deleted(id,bits) VALUES(?,?)", id, bits)
    }
    return marked
  }
}
