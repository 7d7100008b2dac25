/// The columns kept for each document.
enum DocumentColumn: Int, CaseIterable {
  case conversation, message, time, position, flags, speaker, provider, model
}

/// The columns of up to 1,024 documents, each stored as a base and differences of 0, 1, 2, 4 or 8
/// bytes, so that any value is read without decoding the rest.
///
/// Layout: the count (2 bytes), then for each column its base (8) and width (1), then the columns.
struct DocumentChunk {
  static let capacity = 1024
  private static let headerLength = 2 + DocumentColumn.allCases.count * 9

  let count: Int
  private let bytes: [UInt8]
  private var bases: [Int64] = []
  private var widths: [Int] = []
  private var offsets: [Int] = []

  /// Reads the stored form; nil when it is damaged.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= DocumentChunk.headerLength else { return nil }
    self.bytes = bytes
    count = Int(bytes[0]) | Int(bytes[1]) << 8
    var offset = DocumentChunk.headerLength
    for column in DocumentColumn.allCases {
      let at = 2 + column.rawValue * 9
      bases.append(Int64(bitPattern: DocumentChunk.load(bytes, at, 8)))
      let width = Int(bytes[at + 8])
      guard [0, 1, 2, 4, 8].contains(width) else { return nil }
      widths.append(width)
      offsets.append(offset)
      offset += width * count
    }
    guard offset <= bytes.count, count <= DocumentChunk.capacity else { return nil }
  }

  private static func load(_ bytes: [UInt8], _ at: Int, _ width: Int) -> UInt64 {
    bytes.withUnsafeBytes { raw in
      switch width {
      case 0: 0
      case 1: UInt64(raw[at])
      case 2: UInt64(UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt16.self)))
      case 4: UInt64(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
      default: UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt64.self))
      }
    }
  }

  /// A value; `index` below ``count``.
  func value(_ column: DocumentColumn, _ index: Int) -> Int64 {
    let c = column.rawValue
    let width = widths[c]
    if width == 0 { return bases[c] }
    return bases[c]
      &+ Int64(bitPattern: DocumentChunk.load(bytes, offsets[c] + index * width, width))
  }

  /// The value of a column in which all documents agree.
  func constant(_ column: DocumentColumn) -> Int64? {
    widths[column.rawValue] == 0 ? bases[column.rawValue] : nil
  }

  /// The stored form of columns of equal length, in the order of ``DocumentColumn``.
  static func encode(_ columns: [[Int64]]) -> [UInt8] {
    let count = columns[0].count
    var out: [UInt8] = [UInt8(count & 255), UInt8(count >> 8)]
    var widths: [Int] = []
    for column in columns {
      let base = column.min() ?? 0
      let range = UInt64(bitPattern: (column.max() ?? 0) &- base)
      let width =
        range == 0 ? 0 : range < 256 ? 1 : range < 65536 ? 2 : range <= UInt64(UInt32.max) ? 4 : 8
      append(UInt64(bitPattern: base), 8, to: &out)
      out.append(UInt8(width))
      widths.append(width)
    }
    for (column, width) in zip(columns, widths) where width > 0 {
      let base = column.min() ?? 0
      for value in column { append(UInt64(bitPattern: value &- base), width, to: &out) }
    }
    return out
  }

  private static func append(_ value: UInt64, _ width: Int, to out: inout [UInt8]) {
    var value = value
    for _ in 0..<width {
      out.append(UInt8(truncatingIfNeeded: value))
      value >>= 8
    }
  }
}
