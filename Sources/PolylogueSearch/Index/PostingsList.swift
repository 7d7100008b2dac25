internal import CPolylogueText

/// The postings of one term in one segment; blocks are read when they are needed.
final class PostingsList {
  let segment: SegmentRecord
  let entry: plt_entry
  let weight: Float
  let blocks: [plt_block]
  private let pages: SegmentPages
  private var documents = [UInt32](repeating: 0, count: PLT_BLOCK)
  private var impacts = [UInt8](repeating: 0, count: PLT_BLOCK)
  private var decoded = -1
  private var positionBytes: [UInt8] = []
  private var positionBlock = -1
  private var scratch: [UInt32] = []
  private var positionAt: UInt32 = 0
  private var positionOffset: UInt32 = 0

  init(pages: SegmentPages, segment: SegmentRecord, entry: plt_entry, weight: Float) throws {
    self.pages = pages
    self.segment = segment
    self.entry = entry
    self.weight = weight
    blocks = try PostingsList.directory(pages, segment, entry)
  }

  private static func directory(
    _ pages: SegmentPages, _ segment: SegmentRecord, _ entry: plt_entry
  ) throws -> [plt_block] {
    var entry = entry
    let stream = PLT_POSTINGS
    let length = Int(entry.postings_length)
    let head = min(length, 24)
    var end: UInt32 = 0
    let count = try pages.withRange(stream, segment.id, entry.postings, head) {
      plt_list_blocks($0, $1, &entry, &end)
    }
    guard count > 0, Int(end) <= length else { throw SegmentPages.damage }
    return try pages.withRange(stream, segment.id, entry.postings, Int(end)) { bytes, size in
      try [plt_block](unsafeUninitializedCapacity: Int(count)) { out, filled in
        guard plt_list_directory(bytes, size, &entry, out.baseAddress, count) != 0 else {
          throw SegmentPages.damage
        }
        filled = Int(count)
      }
    }
  }

  /// Decodes a block and gives its documents, counted from the segment's first, and impacts.
  func withBlock<R>(
    _ index: Int,
    _ body: (UnsafeBufferPointer<UInt32>, UnsafeBufferPointer<UInt8>) throws -> R
  ) throws -> R {
    if decoded != index {
      decoded = -1
      var block = blocks[index]
      let offset = entry.postings + UInt64(block.offset)
      let count = try pages.withRange(
        PLT_POSTINGS, segment.id, offset, Int(block.length)
      ) { plt_block_decode(&block, $0, $1, &documents, &impacts) }
      guard count == UInt32(block.count) else { throw SegmentPages.damage }
      decoded = index
    }
    let count = Int(blocks[index].count)
    return try documents.withUnsafeBufferPointer { documents in
      try impacts.withUnsafeBufferPointer { impacts in
        try body(
          UnsafeBufferPointer(rebasing: documents[..<count]),
          UnsafeBufferPointer(rebasing: impacts[..<count]))
      }
    }
  }

  /// All postings with their scores.
  func all() throws -> DocumentSet {
    var out = DocumentSet()
    out.documents.reserveCapacity(Int(entry.documents))
    out.scores.reserveCapacity(Int(entry.documents))
    for index in blocks.indices {
      try withBlock(index) { documents, impacts in
        out.documents.append(contentsOf: documents)
        for impact in impacts { out.scores.append(weight * Float(impact)) }
      }
    }
    return out
  }

  /// Adds the scores of the candidates that are in the list; blocks without any are not read.
  func add(to scores: inout [Float], candidates: [UInt32]) throws -> Int {
    var from = 0
    var read = 0
    var index = 0
    while from < candidates.count, index < blocks.count {
      if blocks[index].last < candidates[from] {
        index = firstBlock(reaching: candidates[from], from: index + 1)
        continue
      }
      if candidates[from] < blocks[index].first {
        from = PostingsList.first(in: candidates, atLeast: blocks[index].first, from: from)
        continue
      }
      from = try withBlock(index) { documents, impacts in
        Int(
          plt_block_intersect(
            documents.baseAddress, impacts.baseAddress, UInt32(documents.count), candidates,
            UInt32(from), UInt32(candidates.count), weight, &scores))
      }
      read += Int(blocks[index].count)
      index += 1
    }
    return read
  }

  private func firstBlock(reaching document: UInt32, from: Int) -> Int {
    var low = from
    var high = blocks.count
    while low < high {
      let middle = (low + high) / 2
      if blocks[middle].last < document { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private static func first<Sorted: RandomAccessCollection>(
    in sorted: Sorted, atLeast value: UInt32, from: Int
  ) -> Int where Sorted.Element == UInt32, Sorted.Index == Int {
    var low = from
    var high = sorted.count
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Appends the term's positions in a document; documents must be asked for in order.
  func positions(in document: UInt32, into out: inout [UInt32]) throws {
    let block = firstBlock(reaching: document, from: max(0, positionBlock))
    guard block < blocks.count, blocks[block].first <= document else { return }
    let index = try withBlock(block) { documents, _ in
      PostingsList.first(in: documents, atLeast: document, from: 0)
    }
    guard index < Int(blocks[block].count),
      try withBlock(block, { documents, _ in documents[index] == document })
    else { return }
    if positionBlock != block {
      positionBytes = try pages.withRange(
        PLT_POSITIONS, segment.id, entry.positions + blocks[block].positions,
        Int(blocks[block].positions_length)
      ) { Array(UnsafeBufferPointer(start: $0, count: $1)) }
      positionBlock = block
      positionAt = 0
      positionOffset = 0
    }
    if scratch.isEmpty { scratch = Array(repeating: 0, count: PostingsList.positionLimit) }
    let count = plt_positions_read(
      positionBytes, positionBytes.count, UInt32(index), &positionAt, &positionOffset, &scratch,
      UInt32(PostingsList.positionLimit))
    out.append(contentsOf: scratch[..<Int(count)])
  }

  /// The most positions of a word read of one document.
  private static let positionLimit = 8192
}
