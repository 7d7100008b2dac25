/// Bytes in memory as a source.
public final class MemorySource: ByteSource {
  private let bytes: [UInt8]
  private var position = 0
  private let stride: Int

  /// A source of these bytes.
  ///
  /// - Parameter stride: The most bytes handed out at once; small strides show whether a reader
  ///   copes with values cut anywhere.
  public init(_ bytes: [UInt8], stride: Int = .max) {
    self.bytes = bytes
    self.stride = max(1, stride)
  }

  /// Reads the next bytes.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = min(buffer.count, bytes.count - position, stride)
    guard count > 0 else { return 0 }
    bytes.withUnsafeBytes { all in
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: all[position..<position + count]))
    }
    position += count
    return count
  }
}
