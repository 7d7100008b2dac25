import CPolylogueJSON

/// A parsed text with its tape; owns the memory that its values look into.
///
/// Unchanged while any value of it is held: the reader fills it anew only when it is the last one
/// to hold it.
final class JSONDocument {
  /// Allocated once, so that values read it without exclusivity checks.
  let raw: UnsafeMutablePointer<polylogue_json_document>

  init() {
    raw = .allocate(capacity: 1)
    raw.initialize(to: polylogue_json_document())
  }

  deinit {
    polylogue_json_release(raw)
    raw.deallocate()
  }

  func node(_ index: UInt32) -> polylogue_json_node {
    raw.pointee.nodes[Int(index)]
  }

  /// The bytes of a scalar as written, without quotes.
  func span(_ node: polylogue_json_node) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: raw.pointee.bytes + Int(node.offset), count: Int(node.length))
  }

  /// The text of a string node, valid whatever the bytes were.
  func text(_ index: UInt32) -> String {
    let node = node(index)
    let flags = Int(node.flags)
    if flags & (polylogue_json_escaped | polylogue_json_damaged) == 0 {
      return String(decoding: span(node), as: UTF8.self)
    }
    // Only what has to be repaired can become longer, so only that is measured first.
    let capacity =
      flags & polylogue_json_damaged == 0
      ? Int(node.length) : polylogue_json_unescape(raw, index, nil)
    return String(unsafeUninitializedCapacity: capacity) {
      $0.baseAddress.map { polylogue_json_unescape(raw, index, $0) } ?? 0
    }
  }

  /// A value as valid JSON.
  func json(_ index: UInt32) -> String {
    let capacity = polylogue_json_write(raw, index, nil)
    return String(unsafeUninitializedCapacity: capacity) {
      $0.baseAddress.map { polylogue_json_write(raw, index, $0) } ?? 0
    }
  }

  /// The index of the value of the first member with this key.
  func find(_ object: UInt32, _ key: UnsafePointer<UInt8>, _ count: Int) -> UInt32? {
    guard Int(node(object).type) == polylogue_json_object else { return nil }
    let index = polylogue_json_find(raw, object, key, count)
    return index == 0 ? nil : index
  }
}
