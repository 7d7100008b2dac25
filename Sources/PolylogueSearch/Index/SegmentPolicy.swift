/// Which segments are joined: neighbours of about the same size, eight at a time.
enum SegmentPolicy {
  /// Segments of one size that are joined at once.
  static let fanOut = 8
  /// Segments below this size count as equally small.
  static let small: UInt32 = 1024
  /// The largest segment that a commit makes. Segments of a bulk import are left as they are: to
  /// join them at once would write them twice and leave half the file free.
  static let largestOnCommit: UInt32 = 1 << 16
  /// The largest segment made in idle times.
  static let largest: UInt32 = 1 << 21

  /// The run of segments to be joined next, if any.
  static func run(in segments: [SegmentRecord], largest: UInt32) -> Range<Int>? {
    var end = segments.count
    // From the newest back: those are the smallest.
    while end > 1 {
      let level = level(of: segments[end - 1].documents)
      var start = end
      var total: UInt32 = 0
      while start > 0, self.level(of: segments[start - 1].documents) <= level,
        total + segments[start - 1].documents <= largest
      {
        start -= 1
        total += segments[start].documents
      }
      if end - start >= (level == 0 ? fanOut / 2 : fanOut) { return start..<end }
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
