internal import CPolylogueText
import Synchronization

/// Pages of text indexes in memory, shared by the readers of a process.
///
/// A page never changes under its name, so readers that see different commits can share it. What
/// has not been used for long goes first.
public final class TextIndexCache: Sendable {
  /// A page's name.
  struct Key: Hashable {
    /// The file; see ``TextIndexReader``.
    var file: Int64
    /// The page within it, with its stream in the lowest two bits.
    var page: Int64

    func hash(into hasher: inout Hasher) { hasher.combine(page ^ file) }
  }

  /// Pages whose names fall to the same part; each has its own lock, so that readers seldom meet.
  private struct Part {
    var recent: [Key: TextIndexPage] = [:]
    var older: [Key: TextIndexPage] = [:]
    var recentByteCount = 0
  }

  private final class Shard: Sendable {
    let part = Mutex(Part())
  }

  private static let shardCount = 16
  private let shards = (0..<shardCount).map { _ in Shard() }
  private let shardByteLimit: Int

  /// An empty cache.
  ///
  /// - Parameter byteLimit: The most bytes kept, roughly.
  public init(byteLimit: Int = 32 << 20) {
    shardByteLimit = max(1, byteLimit / TextIndexCache.shardCount)
  }

  private func shard(_ key: Key) -> Shard {
    // The lowest two bits are the stream; neighbouring pages fall to different parts.
    shards[Int(truncatingIfNeeded: (key.page >> 2) & Int64(TextIndexCache.shardCount - 1))]
  }

  /// A page that is kept.
  func page(_ key: Key) -> TextIndexPage? {
    shard(key).part.withLock { part in
      if let page = part.recent[key] { return page }
      guard let page = part.older.removeValue(forKey: key) else { return nil }
      keep(page, key, in: &part)
      return page
    }
  }

  /// Keeps a page.
  func insert(_ page: TextIndexPage, _ key: Key) {
    shard(key).part.withLock { keep(page, key, in: &$0) }
  }

  private func keep(_ page: TextIndexPage, _ key: Key, in part: inout Part) {
    if part.recentByteCount + page.count > shardByteLimit / 2 {
      part.older = part.recent
      part.recent = [:]
      part.recentByteCount = 0
    }
    if part.recent.updateValue(page, forKey: key) == nil { part.recentByteCount += page.count }
  }
}

/// The bytes of a page, readable for ``padding`` beyond their end.
final class TextIndexPage: @unchecked Sendable {  // the bytes are never written after `init`
  /// Bytes that may be read past the end, as decoding does.
  static let padding = Int(PLT_PADDING)

  let start: UnsafePointer<UInt8>
  let count: Int

  init(_ bytes: UnsafeRawBufferPointer) {
    count = bytes.count
    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: count + TextIndexPage.padding)
    if let base = bytes.baseAddress {
      UnsafeMutableRawPointer(copy).copyMemory(from: base, byteCount: count)
    }
    (copy + count).initialize(repeating: 0, count: TextIndexPage.padding)
    start = UnsafePointer(copy)
  }

  deinit { start.deallocate() }
}
