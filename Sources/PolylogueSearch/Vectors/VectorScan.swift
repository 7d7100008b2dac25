internal import CPolylogueVectors
import PolylogueSQL

/// The first two looks at all vectors: by the number of differing signs, then of what was nearest by
/// the query's own components.
enum VectorScan {
  /// Segments between two looks at whether the query is to end: some 0.3 ms.
  private static let segmentsBetweenLooks = 256

  /// A vector that may be among the nearest.
  struct Candidate {
    var slot: Int
    var use: UInt64
    var estimate: Int32
  }

  /// The slots whose vectors are probably nearest, in ascending order.
  ///
  /// - Parameters:
  ///   - allowed: The messages that may be found; nil for all.
  ///   - effort: How many vectors each look leaves.
  ///   - check: Throws when the query is to end.
  static func candidates(
    for query: VectorQuery, in segments: [VectorSegment], among allowed: MessageSet?,
    effort: VectorEffort, check: () throws -> Void
  ) throws -> [Candidate] {
    let found = try nearestBySigns(query, segments, allowed, effort.scanned, check)
    guard found.count > effort.rescored else { return found }
    var sums = [Int32](repeating: 0, count: query.layout.words * 8 * 256)
    plv_sums(query.code, query.code.count, &sums)
    var estimated = found
    for place in estimated.indices {
      let (segment, offset) = estimated[place].slot.quotientAndRemainder(
        dividingBy: VectorSchema.slotsOfSegment)
      estimated[place].estimate = plv_estimate(
        sums, segments[segment].signs + offset * query.layout.words, query.layout.words)
    }
    estimated.sort { ($1.estimate, $0.slot) < ($0.estimate, $1.slot) }
    estimated.removeLast(estimated.count - effort.rescored)
    return estimated.sorted { $0.slot < $1.slot }
  }

  private static func nearestBySigns(
    _ query: VectorQuery, _ segments: [VectorSegment], _ allowed: MessageSet?, _ limit: Int,
    _ check: () throws -> Void
  ) throws -> [Candidate] {
    try withMessages(allowed) { messages in
      guard
        let scan = plv_scan_new(
          query.level.rawValue, query.signs, query.layout.words, limit, messages)
      else { throw VectorIndexError(.invalidArgument, "out of memory") }
      defer { plv_scan_free(scan) }
      for (number, segment) in segments.enumerated() {
        if number.isMultiple(of: segmentsBetweenLooks) { try check() }
        plv_scan_run(
          scan, segment.signs, segment.uses, VectorSchema.slotsOfSegment,
          UInt32(number * VectorSchema.slotsOfSegment))
      }
      var count = 0
      guard let found = plv_scan_found(scan, &count) else { return [] }
      return UnsafeBufferPointer(start: found, count: count).map { candidate in
        let (segment, offset) = Int(candidate.slot).quotientAndRemainder(
          dividingBy: VectorSchema.slotsOfSegment)
        return Candidate(
          slot: Int(candidate.slot), use: segments[segment].uses[offset], estimate: 0)
      }
    }
  }

  /// The slots of messages, with the use that is made of each, in ascending order.
  static func slots(
    of messages: MessageSet, in segments: [VectorSegment]
  ) -> [(slot: Int, use: UInt64)] {
    withMessages(messages) { allowed in
      var allowed = allowed
      var found = [UInt32](repeating: 0, count: VectorSchema.slotsOfSegment)
      var slots: [(slot: Int, use: UInt64)] = []
      for (number, segment) in segments.enumerated() {
        let count = plv_find(segment.uses, VectorSchema.slotsOfSegment, &allowed, &found)
        for place in found.prefix(count) {
          slots.append(
            (number * VectorSchema.slotsOfSegment + Int(place), segment.uses[Int(place)]))
        }
      }
      return slots
    }
  }

  private static func withMessages<R>(
    _ set: MessageSet?, _ body: (plv_messages) throws -> R
  ) rethrows -> R {
    guard let set else { return try body(plv_messages(words: nil, first: 0, word_count: 0)) }
    // An empty array has no address, and would allow all.
    let words = set.words.isEmpty ? [0] : set.words
    return try words.withUnsafeBufferPointer {
      try body(
        plv_messages(words: $0.baseAddress, first: set.first, word_count: UInt64($0.count)))
    }
  }
}

/// How many vectors a search looks at more closely.
public struct VectorEffort: Sendable, Equatable {
  /// Those whose signs differ least, compared with the query's components.
  public var scanned: Int
  /// Those of them whose codes are read and compared.
  public var rescored: Int

  /// States an effort; both at least 1.
  public init(scanned: Int, rescored: Int) {
    self.scanned = max(1, scanned)
    self.rescored = max(1, rescored)
  }

  /// What a search takes unless it is told otherwise; see docs/performance.md for what it finds.
  public static let standard = VectorEffort(scanned: 1000, rescored: 200)
}
