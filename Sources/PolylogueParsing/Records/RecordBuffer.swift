import Glibc

/// The window of an input that is being looked at: one buffer that is filled at its end and emptied
/// at its start, and grows only when a record does not fit.
///
/// A failing source counts as ended until all that it gave has been taken; then it is asked for
/// ``error``.
final class RecordBuffer {
  /// The bytes read at once.
  static let stride = 1 << 20

  private let source: any ByteSource
  /// From `malloc`, so that `realloc` can move a large buffer without copying it.
  private var memory = UnsafeMutableRawBufferPointer(
    start: malloc(2 * RecordBuffer.stride), count: 2 * RecordBuffer.stride)
  private var start = 0
  private var end = 0

  /// The place of the first byte in the input.
  private(set) var offset: Int64 = 0
  /// Whether the source has no more.
  private(set) var isAtEnd = false
  /// Why the source ended, if it failed.
  private(set) var error: (any Error)?

  init(source: any ByteSource) {
    self.source = source
  }

  deinit {
    free(memory.baseAddress)
  }

  /// The bytes that were read and not yet consumed. Valid until more are read.
  var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: memory[start..<end])
  }

  var count: Int { end - start }

  /// Forgets the first bytes.
  func consume(_ count: Int) {
    start += count
    offset += Int64(count)
  }

  /// Reads more bytes behind those that are there.
  ///
  /// - Returns: false at the end.
  func fill() -> Bool {
    guard !isAtEnd else { return false }
    guard makeRoom(), memory.baseAddress != nil else {
      error = SourceError(
        code: .inputOutput, message: "there is no memory for a record of \(count) bytes")
      isAtEnd = true
      return false
    }
    let room = min(memory.count - end, RecordBuffer.stride)
    do {
      let read = try source.read(
        into: UnsafeMutableRawBufferPointer(rebasing: memory[end..<end + room]))
      // A source that claims more than there was room for must not lead outside the buffer.
      end += max(0, min(read, room))
      isAtEnd = read <= 0
    } catch {
      self.error = error
      isAtEnd = true
    }
    return !isAtEnd
  }

  /// - Returns: false when there is no memory.
  private func makeRoom() -> Bool {
    if start == end {
      start = 0
      end = 0
    }
    guard memory.count - end < RecordBuffer.stride / 2 else { return true }
    if count <= memory.count / 2 {
      memory.copyMemory(from: bytes)
      end -= start
      start = 0
      return true
    }
    let byteCount = memory.count * 2
    guard let larger = realloc(memory.baseAddress, byteCount) else { return false }
    memory = UnsafeMutableRawBufferPointer(start: larger, count: byteCount)
    return true
  }
}
