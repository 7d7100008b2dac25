import Synchronization

/// The signs of a segment's vectors and the messages that they belong to, in memory.
///
/// It never changes: what a commit has changed is another segment, of a higher generation.
final class VectorSegment: @unchecked Sendable {  // the bytes are never written after `init`
  /// The commit that changed it last.
  let generation: Int64
  /// For each slot the message's row, shifted left by 16, and the number of the passage; 0 for none.
  let uses: UnsafePointer<UInt64>
  /// ``VectorLayout/words`` words for each slot.
  let signs: UnsafePointer<UInt64>

  /// Takes bytes as they are stored; nil when they are too few or too many.
  init?(generation: Int64, layout: VectorLayout, bytes: UnsafeRawBufferPointer) {
    guard bytes.count == layout.segmentWords * 8, let base = bytes.baseAddress else { return nil }
    self.generation = generation
    let words = UnsafeMutablePointer<UInt64>.allocate(capacity: layout.segmentWords)
    UnsafeMutableRawPointer(words).copyMemory(from: base, byteCount: bytes.count)
    uses = UnsafePointer(words)
    signs = uses + VectorSchema.slotsOfSegment
  }

  deinit { uses.deallocate() }
}

/// Segments of vectors in memory, shared by the readers of a process.
///
/// A segment never changes under its name and generation, so readers that see different commits
/// share those that are alike in both. Of each segment the newest that was read is kept; an older one
/// goes with the last reader that holds it. Memory: the signs and 8 bytes a vector, for each model
/// that was searched.
public final class VectorCache: Sendable {
  /// A segment's name.
  struct Key: Hashable {
    /// The file; see ``VectorIndexReader``.
    var file: Int64
    /// The row of `vector_segment`.
    var segment: Int64
  }

  private let segments = Mutex<[Key: VectorSegment]>([:])

  /// An empty cache.
  public init() {}

  /// A segment of exactly this generation, if it is kept.
  func segment(_ key: Key, generation: Int64) -> VectorSegment? {
    segments.withLock { kept in
      guard let found = kept[key], found.generation == generation else { return nil }
      return found
    }
  }

  /// Keeps a segment, unless there is a newer one. What another file left is dropped: the file that
  /// was in its place is gone.
  func insert(_ segment: VectorSegment, _ key: Key) {
    segments.withLock { kept in
      if let other = kept.keys.first, other.file != key.file { kept = [:] }
      if let found = kept[key], found.generation > segment.generation { return }
      kept[key] = segment
    }
  }
}
