/// Bytes that are read once, from the first to the last.
public protocol ByteSource: AnyObject {
  /// Reads the next bytes.
  ///
  /// - Parameter buffer: Where they go; not empty.
  /// - Returns: how many were read; 0 only at the end.
  /// - Throws: ``SourceError`` when they cannot be had.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}
