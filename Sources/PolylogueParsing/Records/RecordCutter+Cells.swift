import Glibc

/// Cutting an HTML page of activity into its cells.
extension RecordCutter {
  /// What each cell begins with.
  static let cellMark = Array("<div class=\"outer-cell".utf8)

  /// The next cell, or what stands before the first one.
  ///
  /// - Complexity: O(bytes): each is searched once.
  func nextCell() -> Piece? {
    while true {
      let from = max(scanned, cellKind == .record ? 1 : 0)
      if let place = RecordCutter.cellMark(in: buffer.bytes, from: from) {
        defer { (isInCell, isCellTooLong) = (true, false) }
        guard place > 0 else { continue }
        if isInCell, place > limits.recordByteCount { isCellTooLong = true }
        return deliver(separator: isInCell ? 0 : place, count: isInCell ? place : 0, cellKind)
      }
      scanned = max(from, buffer.count - RecordCutter.cellMark.count + 1)
      let limit = cellKind == .record ? limits.recordByteCount : RecordCutter.chunkByteCount
      if scanned > limit {
        // The rest of a cell that is too long follows in parts.
        isCellTooLong = isInCell
        return deliverPart(min(scanned, RecordCutter.chunkByteCount))
      }
      if !buffer.fill() {
        guard buffer.count > 0 else { return nil }
        scanned = buffer.count
        let isRecord = cellKind == .record
        return deliverPart(
          isRecord ? buffer.count : min(buffer.count, RecordCutter.chunkByteCount))
      }
    }
  }

  private var cellKind: Piece.Kind { isCellTooLong ? .oversized : isInCell ? .record : .tail }

  private func deliverPart(_ count: Int) -> Piece {
    deliver(separator: isInCell ? 0 : count, count: isInCell ? count : 0, cellKind)
  }

  /// Where a cell begins.
  static func cellMark(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard let base = bytes.baseAddress else { return nil }
    return cellMark.withUnsafeBytes { mark -> Int? in
      guard let wanted = mark.baseAddress else { return nil }
      var place = start
      while place + mark.count <= bytes.count,
        let hit = memchr(base + place, Int32(mark[0]), bytes.count - place - mark.count + 1)
      {
        if memcmp(hit, wanted, mark.count) == 0 { return UnsafeRawPointer(hit) - base }
        place = UnsafeRawPointer(hit) - base + 1
      }
      return nil
    }
  }
}
