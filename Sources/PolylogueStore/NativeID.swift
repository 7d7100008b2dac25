import PolylogueSQL

/// A provider's message id as the archive stores it: 16 bytes when it is a UUID in its usual
/// lower-case form, otherwise its UTF-8 bytes.
///
/// Comparison is by bytes. In the database the two forms are told apart by the column's type (BLOB
/// or TEXT), so the original text always comes back.
public struct NativeID: Hashable, Sendable {
  /// A UUID needs no memory of its own: there is one id a message, and one of its parent.
  private enum Storage: Hashable, Sendable {
    case uuid(UInt64, UInt64)
    case text([UInt8])
  }
  private let storage: Storage

  /// Packs an id.
  public init(_ text: String) {
    var text = text
    storage = text.withUTF8 { bytes in
      NativeID.pack(bytes).map { .uuid($0, $1) } ?? .text(Array(bytes))
    }
  }

  /// Reads an id from a column of type ANY.
  init(_ statement: Statement, column: Int, isBlob: Bool) {
    storage = statement.withBytes(column) { bytes in
      guard isBlob, bytes.count == 16 else { return .text(Array(bytes)) }
      return .uuid(
        UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }
  }

  /// Whether it is a packed UUID.
  public var isUUID: Bool {
    if case .uuid = storage { true } else { false }
  }

  /// A number made of its bytes, the same in every process; different ids may share one.
  var word: UInt64 {
    switch storage {
    case .uuid(let high, let low): return high &* 0x9e37_79b9_7f4a_7c15 ^ low
    case .text(let bytes):
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      return hash
    }
  }

  /// The stored bytes.
  public var bytes: [UInt8] {
    switch storage {
    case .text(let bytes): return bytes
    case .uuid(let high, let low):
      var bytes: [UInt8] = []
      bytes.reserveCapacity(16)
      withUnsafeBytes(of: high.bigEndian) { bytes.append(contentsOf: $0) }
      withUnsafeBytes(of: low.bigEndian) { bytes.append(contentsOf: $0) }
      return bytes
    }
  }

  /// The id as the provider writes it.
  public var text: String {
    guard case .uuid(let high, let low) = storage else {
      return String(decoding: bytes, as: UTF8.self)
    }
    return String(unsafeUninitializedCapacity: 36) { out in
      var at = 0
      for digit in 0..<32 {
        if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
          out[at] = UInt8(ascii: "-")
          at += 1
        }
        let half = digit < 16 ? high : low
        let value = UInt8(truncatingIfNeeded: half >> UInt64(60 - digit % 16 * 4)) & 15
        out[at] = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
        at += 1
      }
      return at
    }
  }

  /// Binds the stored form to a parameter.
  func bind(to statement: Statement, at index: Int) {
    switch storage {
    case .text(let bytes): statement.bind(String(decoding: bytes, as: UTF8.self), at: index)
    case .uuid(let high, let low):
      withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) {
        statement.bind(bytes: $0, at: index)
      }
    }
  }

  private static func pack(_ text: UnsafeBufferPointer<UInt8>) -> (UInt64, UInt64)? {
    guard text.count == 36 else { return nil }
    var halves: (UInt64, UInt64) = (0, 0)
    var digits = 0
    for index in 0..<36 {
      let byte = text[index]
      if index == 8 || index == 13 || index == 18 || index == 23 {
        guard byte == UInt8(ascii: "-") else { return nil }
        continue
      }
      let digit: UInt8
      switch byte {
      case 48...57: digit = byte &- 48
      case 97...102: digit = byte &- 87
      default: return nil
      }
      if digits < 16 {
        halves.0 = halves.0 << 4 | UInt64(digit)
      } else {
        halves.1 = halves.1 << 4 | UInt64(digit)
      }
      digits += 1
    }
    return halves
  }
}
