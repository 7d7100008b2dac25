/// The words and word pieces that a model knows, each with its number, found by the longest that
/// begins a run of bytes.
struct Vocabulary {
  /// Where pieces that begin a word start.
  static let wordRoot: UInt32 = 0
  /// Where pieces that go on with a word start: those written `##…`.
  static let continuationRoot: UInt32 = 1

  /// The number of entries.
  let count: Int
  /// A tree over the bytes of the pieces. An edge is looked up by node and byte in an open hash
  /// table, which holds `node << 8 | byte + 1` beside the node that it leads to.
  private var edges: [UInt64]
  private let mask: Int
  /// The piece that ends at a node, or -1.
  private var ends: [Int32] = [-1, -1]
  /// The numbers of the special pieces, which no text leads to.
  private var specials: [String: Int32] = [:]

  /// Reads a file of one piece a line; the first has the number 0.
  ///
  /// - Parameter bytes: The file. Specials are the lines in square brackets.
  init(_ bytes: [UInt8]) {
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    count = lines.count
    let room = max(16, bytes.count * 2).nextPowerOfTwo
    edges = [UInt64](repeating: 0, count: room)
    mask = room - 1
    for (number, line) in lines.enumerated() {
      let number = Int32(truncatingIfNeeded: number)
      if line.count > 2, line.first == 0x5B, line.last == 0x5D {
        // [CLS] and its like; a text is cut at its brackets, so that nothing leads here.
        specials[String(decoding: line, as: UTF8.self)] = number
      } else if line.starts(with: [0x23, 0x23]), line.count > 2 {
        insert(line.dropFirst(2), below: Vocabulary.continuationRoot, number)
      } else if !line.isEmpty {
        insert(line, below: Vocabulary.wordRoot, number)
      }
    }
  }

  /// The number of a special piece, such as `[CLS]`.
  func special(_ name: String) -> Int32? { specials[name] }

  /// The longest piece that a run of bytes begins with.
  ///
  /// - Parameters:
  ///   - bytes: The run.
  ///   - start: Where to begin in it.
  ///   - root: ``wordRoot`` or ``continuationRoot``.
  /// - Returns: The piece's number and where it ends; nil where none fits.
  @inline(__always)
  func longest(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, root: UInt32
  ) -> (number: Int32, end: Int)? {
    var node = root
    var found: (Int32, Int)?
    var position = start
    while position < bytes.count {
      node = next(node, bytes[position])
      if node == 0 { break }
      position += 1
      let number = ends[Int(node)]
      if number >= 0 { found = (number, position) }
    }
    return found
  }

  /// The node that a byte leads to; 0, which nothing leads to, where there is none.
  @inline(__always)
  private func next(_ node: UInt32, _ byte: UInt8) -> UInt32 {
    let key = node &<< 8 | UInt32(byte)
    var slot = Vocabulary.hash(key) & mask
    while true {
      let edge = edges[slot]
      if edge == 0 { return 0 }
      if UInt32(truncatingIfNeeded: edge &>> 32) == key { return UInt32(truncatingIfNeeded: edge) }
      slot = (slot &+ 1) & mask
    }
  }

  private mutating func insert(_ piece: some Collection<UInt8>, below root: UInt32, _ number: Int32)
  {
    var node = root
    for byte in piece {
      var target = next(node, byte)
      if target == 0 {
        target = UInt32(ends.count)
        ends.append(-1)
        let key = node &<< 8 | UInt32(byte)
        var slot = Vocabulary.hash(key) & mask
        while edges[slot] != 0 { slot = (slot &+ 1) & mask }
        edges[slot] = UInt64(key) &<< 32 | UInt64(target)
      }
      node = target
    }
    ends[Int(node)] = number
  }

  @inline(__always)
  private static func hash(_ key: UInt32) -> Int {
    Int(truncatingIfNeeded: (UInt64(key) &* 0x9E37_79B9_7F4A_7C15) &>> 36)
  }
}

extension Int {
  /// The least power of two that is not below it.
  fileprivate var nextPowerOfTwo: Int { 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}
