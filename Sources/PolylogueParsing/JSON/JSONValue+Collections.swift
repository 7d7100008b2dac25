import CPolylogueJSON

extension JSONValue {
  /// The elements of an array in order; empty for anything else.
  public var elements: Elements {
    Elements(container: self, count: type == polylogue_json_array ? count : 0)
  }

  /// The members of an object in order, those with equal keys and those that are null included;
  /// empty for anything else.
  public var members: Members {
    Members(container: self, count: type == polylogue_json_object ? count : 0)
  }

  /// Visits the members of an object in order, without making strings of the keys.
  public func forEachMember(_ body: (JSONKey, JSONValue) throws -> Void) rethrows {
    guard type == polylogue_json_object else { return }
    var key = index &+ 1
    for _ in 0..<node.length {
      let value = JSONValue(document: document, index: key &+ 1)
      let next = value.node.next
      try body(JSONKey(document: document, index: key), value)
      key = next
    }
  }

  /// The elements of an array.
  public struct Elements: Sequence, IteratorProtocol {
    private let document: JSONDocument
    private var next_: UInt32
    private var left: Int

    fileprivate init(container: JSONValue, count: Int) {
      document = container.document
      next_ = container.index &+ 1
      left = count
    }

    /// The next element; nil at the end.
    public mutating func next() -> JSONValue? {
      guard left > 0 else { return nil }
      left -= 1
      let value = JSONValue(document: document, index: next_)
      next_ = value.node.next
      return value
    }

    /// The number of elements left.
    public var underestimatedCount: Int { left }
  }

  /// The members of an object.
  public struct Members: Sequence, IteratorProtocol {
    private let document: JSONDocument
    private var next_: UInt32
    private var left: Int

    fileprivate init(container: JSONValue, count: Int) {
      document = container.document
      next_ = container.index &+ 1
      left = count
    }

    /// The next member; nil at the end.
    public mutating func next() -> (key: String, value: JSONValue)? {
      guard left > 0 else { return nil }
      left -= 1
      let key = next_
      let value = JSONValue(document: document, index: key &+ 1)
      next_ = value.node.next
      return (document.text(key), value)
    }

    /// The number of members left.
    public var underestimatedCount: Int { left }
  }
}

/// The key of a member, looked at where it stands.
public struct JSONKey {
  let document: JSONDocument
  let index: UInt32

  /// The key as a string.
  public var string: String { document.text(index) }

  /// Whether the key has exactly these bytes once unescaped.
  public static func == (key: JSONKey, text: StaticString) -> Bool {
    guard text.hasPointerRepresentation else {
      return key.string.utf8.elementsEqual("\(text)".utf8)
    }
    // Most comparisons fail; the length of a plain key tells without a call.
    let node = key.document.node(key.index)
    let isPlain = Int(node.flags) & (polylogue_json_escaped | polylogue_json_damaged) == 0
    if isPlain, Int(node.length) != text.utf8CodeUnitCount { return false }
    return polylogue_json_equals(
      key.document.raw, key.index, text.utf8Start, text.utf8CodeUnitCount)
  }

  /// Lets a `switch` over a key use literals.
  public static func ~= (text: StaticString, key: JSONKey) -> Bool { key == text }
}
