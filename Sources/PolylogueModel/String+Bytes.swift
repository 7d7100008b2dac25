import Glibc

extension String {
  /// Whether two strings are the same bytes of UTF-8.
  ///
  /// Swift's `==` also holds for strings that differ in Unicode normalisation, which ids must not.
  public func hasSameBytes(as other: String) -> Bool {
    let size = utf8.count
    guard size == other.utf8.count else { return false }
    let isEqual = utf8.withContiguousStorageIfAvailable { mine in
      other.utf8.withContiguousStorageIfAvailable { theirs in
        guard let left = mine.baseAddress, let right = theirs.baseAddress else { return true }
        return memcmp(left, right, size) == 0
      }
    }
    return (isEqual ?? nil) ?? utf8.elementsEqual(other.utf8)
  }
}
