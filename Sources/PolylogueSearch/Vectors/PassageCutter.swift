/// Cuts a text into passages that a model of embeddings reads whole, at natural seams.
///
/// A passage ends before a heading, at a blank line, at a line, at a sentence or at a space, whichever
/// is the strongest seam that leaves it at least half full; never inside a character. Before a fenced
/// block of code a quarter will do, so that the block stays whole where it fits; within one, lines are
/// weak seams. Passages do not overlap.
public struct PassageCutter: Sendable {
  /// The tokens of a passage, as ``PassageCutter`` estimates them: models read 256, and an estimate
  /// may be wrong by a fifth.
  public static let tokens = 200

  /// The tokens of a passage.
  let limit: Int

  /// Cuts into passages of at most so many estimated tokens.
  ///
  /// - Parameter limit: At least 8.
  public init(limit: Int = PassageCutter.tokens) {
    self.limit = max(8, limit)
  }

  /// The passages of a text, in order, without the white space around them.
  ///
  /// - Parameters:
  ///   - text: Any text.
  ///   - count: The most passages; what follows is left out.
  /// - Complexity: O(bytes of the passages).
  public func passages(of text: String, atMost count: Int) -> [String] {
    var text = text
    return text.withUTF8 { bytes in
      var found: [String] = []
      var start = 0
      var isInFence = false
      while start < bytes.count, found.count < count {
        let (end, endsInFence) = end(of: bytes, from: start, isInFence)
        let range = PassageCutter.trimmed(bytes, start..<end)
        if !range.isEmpty {
          found.append(String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self))
        }
        (start, isInFence) = (end, endsInFence)
      }
      return found
    }
  }

  /// Where the passage that begins here ends, and whether that is inside a fenced block.
  private func end(
    of bytes: UnsafeBufferPointer<UInt8>, from start: Int, _ isInFence: Bool
  ) -> (Int, Bool) {
    var scan = PassageScan(bytes: bytes, place: start, isInFence: isInFence)
    var seams = [(place: Int, isInFence: Bool)](
      repeating: (start, false), count: PassageScan.Seam.allCases.count)
    while scan.place < bytes.count {
      let place = scan.place
      if let seam = scan.seam, place > start {
        // Any seam will do where there is no better one; a strong one only in the second half. These
        // are half tokens.
        let least = seam == .space ? 0 : scan.beginsFence ? limit / 2 : limit
        if scan.halfTokens >= least {
          seams[seam.rawValue] = (place, scan.isInFence)
        }
      }
      scan.advance()
      guard scan.halfTokens <= 2 * limit else {
        return seams.last { $0.place > start } ?? (max(place, start + 1), scan.isInFence)
      }
    }
    return (bytes.count, false)
  }

  private static func trimmed(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
  ) -> Range<Int> {
    var (first, last) = (range.lowerBound, range.upperBound)
    while first < last, PassageScan.isSpace(bytes[first]) { first += 1 }
    while last > first, PassageScan.isSpace(bytes[last - 1]) { last -= 1 }
    return first..<last
  }
}
