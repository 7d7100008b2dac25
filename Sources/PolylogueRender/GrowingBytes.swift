import Glibc

/// Bytes that a document is put together of, in pieces that are mostly small: an array checks its
/// room and its owner for each of them, which costs more than copying it.
struct GrowingBytes: ~Copyable {
  private var start: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private(set) var count = 0

  /// No bytes, and room for some.
  init(capacity: Int) {
    self.capacity = max(capacity, 64)
    start = UnsafeMutablePointer.allocate(capacity: self.capacity)
  }

  deinit { start.deallocate() }

  /// A copy of all bytes.
  var array: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { room, filled in
      if let base = room.baseAddress { memcpy(base, start, count) }
      filled = count
    }
  }

  @inline(__always)
  mutating func append(_ byte: UInt8) {
    if count == capacity { grow(by: 1) }
    start[count] = byte
    count &+= 1
  }

  @inline(__always)
  mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let base = bytes.baseAddress else { return }
    if capacity &- count < bytes.count { grow(by: bytes.count) }
    memcpy(start + count, base, bytes.count)
    count &+= bytes.count
  }

  @inline(__always)
  mutating func append(_ text: StaticString) {
    append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Bytes that stand here already, again.
  mutating func append(again range: Range<Int>) {
    precondition(range.upperBound <= count)
    if capacity &- count < range.count { grow(by: range.count) }
    memcpy(start + count, start + range.lowerBound, range.count)
    count &+= range.count
  }

  @inline(never)
  private mutating func grow(by more: Int) {
    let larger = max(capacity * 2, count + more)
    let room = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    memcpy(room, start, count)
    start.deallocate()
    start = room
    capacity = larger
  }
}
