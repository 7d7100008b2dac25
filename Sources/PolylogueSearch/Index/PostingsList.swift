internal import CPolylogueText

/// The postings of one term in one segment; blocks are read when they are needed.
final class PostingsList {
  /// A document of the list in the upper half, its block and place there in the lower one.
  typealias Found = UInt64

  let entry: plt_entry
  let weight: Float
  let blocks: [plt_block]
  /// The highest score that the list gives.
  let bound: Float
  private let postings: StreamRanges
  private let positions: StreamRanges
  private let documents = UnsafeMutablePointer<UInt32>.allocate(capacity: Int(PLT_BLOCK))
  private let impacts = UnsafeMutablePointer<UInt8>.allocate(capacity: Int(PLT_BLOCK))
  private var decoded = -1

  init(pages: SegmentPages, segment: Int64, entry: plt_entry, weight: Float) throws {
    self.entry = entry
    self.weight = weight
    postings = StreamRanges(pages, stream: PLT_POSTINGS, segment: segment)
    positions = StreamRanges(pages, stream: PLT_POSITIONS, segment: segment)
    blocks = try PostingsList.directory(postings, entry)
    bound = weight * Float(blocks.reduce(0) { max($0, $1.impact) })
  }

  deinit {
    documents.deallocate()
    impacts.deallocate()
  }

  private static func directory(
    _ postings: StreamRanges, _ entry: plt_entry
  ) throws -> [plt_block] {
    var entry = entry
    let length = Int(entry.postings_length)
    let head = min(length, 24)
    var end: UInt32 = 0
    let count = plt_list_blocks(
      try postings.bytes(entry.postings, head), head, &entry, &end)
    guard count > 0, Int(end) <= length else { throw SegmentPages.damage }
    let bytes = try postings.bytes(entry.postings, Int(end))
    return try [plt_block](unsafeUninitializedCapacity: Int(count)) { out, filled in
      guard plt_list_directory(bytes, Int(end), &entry, out.baseAddress, count) != 0 else {
        throw SegmentPages.damage
      }
      filled = Int(count)
    }
  }

  /// The highest score that a block gives.
  func bound(ofBlock index: Int) -> Float { weight * Float(blocks[index].impact) }

  /// The first block that reaches a document, from a block on; the number of blocks if none does.
  func firstBlock(reaching document: UInt32, from: Int = 0) -> Int {
    var low = from
    var high = blocks.count
    while low < high {
      let middle = (low + high) / 2
      if blocks[middle].last < document { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Makes `documents` and `impacts` hold a block.
  private func decode(_ index: Int) throws -> Int {
    let count = Int(blocks[index].count)
    guard decoded != index else { return count }
    decoded = -1
    var block = blocks[index]
    let bytes = try postings.bytes(entry.postings + UInt64(block.offset), Int(block.length))
    guard plt_block_decode(&block, bytes, Int(block.length), documents, impacts) == count else {
      throw SegmentPages.damage
    }
    decoded = index
    return count
  }

  /// The postings of blocks within a range that score above `floor`.
  ///
  /// - Parameters:
  ///   - indexes: The blocks, in order.
  ///   - found: Gets where the blocks' postings stand, when that is asked for.
  func postings(
    of indexes: some Collection<Int>, in range: Range<UInt32>, above floor: Float,
    noting: Bool = false, found: inout [Found]
  ) throws -> DocumentSet {
    let most = indexes.reduce(0) { $0 + Int(blocks[$1].count) }
    if noting { found = Array(repeating: 0, count: most) }
    var noted = 0
    return try DocumentSet(atMost: most) { out, scores in
      var filled = 0
      for index in indexes {
        let count = try decode(index)
        filled += Int(
          plt_block_select(
            documents, impacts, UInt32(count), weight, floor, range.lowerBound, range.upperBound,
            out + filled, scores + filled))
        guard noting else { continue }
        found.withUnsafeMutableBufferPointer {
          plt_found_note(documents, UInt32(count), UInt32(index), $0.baseAddress.map { $0 + noted })
        }
        noted += count
      }
      return filled
    }
  }

  /// The blocks that overlap a range.
  func blocks(in range: Range<UInt32>) -> Range<Int> {
    let start = firstBlock(reaching: range.lowerBound)
    var end = firstBlock(reaching: range.upperBound, from: start)
    if end < blocks.count, blocks[end].first < range.upperBound { end += 1 }
    return start..<end
  }

  /// Adds the scores of all postings within a range to scores by document, the first of which is
  /// that of the range's first.
  ///
  /// - Returns: How many postings were read.
  func add(to scores: inout [Float], in range: Range<UInt32>) throws -> Int {
    guard scores.count >= range.count else { return 0 }
    var read = 0
    for index in blocks(in: range) {
      let count = try decode(index)
      plt_block_spread(
        documents, impacts, UInt32(count), weight, range.lowerBound, range.upperBound, &scores)
      read += count
    }
    return read
  }

  /// Adds the scores of the candidates that are in the list; blocks without any are not read. Where
  /// the candidates stand replaces `found` when that is asked for.
  ///
  /// - Returns: How many postings were read.
  func add(
    to scores: inout [Float], candidates: [UInt32], noting: Bool, found: inout [Found]
  ) throws -> Int {
    guard noting else { return try add(to: &scores, candidates: candidates, found: nil).read }
    var read = 0
    found = try Array(unsafeUninitializedCapacity: candidates.count) { found, count in
      (read, count) = try add(to: &scores, candidates: candidates, found: found.baseAddress)
    }
    return read
  }

  private func add(
    to scores: inout [Float], candidates: [UInt32], found: UnsafeMutablePointer<Found>?
  ) throws -> (read: Int, found: Int) {
    var from = 0
    var read = 0
    var index = 0
    var noted: UInt32 = 0
    while from < candidates.count, index < blocks.count {
      if blocks[index].last < candidates[from] {
        index = firstBlock(reaching: candidates[from], from: index + 1)
        continue
      }
      if candidates[from] < blocks[index].first {
        from = PostingsList.first(in: candidates, atLeast: blocks[index].first, from: from)
        continue
      }
      let count = try decode(index)
      from = Int(
        plt_block_intersect(
          documents, impacts, UInt32(count), candidates, UInt32(from), UInt32(candidates.count),
          weight, &scores, UInt32(index), found, &noted))
      read += count
      index += 1
    }
    return (read, Int(noted))
  }

  private static func first(in sorted: [UInt32], atLeast value: UInt32, from: Int) -> Int {
    var low = from
    var high = sorted.count
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Calls `body` for each run of noted postings of one block, with the block's positions.
  func forEachBlock(
    of found: [Found],
    _ body: (UnsafeBufferPointer<Found>, UnsafeBufferPointer<UInt8>) -> Void
  ) throws {
    var start = 0
    while start < found.count {
      let index = Int(UInt32(truncatingIfNeeded: found[start]) / UInt32(PLT_BLOCK))
      var end = start + 1
      while end < found.count,
        Int(UInt32(truncatingIfNeeded: found[end]) / UInt32(PLT_BLOCK)) == index
      {
        end += 1
      }
      guard index < blocks.count else { throw SegmentPages.damage }
      let length = Int(blocks[index].positions_length)
      let bytes = try positions.bytes(entry.positions &+ blocks[index].positions, length)
      found.withUnsafeBufferPointer {
        body(
          UnsafeBufferPointer(rebasing: $0[start..<end]),
          UnsafeBufferPointer(start: bytes, count: length))
      }
      start = end
    }
  }
}
