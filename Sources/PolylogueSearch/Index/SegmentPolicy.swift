/// Which segments are joined: neighbours of about the same size, eight at a time.
package struct SegmentPolicy {
  /// The largest segment, in documents, that is made while there are few. Those of a bulk import are
  /// left as they are: joining them rewrites them, at a thirtieth of the import's cost, and leaves
  /// as much of the file free.
  package var largestOfFew: UInt32 = 1 << 16
  /// How many segments are few: a query looks at each, and reads a page or more of each for a word.
  package var few = 24
  /// The largest segment that is made at all, in documents. A query with dates reads no more than
  /// its own part of a segment but for the lists' directories, which this keeps small.
  package var largest: UInt32 = 1 << 19

  /// Segments of one size that are joined at once.
  private static let fanOut = 8
  /// Segments below this size count as equally small.
  private static let small: UInt32 = 1024

  /// The usual policy.
  package init() {}

  /// The run of segments to be joined next, if any.
  func run(in segments: [SegmentRecord], largest: UInt32) -> Range<Int>? {
    var end = segments.count
    // From the newest back: those are the smallest.
    while end > 1 {
      let level = SegmentPolicy.level(of: segments[end - 1].documents)
      var start = end
      var total: UInt32 = 0
      while start > 0, SegmentPolicy.level(of: segments[start - 1].documents) <= level,
        total + segments[start - 1].documents <= largest
      {
        start -= 1
        total += segments[start].documents
      }
      if end - start >= (level == 0 ? SegmentPolicy.fanOut / 2 : SegmentPolicy.fanOut) {
        return start..<end
      }
      end -= 1
    }
    return nil
  }

  private static func level(of documents: UInt32) -> Int {
    var level = 0
    var size = documents / small
    while size > 0 {
      level += 1
      size /= UInt32(fanOut)
    }
    return level
  }
}
