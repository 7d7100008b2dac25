/// Bytes that can be read at any place, as a ZIP file needs it.
protocol RandomAccess: AnyObject {
  /// The length in bytes.
  var byteCount: Int64 { get }
  /// What messages call it.
  var label: String { get }
  /// Reads at an offset.
  ///
  /// - Returns: how many bytes were read; 0 at the end, below 0 when they cannot be had.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int
}

extension FileSource: RandomAccess {
  var byteCount: Int64 { identity.byteCount }
}

/// Bytes in memory.
final class MemoryAccess: RandomAccess {
  private let bytes: [UInt8]
  let label: String

  init(_ bytes: [UInt8], label: String) {
    self.bytes = bytes
    self.label = label
  }

  var byteCount: Int64 { Int64(bytes.count) }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int {
    guard offset >= 0, offset < byteCount else { return 0 }
    let start = Int(offset)
    let count = min(buffer.count, bytes.count - start)
    bytes.withUnsafeBytes { all in
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: all[start..<start + count]))
    }
    return count
  }
}
