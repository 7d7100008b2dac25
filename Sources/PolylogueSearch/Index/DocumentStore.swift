import PolylogueSQL

/// Reads the documents' columns and which documents are deleted.
final class DocumentStore {
  private let connection: Connection
  private let pages: SegmentPages
  /// The chunk that is still being filled.
  private var growing: [UInt32: DocumentChunk] = [:]
  private var deleted: [UInt32: [UInt8]] = [:]

  init(connection: Connection, pages: SegmentPages) {
    self.connection = connection
    self.pages = pages
  }

  /// Forgets what another commit may have changed.
  func reload() throws {
    growing.removeAll()
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
    if deleted.isEmpty { return false }
    guard let bits = deleted[document >> 10] else { return false }
    return bits[Int(document & 1023) >> 3] >> (document & 7) & 1 == 1
  }

  func chunk(_ number: UInt32) throws -> DocumentChunk {
    if let known = growing[number] { return known }
    let (chunk, isFinal) = try pages.chunk(number)
    if !isFinal { growing[number] = chunk }
    return chunk
  }

  /// The parts of a segment whose times fall into the filter's span, counted from its first
  /// document.
  func ranges(of segment: SegmentRecord, _ filter: DocumentFilter) throws -> [Range<UInt32>] {
    if filter.coversTimes(segment.times) { return [0..<segment.documents] }
    guard segment.documents > 0 else { return [] }
    let end = UInt64(segment.firstDocument) + UInt64(segment.documents)
    let statement = try connection.statement(
      "SELECT id,first_time,last_time FROM text_ranges WHERE id BETWEEN ? AND ? ORDER BY id")
    defer { statement.reset() }
    statement.bind(Int64(segment.firstDocument >> 10), at: 1)
    statement.bind(Int64((end - 1) >> 10), at: 2)
    var ranges: [Range<UInt32>] = []
    while try statement.step() {
      let times = statement.int64(1)...max(statement.int64(1), statement.int64(2))
      guard filter.mayMatch(times) else { continue }
      let start = UInt64(truncatingIfNeeded: statement.int64(0)) << 10
      let low = UInt32(max(start, UInt64(segment.firstDocument)) - UInt64(segment.firstDocument))
      let high = UInt32(min(start + 1024, end) - UInt64(segment.firstDocument))
      if let last = ranges.last, last.upperBound == low {
        ranges[ranges.count - 1] = last.lowerBound..<high
      } else {
        ranges.append(low..<high)
      }
    }
    return ranges
  }

  private func place(_ document: UInt32) throws -> (DocumentChunk, Int) {
    let chunk = try chunk(document >> 10)
    let index = Int(document & 1023)
    guard index < chunk.count else { throw SegmentPages.damage }
    return (chunk, index)
  }

  private static func flags(_ chunk: DocumentChunk, _ index: Int) -> DocumentFlags {
    DocumentFlags(rawValue: UInt8(truncatingIfNeeded: chunk.value(.flags, index)))
  }

  /// What ranking needs to know of a document.
  func entry(_ document: UInt32) throws -> SecondStage.Entry {
    let (chunk, index) = try place(document)
    return SecondStage.Entry(chunk, index, document: document)
  }

  /// The documents of messages, as far as they are in the index.
  ///
  /// - Complexity: O(1,024) a run of documents that has one of them.
  func documents(ofMessages wanted: RowSet) throws -> [UInt32] {
    guard let first = wanted.rows.first, let last = wanted.rows.last else { return [] }
    let statement = try connection.statement(
      "SELECT id,first_message,last_message FROM text_ranges")
    defer { statement.reset() }
    var found: [UInt32] = []
    while try statement.step() {
      let (low, high) = (statement.int64(1), statement.int64(2))
      guard low <= last, high >= first, wanted.hasRow(in: low...max(low, high)) else { continue }
      let number = UInt32(truncatingIfNeeded: statement.int64(0))
      let chunk = try chunk(number)
      for index in 0..<chunk.count where wanted.contains(chunk.value(.message, index)) {
        let document = number << 10 | UInt32(index)
        guard !DocumentStore.flags(chunk, index).contains(.isTitle), !isDeleted(document)
        else { continue }
        found.append(document)
      }
    }
    return found
  }

  /// A document as a hit without a score.
  func hit(_ document: UInt32) throws -> SearchHit {
    let (chunk, index) = try place(document)
    let flags = DocumentStore.flags(chunk, index)
    return SearchHit(
      conversation: chunk.value(.conversation, index),
      message: flags.contains(.isTitle) ? nil : chunk.value(.message, index),
      position: Int(chunk.value(.position, index)),
      timestamp: flags.contains(.hasTime) ? chunk.value(.time, index) : nil,
      parts: ScoreParts())
  }
}
