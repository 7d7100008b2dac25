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
  private let page: TextIndexPage
  /// Where each column begins.
  private let starts: SIMD8<UInt32>

  /// Reads the stored form; nil when it is damaged.
  init?(_ page: TextIndexPage) {
    guard page.count >= DocumentChunk.headerLength else { return nil }
    // A count that is too great is found below; until then nothing is read by these places.
    self.init(checked: page)
    var length = DocumentChunk.headerLength
    for column in DocumentColumn.allCases {
      guard [0, 1, 2, 4, 8].contains(width(column)) else { return nil }
      length += width(column) * count
    }
    guard length <= page.count, count <= DocumentChunk.capacity else { return nil }
  }

  /// Reads the stored form; nil when it is damaged.
  init?(_ bytes: [UInt8]) {
    self.init(bytes.withUnsafeBytes { TextIndexPage($0) })
  }

  /// A page that was read as a chunk before.
  init(checked page: TextIndexPage) {
    self.page = page
    count = Int(page.start[0]) | Int(page.start[1]) << 8
    var starts = SIMD8<UInt32>()
    var place = DocumentChunk.headerLength
    for column in 0..<DocumentColumn.allCases.count {
      starts[column] = UInt32(place)
      place += Int(page.start[2 + column * 9 + 8]) * count
    }
    self.starts = starts
  }

  private func width(_ column: DocumentColumn) -> Int {
    Int(page.start[2 + column.rawValue * 9 + 8])
  }

  private func base(_ column: DocumentColumn) -> Int64 {
    Int64(bitPattern: load(2 + column.rawValue * 9, 8))
  }

  private func load(_ at: Int, _ width: Int) -> UInt64 {
    let from = UnsafeRawPointer(page.start) + at
    return switch width {
    case 0: 0
    case 1: UInt64(page.start[at])
    case 2: UInt64(UInt16(littleEndian: from.loadUnaligned(as: UInt16.self)))
    case 4: UInt64(UInt32(littleEndian: from.loadUnaligned(as: UInt32.self)))
    default: UInt64(littleEndian: from.loadUnaligned(as: UInt64.self))
    }
  }

  /// A value; `index` below ``count``.
  func value(_ column: DocumentColumn, _ index: Int) -> Int64 {
    let width = width(column)
    if width == 0 { return base(column) }
    let start = Int(starts[column.rawValue])
    return base(column) &+ Int64(bitPattern: load(start + index * width, width))
  }

  /// Whether a document is a conversation's title; `index` below ``count``.
  func isTitle(_ index: Int) -> Bool {
    DocumentFlags(rawValue: UInt8(truncatingIfNeeded: value(.flags, index))).contains(.isTitle)
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
