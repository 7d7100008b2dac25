import Glibc
import PolylogueModel

/// A provider's own id as a dictionary key: compared and hashed as bytes.
///
/// Swift's `==` on strings would merge two ids that differ only in Unicode normalisation.
struct ExactID: Hashable {
  let string: String

  init(_ string: String) {
    self.string = string
  }

  static func == (left: ExactID, right: ExactID) -> Bool {
    left.string.hasSameBytes(as: right.string)
  }

  /// Hashes with the process's random seed, so that a file cannot be made to collide.
  func hash(into hasher: inout Hasher) {
    let done: Void? = string.utf8.withContiguousStorageIfAvailable {
      hasher.combine(bytes: UnsafeRawBufferPointer($0))
    }
    if done == nil { for byte in string.utf8 { hasher.combine(byte) } }
  }
}

extension String {
  /// Whether some bytes occur in the text.
  ///
  /// - Parameter needle: At least one byte; short, since a hostile text makes this take its length
  ///   times the needle's.
  func containsBytes(_ needle: StaticString) -> Bool {
    let found: Bool? = utf8.withContiguousStorageIfAvailable { text in
      guard var place = text.baseAddress.map({ UnsafeRawPointer($0) }) else { return false }
      let size = needle.utf8CodeUnitCount
      let end = place + text.count
      let first = Int32(needle.utf8Start.pointee)
      while end - place >= size {
        guard let hit = memchr(place, first, end - place - size + 1) else { return false }
        if memcmp(hit, needle.utf8Start, size) == 0 { return true }
        place = UnsafeRawPointer(hit) + 1
      }
      return false
    }
    return found ?? false
  }
}
