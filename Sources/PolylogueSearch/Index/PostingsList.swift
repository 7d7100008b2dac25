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
  private let documents = UnsafeMutablePointer<UInt32>.allocate(
    capacity: Int(PLT_BLOCK + PLT_DOCUMENTS_PADDING))
  private let impacts = UnsafeMutablePointer<UInt8>.allocate(capacity: Int(PLT_BLOCK))
  private let common = UnsafeMutablePointer<plt_common>.allocate(capacity: Int(PLT_BLOCK) + 1)
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
    common.deallocate()
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

  /// The bytes of a block, valid until the next ones are asked for.
  private func bytes(ofBlock index: Int) throws -> UnsafePointer<UInt8> {
    try postings.bytes(entry.postings + UInt64(blocks[index].offset), Int(blocks[index].length))
  }

  /// Makes `documents` hold a block, whose bytes these are.
  private func decode(_ index: Int, _ bytes: UnsafePointer<UInt8>) throws {
    guard decoded != index else { return }
    decoded = -1
    var block = blocks[index]
    guard plt_block_decode(&block, bytes, Int(block.length), documents) == block.count else {
      throw SegmentPages.damage
    }
    decoded = index
  }

  /// Makes `documents` and `impacts` hold a block.
  private func decodeWhole(_ index: Int) throws -> Int {
    let bytes = try bytes(ofBlock: index)
    try decode(index, bytes)
    var block = blocks[index]
    guard plt_block_impacts(&block, bytes, Int(block.length), impacts) == block.count else {
      throw SegmentPages.damage
    }
    return Int(block.count)
  }

  /// The postings of blocks within a range that score above `floor`.
  ///
  /// - Parameter indexes: The blocks, in order.
  func postings(
    of indexes: some Collection<Int>, in range: Range<UInt32>, above floor: Float
  ) throws -> DocumentSet {
    let most = indexes.reduce(0) { $0 + Int(blocks[$1].count) }
    return try DocumentSet(atMost: most) { out, scores in
      var filled = 0
      for index in indexes {
        let count = try decodeWhole(index)
        filled += Int(
          plt_block_select(
            documents, impacts, UInt32(count), weight, floor, range.lowerBound, range.upperBound,
            out + filled, scores + filled))
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
      let count = try decodeWhole(index)
      plt_block_spread(
        documents, impacts, UInt32(count), weight, range.lowerBound, range.upperBound, &scores)
      read += count
    }
    return read
  }

  /// Calls `body` with each block that holds candidates, and what ``common`` has of it then; the
  /// other blocks are not read.
  ///
  /// - Returns: How many postings were read.
  private func forEachCommon(
    _ candidates: [UInt32], _ body: (Int, UnsafeBufferPointer<plt_common>) -> Void
  ) throws -> Int {
    var from: UInt32 = 0
    var read = 0
    var index = 0
    while from < candidates.count, index < blocks.count {
      let next = candidates[Int(from)]
      if blocks[index].last < next {
        index = firstBlock(reaching: next, from: index + 1)
        continue
      }
      if next < blocks[index].first {
        from = UInt32(
          PostingsList.first(in: candidates, atLeast: blocks[index].first, from: Int(from)))
        continue
      }
      let bytes = try bytes(ofBlock: index)
      try decode(index, bytes)
      var block = blocks[index]
      let count = plt_block_intersect(
        &block, bytes, Int(block.length), documents, candidates, &from, UInt32(candidates.count),
        common)
      body(index, UnsafeBufferPointer(start: common, count: Int(count)))
      read += Int(block.count)
      index += 1
    }
    return read
  }

  /// Adds the scores of the candidates that are in the list.
  ///
  /// - Parameter found: Gets where the candidates stand.
  /// - Returns: How many postings were read.
  func add(to scores: inout [Float], candidates: [UInt32], found: inout [Found]) throws -> Int {
    try forEachCommon(candidates) { index, common in
      for one in common {
        let candidate = Int(one.candidate)
        scores[candidate] += weight * Float(one.impact)
        found.append(
          UInt64(candidates[candidate]) << 32 | UInt64(index) * UInt64(PLT_BLOCK)
            + UInt64(one.place))
      }
    }
  }

  /// The candidates that are in the list, their scores added, as far as they are then above a floor.
  ///
  /// - Parameter found: Gets where these stand.
  func narrow(
    _ candidates: DocumentSet, above floor: Float, found: inout [Found], work: inout SearchWork
  ) throws -> DocumentSet {
    // Room for what is written and not kept.
    let most = min(candidates.documents.count, Int(entry.documents)) + 1
    var set = DocumentSet()
    found = try Array(unsafeUninitializedCapacity: most) { found, filled in
      set = try DocumentSet(atMost: most) { documents, scores in
        var matching = 0
        work.postings += try forEachCommon(candidates.documents) { index, common in
          matching += common.count
          filled += Int(
            plt_common_keep(
              common.baseAddress, UInt32(common.count), candidates.documents, candidates.scores,
              weight, floor, UInt32(index), documents + filled, scores + filled,
              found.baseAddress.map { $0 + filled }))
        }
        work.dropped += matching - filled
        return filled
      }
    }
    return set
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

  /// Where a phrase can begin whose word this is, `shift` behind the first: documents in the upper
  /// half, positions in the lower one.
  func starts(of found: [Found], shift: UInt32) throws -> [UInt64] {
    var most = 0
    try forEachBlock(of: found) { most += min($1.count, $0.count * Int(PLT_POSITIONS_MAX)) }
    return try Array(unsafeUninitializedCapacity: most) { starts, filled in
      try forEachBlock(of: found) {
        filled += Int(
          plt_starts_collect(
            $1.baseAddress, $1.count, $0.baseAddress, UInt32($0.count), shift,
            starts.baseAddress.map { $0 + filled }, most - filled))
      }
    }
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
