internal import CPolylogueText
import PolylogueSQL

/// Reads byte ranges of segments, page by page, and keeps pages that were read.
final class SegmentPages {
  /// The most bytes kept.
  static let cacheByteLimit = 48 << 20
  /// Bytes that may be read past a range's end, as decoding does.
  static let padding = 16

  private final class Page {
    let start: UnsafeMutablePointer<UInt8>
    let count: Int

    init(_ bytes: UnsafeRawBufferPointer) {
      count = bytes.count
      start = .allocate(capacity: count + SegmentPages.padding)
      start.initialize(repeating: 0, count: count + SegmentPages.padding)
      if let base = bytes.baseAddress {
        UnsafeMutableRawPointer(start).copyMemory(from: base, byteCount: count)
      }
    }

    deinit { start.deallocate() }
  }

  private struct Key: Hashable {
    var stream: Int
    var page: Int64
  }

  private let connection: Connection
  private var cache: [Key: Page] = [:]
  private var cachedBytes = 0

  init(connection: Connection) { self.connection = connection }

  private func page(_ stream: Int, _ segment: Int64, _ number: UInt32) throws -> Page {
    let key = Key(stream: stream, page: TextIndexSchema.pageKey(segment, number))
    if let cached = cache[key] { return cached }
    let statement = try connection.statement(TextIndexSchema.selectPage[stream])
    defer { statement.reset() }
    statement.bind(key.page, at: 1)
    guard try statement.step() else { throw SegmentPages.damage }
    let page = statement.withBytes(0) { Page($0) }
    if cachedBytes > SegmentPages.cacheByteLimit {
      cache.removeAll()
      cachedBytes = 0
    }
    cache[key] = page
    cachedBytes += page.count
    return page
  }

  static var damage: TextIndexError {
    TextIndexError(message: "the text index is damaged; run polylogue reindex")
  }

  /// Gives a page of a stream to `body`.
  func withPage<R>(
    _ stream: Int, _ segment: Int64, _ number: UInt32,
    _ body: (UnsafePointer<UInt8>, Int) throws -> R
  ) throws -> R {
    let page = try page(stream, segment, number)
    return try withExtendedLifetime(page) { try body(UnsafePointer(page.start), page.count) }
  }

  /// Gives `length` bytes from `offset` of a stream to `body`, readable for ``padding`` more.
  func withRange<R>(
    _ stream: Int, _ segment: Int64, _ offset: UInt64, _ length: Int,
    _ body: (UnsafePointer<UInt8>, Int) throws -> R
  ) throws -> R {
    let size = UInt64(PLT_PAGE)
    guard offset / size < 1 << 24, length <= 1 << 30 else { throw SegmentPages.damage }
    let first = UInt32(offset / size)
    let start = Int(offset % size)
    if start + length <= Int(size) {
      return try withPage(stream, segment, first) { bytes, count in
        guard start + length <= count else { throw SegmentPages.damage }
        return try body(bytes + start, length)
      }
    }
    let joined = UnsafeMutablePointer<UInt8>.allocate(capacity: length + SegmentPages.padding)
    defer { joined.deallocate() }
    var filled = 0
    var number = first
    var from = start
    while filled < length {
      try withPage(stream, segment, number) { bytes, count in
        let part = min(count - from, length - filled)
        guard part > 0 else { throw SegmentPages.damage }
        (joined + filled).initialize(from: bytes + from, count: part)
        filled += part
      }
      from = 0
      number += 1
    }
    (joined + length).initialize(repeating: 0, count: SegmentPages.padding)
    return try body(UnsafePointer(joined), length)
  }
}
