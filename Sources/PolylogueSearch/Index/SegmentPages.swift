internal import CPolylogueText
import PolylogueSQL

/// Reads the pages of an index through the cache that the readers share.
final class SegmentPages {
  /// The stream under which the documents' columns are kept.
  private static let chunks = 3

  private let connection: Connection
  private let cache: TextIndexCache
  /// Tells this index from others in the cache.
  var file: Int64 = 0

  init(connection: Connection, cache: TextIndexCache) {
    self.connection = connection
    self.cache = cache
  }

  /// A page of a segment's stream.
  func page(_ stream: Int, _ segment: Int64, _ number: UInt32) throws -> TextIndexPage {
    let id = TextIndexSchema.pageKey(segment, number)
    let key = TextIndexCache.Key(file: file, page: id << 2 | Int64(stream))
    if let kept = cache.page(key) { return kept }
    let page = try read(TextIndexSchema.selectPage[stream], id)
    cache.insert(page, key)
    return page
  }

  /// The columns of a chunk of documents, which are kept once the chunk is full: then they stay.
  func chunk(_ number: UInt32) throws -> (chunk: DocumentChunk, isFinal: Bool) {
    let key = TextIndexCache.Key(
      file: file, page: Int64(number) << 2 | Int64(SegmentPages.chunks))
    if let kept = cache.page(key) { return (DocumentChunk(checked: kept), true) }
    let page = try read("SELECT bytes FROM text_chunks WHERE id=?", Int64(number))
    guard let chunk = DocumentChunk(page) else { throw SegmentPages.damage }
    let isFinal = chunk.count == DocumentChunk.capacity
    if isFinal { cache.insert(page, key) }
    return (chunk, isFinal)
  }

  private func read(_ sql: String, _ id: Int64) throws -> TextIndexPage {
    let statement = try connection.statement(sql)
    defer { statement.reset() }
    statement.bind(id, at: 1)
    guard try statement.step() else { throw SegmentPages.damage }
    return statement.withBytes(0) { TextIndexPage($0) }
  }

  /// Ends a query that was interrupted.
  func checkInterruption() throws { try connection.checkInterruption() }

  static var damage: TextIndexError {
    TextIndexError(message: "the text index is damaged; run polylogue reindex")
  }
}

/// Reads ranges of one stream of a segment, most often one after another.
final class StreamRanges {
  private let pages: SegmentPages
  private let stream: Int
  private let segment: Int64
  private var page: TextIndexPage?
  private var number: UInt32 = 0
  private var joined: UnsafeMutablePointer<UInt8>?
  private var joinedCapacity = 0

  init(_ pages: SegmentPages, stream: Int, segment: Int64) {
    self.pages = pages
    self.stream = stream
    self.segment = segment
  }

  deinit { joined?.deallocate() }

  private func page(_ wanted: UInt32) throws -> TextIndexPage {
    if let page, number == wanted { return page }
    let found = try pages.page(stream, segment, wanted)
    page = found
    number = wanted
    return found
  }

  /// `length` bytes from `offset`, valid until the next range is asked for, and readable for
  /// ``TextIndexPage/padding`` more.
  func bytes(_ offset: UInt64, _ length: Int) throws -> UnsafePointer<UInt8> {
    let size = UInt64(PLT_PAGE)
    guard offset / size < 1 << 24, length <= 1 << 30 else { throw SegmentPages.damage }
    let first = UInt32(offset / size)
    let start = Int(offset % size)
    if start + length <= Int(size) {
      let page = try page(first)
      guard start + length <= page.count else { throw SegmentPages.damage }
      return page.start + start
    }
    let joined = room(for: length)
    var filled = 0
    var number = first
    var from = start
    while filled < length {
      let page = try page(number)
      let part = min(page.count - from, length - filled)
      guard part > 0 else { throw SegmentPages.damage }
      (joined + filled).update(from: page.start + from, count: part)
      filled += part
      from = 0
      number += 1
    }
    (joined + length).update(repeating: 0, count: TextIndexPage.padding)
    return UnsafePointer(joined)
  }

  private func room(for length: Int) -> UnsafeMutablePointer<UInt8> {
    let needed = length + TextIndexPage.padding
    if let joined, joinedCapacity >= needed { return joined }
    joined?.deallocate()
    let fresh = UnsafeMutablePointer<UInt8>.allocate(capacity: needed)
    fresh.initialize(repeating: 0, count: needed)
    joined = fresh
    joinedCapacity = needed
    return fresh
  }
}
