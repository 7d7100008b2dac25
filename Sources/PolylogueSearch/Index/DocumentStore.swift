import PolylogueSQL

/// Reads the documents' columns and which documents are deleted.
final class DocumentStore {
  private static let chunkLimit = 4096
  private let connection: Connection
  private var chunks: [UInt32: DocumentChunk] = [:]
  private var deleted: [UInt32: [UInt8]] = [:]

  init(connection: Connection) { self.connection = connection }

  /// Forgets what another commit may have changed.
  func reload() throws {
    chunks.removeAll(keepingCapacity: true)
    deleted.removeAll(keepingCapacity: true)
    let statement = try connection.statement("SELECT id,bits FROM text_deleted")
    defer { statement.reset() }
    while try statement.step() {
      let bits = statement.bytes(1)
      guard bits.count == DocumentChunk.capacity / 8 else { throw SegmentPages.damage }
      deleted[UInt32(truncatingIfNeeded: statement.int64(0))] = bits
    }
  }

  var hasDeleted: Bool { !deleted.isEmpty }

  func isDeleted(_ document: UInt32) -> Bool {
    guard let bits = deleted[document >> 10] else { return false }
    return bits[Int(document & 1023) >> 3] >> (document & 7) & 1 == 1
  }

  func chunk(_ number: UInt32) throws -> DocumentChunk {
    if let known = chunks[number] { return known }
    let statement = try connection.statement("SELECT bytes FROM text_chunks WHERE id=?")
    defer { statement.reset() }
    statement.bind(Int64(number), at: 1)
    guard try statement.step(), let chunk = DocumentChunk(statement.bytes(0)) else {
      throw SegmentPages.damage
    }
    if chunks.count >= DocumentStore.chunkLimit { chunks.removeAll() }
    chunks[number] = chunk
    return chunk
  }

  /// A document as a hit without a score.
  func hit(_ document: UInt32) throws -> (hit: SearchHit, kind: Int64) {
    let chunk = try chunk(document >> 10)
    let index = Int(document & 1023)
    guard index < chunk.count else { throw SegmentPages.damage }
    let flags = DocumentFlags(rawValue: UInt8(truncatingIfNeeded: chunk.value(.flags, index)))
    let hit = SearchHit(
      conversation: chunk.value(.conversation, index),
      message: flags.contains(.isTitle) ? nil : chunk.value(.message, index),
      position: Int(chunk.value(.position, index)),
      timestamp: flags.contains(.hasTime) ? chunk.value(.time, index) : nil,
      parts: ScoreParts())
    return (hit, chunk.value(.speaker, index) & 15)
  }
}
