import Glibc

/// How well one question was answered, by the places of the answers in the result.
///
/// Measures are those of information retrieval with binary relevance; see Manning, Raghavan and
/// Schütze, *Introduction to Information Retrieval*, chapter 8.
public struct RankingMetrics: Sendable, Equatable {
  /// The places at which hits and recall are told.
  public static let depths = [1, 5, 10, 20]
  /// The place to which nDCG and the reciprocal rank look.
  public static let depth = 10

  /// For each of ``depths``, whether an answer is among the first so many: 0 or 1.
  public var hit: [Double]
  /// For each of ``depths``, the share of the answers that are among the first so many.
  public var recall: [Double]
  /// One over the place of the first answer, 0 where none is among the first ``depth``.
  public var reciprocalRank: Double
  /// The discounted cumulative gain among the first ``depth``, as a share of the best possible.
  public var nDCG: Double

  /// Measures a result.
  ///
  /// - Parameters:
  ///   - places: Where the answers stand in the result, from 0, each once.
  ///   - answers: How many answers there are, at least 1.
  public init(places: [Int], answers: Int) {
    let answers = max(1, answers, places.count)
    hit = RankingMetrics.depths.map { depth in places.contains { $0 < depth } ? 1 : 0 }
    recall = RankingMetrics.depths.map { depth in
      Double(places.count { $0 < depth }) / Double(answers)
    }
    let first = places.min() ?? .max
    reciprocalRank = first < RankingMetrics.depth ? 1 / Double(first + 1) : 0
    let best = (0..<min(answers, RankingMetrics.depth)).reduce(0) { $0 + Self.gain(at: $1) }
    nDCG =
      places.filter { $0 < RankingMetrics.depth }.reduce(0) { $0 + Self.gain(at: $1) } / best
  }

  private static func gain(at place: Int) -> Double { 1 / log2(Double(place) + 2) }
}

/// The mean of a measure over questions, and how far chance may have moved it.
public struct MeanEstimate: Sendable, Equatable {
  /// The mean.
  public var mean: Double
  /// The ends of the 95 % confidence interval.
  public var low: Double
  /// The upper end of it.
  public var high: Double

  /// How often questions are drawn anew.
  private static let draws = 1000

  /// Estimates by the percentile bootstrap (Efron and Tibshirani, *An Introduction to the
  /// Bootstrap*, chapter 13), over questions; repeatable, because it draws with a fixed seed.
  public init(_ values: [Double]) {
    guard !values.isEmpty else {
      (mean, low, high) = (0, 0, 0)
      return
    }
    mean = values.reduce(0, +) / Double(values.count)
    var random = SplitMix64(seed: 20_260_101)
    var means: [Double] = []
    for _ in 0..<MeanEstimate.draws {
      var sum = 0.0
      for _ in values.indices { sum += values[Int(random.next() % UInt64(values.count))] }
      means.append(sum / Double(values.count))
    }
    means.sort()
    low = means[MeanEstimate.draws * 25 / 1000]
    high = means[MeanEstimate.draws * 975 / 1000 - 1]
  }
}

/// A small random generator whose numbers are the same on every machine: Steele, Lea and Flood,
/// *Fast Splittable Pseudorandom Number Generators* (2014).
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// A generator whose sequence the seed decides.
  public init(seed: UInt64) { state = seed }

  /// The next number.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
