import CPolylogueJSON
public import PolylogueModel

/// A value of a JSON text.
///
/// It looks into the text it came from and holds it in memory. Strings are made and numbers
/// converted when asked for, so what is not asked for costs nothing. Cheap to copy.
public struct JSONValue {
  /// What a value is.
  public enum Kind: Sendable {
    /// `null`, and what is read as null: `NaN` and infinities.
    case null
    /// `true` or `false`.
    case bool
    /// A number.
    case number
    /// A string.
    case string
    /// An array.
    case array
    /// An object.
    case object
  }

  let document: JSONDocument
  let index: UInt32

  init(document: JSONDocument, index: UInt32) {
    self.document = document
    self.index = index
  }

  var node: polylogue_json_node { document.node(index) }
  var type: Int { Int(node.type) }

  /// What the value is.
  public var kind: Kind {
    switch type {
    case polylogue_json_false, polylogue_json_true: .bool
    case polylogue_json_number: .number
    case polylogue_json_string: .string
    case polylogue_json_array: .array
    case polylogue_json_object: .object
    default: .null
    }
  }

  /// Whether it is null.
  public var isNull: Bool { type == polylogue_json_null }

  /// How many things in the whole text were read that RFC 8259 does not allow, or that are no text
  /// (lone surrogates).
  public var repairs: Int { Int(clamping: document.raw.pointee.repairs) }

  // MARK: - Scalars

  /// The text of a string, nil for anything else. What is no text in it has become U+FFFD.
  ///
  /// - Complexity: O(bytes): makes the string anew each time.
  public var string: String? {
    type == polylogue_json_string ? document.text(index) : nil
  }

  /// `true` or `false`, nil for anything else.
  public var bool: Bool? {
    switch type {
    case polylogue_json_false: false
    case polylogue_json_true: true
    default: nil
    }
  }

  /// A number that is a whole one and fits, however it is written (`1`, `1.0`, `1e3`); nil for
  /// anything else.
  public var int64: Int64? {
    let node = node
    guard Int(node.type) == polylogue_json_number else { return nil }
    return JSONValue.wholeNumber(document.span(node))
  }

  /// The double nearest to a number; nil for anything else and for numbers beyond the doubles.
  public var double: Double? {
    let node = node
    guard Int(node.type) == polylogue_json_number else { return nil }
    let span = document.span(node)
    guard let text = span.baseAddress else { return nil }
    let value = polylogue_json_double(text, span.count)
    return value.isFinite ? value : nil
  }

  /// A number as it is written; nil for anything else.
  public var numberText: String? {
    let node = node
    guard Int(node.type) == polylogue_json_number else { return nil }
    return String(decoding: document.span(node), as: UTF8.self)
  }

  private static func wholeNumber(_ span: UnsafeBufferPointer<UInt8>) -> Int64? {
    var value: Int64 = 0
    guard let text = span.baseAddress, polylogue_json_integer(text, span.count, &value) else {
      return nil
    }
    return value
  }

  // MARK: - Lenient forms

  /// A string, or a number or truth value as it is written; nil for null, arrays and objects.
  public var text: String? {
    switch type {
    case polylogue_json_string: document.text(index)
    case polylogue_json_number: numberText
    case polylogue_json_false: "false"
    case polylogue_json_true: "true"
    default: nil
    }
  }

  /// A whole number, or a string that holds nothing else; nil for anything else.
  public var integer: Int64? {
    let node = node
    if Int(node.type) == polylogue_json_number { return JSONValue.wholeNumber(document.span(node)) }
    guard let span = numericSpan(node) else { return nil }
    return JSONValue.wholeNumber(span)
  }

  /// A time: ISO 8601, a number or a numeric string by its magnitude, or `{"$date": …}` around one of
  /// these (with `{"$numberLong": …}` too). Nil for anything else, never the present time.
  public var timestamp: Timestamp? {
    switch type {
    case polylogue_json_number:
      return double.flatMap { Timestamp(number: $0) }
    case polylogue_json_string:
      // No time is longer; a megabyte of text need not be looked at.
      guard node.length <= 64 else { return nil }
      return Timestamp(text: document.text(index))
    case polylogue_json_object:
      guard let date = self["$date"] else { return nil }
      if date.type != polylogue_json_object { return date.timestampOfScalar }
      return date["$numberLong"]?.timestampOfScalar
    default:
      return nil
    }
  }

  private var timestampOfScalar: Timestamp? {
    type == polylogue_json_object ? nil : timestamp
  }

  /// The span of a string that is a number of the JSON grammar and nothing else.
  private func numericSpan(_ node: polylogue_json_node) -> UnsafeBufferPointer<UInt8>? {
    guard Int(node.type) == polylogue_json_string, node.length > 0, node.length <= 64 else {
      return nil
    }
    let span = document.span(node)
    var digits = 0
    for (place, byte) in span.enumerated() {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digits += 1
      case UInt8(ascii: "-") where place == 0: continue
      default: return nil
      }
    }
    return digits > 0 ? span : nil
  }

  // MARK: - Members

  /// The value of a member; nil when this is no object, there is no such member, or it is null. Of
  /// several members with the key the first counts.
  ///
  /// - Complexity: O(members), comparing bytes without making strings.
  public subscript(_ key: StaticString) -> JSONValue? {
    guard key.hasPointerRepresentation else { return self[dynamic: "\(key)"] }
    return found(document.find(index, key.utf8Start, key.utf8CodeUnitCount))
  }

  /// The value of a member whose key is known only at run time; see ``subscript(_:)``. Keys are
  /// equal when their bytes are.
  public subscript(dynamic key: String) -> JSONValue? {
    var key = key
    return found(
      key.withUTF8 { bytes in
        // An empty string may have no address; any will do for no bytes.
        bytes.baseAddress.map { document.find(index, $0, bytes.count) }
          ?? document.find(index, JSONValue.noBytes.utf8Start, 0)
      })
  }

  private static let noBytes: StaticString = ""

  private func found(_ index: UInt32?) -> JSONValue? {
    guard let index else { return nil }
    let value = JSONValue(document: document, index: index)
    return value.isNull ? nil : value
  }

  /// The number of elements or members; 0 for scalars.
  public var count: Int {
    let node = node
    return Int(node.type) >= polylogue_json_array ? Int(node.length) : 0
  }

  /// The value as valid JSON: tokens as they were written, without space between them, what was
  /// damaged repaired.
  ///
  /// - Complexity: O(bytes).
  public var json: String { document.json(index) }
}
