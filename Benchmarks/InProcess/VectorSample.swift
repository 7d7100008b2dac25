import Glibc
import PolylogueSearch

/// Unit vectors to measure with.
struct VectorSample {
  let dimensions: Int
  let count: Int
  private let values: [Float]

  /// Numbers that are the same in every run (<https://prng.di.unimi.it/splitmix64.c>).
  struct Random {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
      return mixed ^ (mixed >> 31)
    }

    /// About normally distributed, by the sum of four numbers.
    mutating func normal() -> Float {
      let bits = next()
      var sum: Float = 0
      for part in 0..<4 { sum += Float((bits >> (16 * UInt64(part))) & 0xffff) }
      return (sum / 65536 - 2) * 1.732
    }
  }

  /// Vectors in clusters, as those of texts are: one cluster for every 250, all components of
  /// falling weight.
  init(count: Int, dimensions: Int) {
    var random = Random(state: 1)
    let weights = (0..<dimensions).map { powf(Float($0 + 4), -0.3) }
    let clusters = max(1, count / 250)
    let centres = (0..<clusters * dimensions).map { random.normal() * weights[$0 % dimensions] }
    var values = [Float](repeating: 0, count: count * dimensions)
    for number in 0..<count {
      let cluster = Int(random.next() % UInt64(clusters))
      var squares: Float = 0
      for place in 0..<dimensions {
        let value = centres[cluster * dimensions + place] + random.normal() * weights[place]
        values[number * dimensions + place] = value
        squares += value * value
      }
      let length = squares.squareRoot()
      for place in 0..<dimensions { values[number * dimensions + place] /= length }
    }
    (self.count, self.dimensions, self.values) = (count, dimensions, values)
  }

  /// The first vectors of a file.
  init(file: String, dimensions: Int, limit: Int) throws {
    let descriptor = open(file, O_RDONLY)
    guard descriptor >= 0 else { throw Failure(description: "cannot open \(file)") }
    defer { close(descriptor) }
    let count = min(limit, Int(lseek(descriptor, 0, SEEK_END)) / (4 * dimensions))
    guard count >= 100 else { throw Failure(description: "\(file) holds too few vectors") }
    var done = 0
    values = [Float](unsafeUninitializedCapacity: count * dimensions) { buffer, written in
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      while done < bytes.count {
        let read = pread(
          descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(done))
        guard read > 0 else { break }
        done += read
      }
      written = done / 4
    }
    guard done == count * dimensions * 4 else {
      throw Failure(description: "cannot read \(file)")
    }
    (self.count, self.dimensions) = (count, dimensions)
  }

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  subscript(number: Int) -> [Float] {
    Array(values[number * dimensions..<(number + 1) * dimensions])
  }

  /// Stands for the hash of the text of a vector.
  static func hash(_ number: Int) -> TextHash {
    var random = Random(state: UInt64(number))
    let halves = [random.next(), random.next()]
    return TextHash(
      halves.flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> ($0 * 8)) } })
  }

  /// The inner products of one vector with the first of all.
  func products(with number: Int, below limit: Int) -> [Float] {
    let query = self[number]
    return values.withUnsafeBufferPointer { values in
      (0..<limit).map { other in
        var sum = SIMD8<Float>()
        var place = 0
        while place + 8 <= dimensions {
          var (left, right) = (SIMD8<Float>(), SIMD8<Float>())
          for lane in 0..<8 {
            left[lane] = query[place + lane]
            right[lane] = values[other * dimensions + place + lane]
          }
          sum += left * right
          place += 8
        }
        var rest = sum.sum()
        for last in place..<dimensions { rest += query[last] * values[other * dimensions + last] }
        return rest
      }
    }
  }
}
