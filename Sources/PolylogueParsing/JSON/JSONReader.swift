import CPolylogueJSON

/// Reads JSON texts, one after the other, into documents that are recycled.
///
/// It reads what real exports hold, not only what RFC 8259 allows: bytes that are no UTF-8, lone
/// surrogates, unknown escapes, raw control characters in strings, `NaN` and infinities (as null), a
/// byte order mark, and zeros behind the value. Each of these but the last two is counted in
/// ``JSONValue/repairs``. Nesting costs no stack, and is limited by
/// ``ParsingLimits/nestingDepth``.
///
///     var reader = JSONReader()
///     let conversation = try reader.parse(bytes)
///     let title = conversation["title"]?.string
public struct JSONReader {
  private let limits: ParsingLimits
  private var document = JSONDocument()

  /// A reader with nothing read yet.
  public init(limits: ParsingLimits = .standard) {
    self.limits = limits
  }

  /// Reads one text.
  ///
  /// The bytes are copied, so they need not outlive the call. Values of a former text stay valid;
  /// when none is held any more its memory is used again.
  ///
  /// - Throws: ``JSONError`` when it is no JSON, or is longer or deeper than the limits.
  /// - Complexity: O(bytes), more than 1 GB/s on conversations.
  public mutating func parse(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> JSONValue {
    try read(bytes, mode: 0)
    return JSONValue(document: document, index: 0)
  }

  /// Reads one text; see ``parse(_:)-(UnsafeRawBufferPointer)``.
  public mutating func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
    do {
      return try bytes.withUnsafeBytes { try parse($0) }
    } catch let error as JSONError {
      throw error
    } catch {
      throw JSONError(reason: "unreadable", offset: 0)
    }
  }

  /// Reads the value at the start of the bytes and says where it ends, for texts that were glued
  /// together.
  ///
  /// - Returns: the value, and the offset of the first byte behind it.
  /// - Throws: ``JSONError`` when no value begins there.
  /// - Complexity: O(bytes), as all of them are copied.
  public mutating func parsePrefix(
    _ bytes: UnsafeRawBufferPointer
  ) throws(JSONError) -> (value: JSONValue, end: Int) {
    try read(bytes, mode: polylogue_json_prefix)
    return (JSONValue(document: document, index: 0), document.raw.pointee.end)
  }

  /// Checks a text by RFC 8259 to the letter.
  ///
  /// - Throws: ``JSONError`` for whatever the standard does not allow, and beyond the standard limits.
  public static func validate(_ bytes: [UInt8]) throws(JSONError) {
    var reader = JSONReader()
    do {
      try bytes.withUnsafeBytes { try reader.read($0, mode: polylogue_json_strict) }
    } catch let error as JSONError {
      throw error
    } catch {
      throw JSONError(reason: "unreadable", offset: 0)
    }
  }

  private mutating func read(_ bytes: UnsafeRawBufferPointer, mode: Int) throws(JSONError) {
    guard bytes.count <= limits.recordByteCount else {
      throw JSONError(reason: "longer than \(limits.recordByteCount) bytes", offset: 0)
    }
    if !isKnownUniquelyReferenced(&document) { document = JSONDocument() }
    let raw = document.raw
    guard let room = polylogue_json_prepare(raw, bytes.count) else {
      throw JSONError(reason: "too long for the memory there is", offset: 0)
    }
    if let base = bytes.baseAddress, bytes.count > 0 {
      UnsafeMutableRawPointer(room).copyMemory(from: base, byteCount: bytes.count)
    }
    let code = polylogue_json_parse(
      raw, Int32(mode), limits.nestingDepth, limits.valueCount)
    if Int(code) != polylogue_json_ok {
      throw JSONError(reason: JSONReader.reason(Int(code)), offset: raw.pointee.end)
    }
  }

  private static func reason(_ code: Int) -> String {
    switch code {
    case polylogue_json_error_empty: "empty"
    case polylogue_json_error_cut: "cut off"
    case polylogue_json_error_string: "control character in a string"
    case polylogue_json_error_escape: "unknown escape in a string"
    case polylogue_json_error_utf8: "no UTF-8"
    case polylogue_json_error_number: "no number"
    case polylogue_json_error_depth: "nested too deeply"
    case polylogue_json_error_nodes: "too many values"
    case polylogue_json_error_trailing: "more text behind the value"
    case polylogue_json_error_memory: "too long for the memory there is"
    default: "no JSON"
    }
  }
}
