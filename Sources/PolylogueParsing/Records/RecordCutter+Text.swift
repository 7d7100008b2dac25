extension RecordCutter {
  /// The whole input as one record; what is longer than may be comes in parts, which are not parsed.
  func nextText() -> Piece? {
    let isWhole = buffer.offset == 0
    while isWhole, buffer.count <= limits.recordByteCount, buffer.fill() {}
    if buffer.count == 0, !isWhole { _ = buffer.fill() }
    guard buffer.count > 0 else { return nil }
    if isWhole, buffer.count <= limits.recordByteCount {
      return deliver(separator: 0, count: buffer.count, .record)
    }
    return deliver(
      separator: 0, count: min(buffer.count, RecordCutter.chunkByteCount), .oversized)
  }
}
