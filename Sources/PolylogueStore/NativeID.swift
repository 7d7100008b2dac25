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
      let out = UnsafeMutableRawBufferPointer(out)
      func put(_ digits: UInt64, at place: Int) {
        out.storeBytes(of: digits.bigEndian, toByteOffset: place, as: UInt64.self)
      }
      func put(half digits: UInt64, at place: Int) {
        out.storeBytes(
          of: UInt32(truncatingIfNeeded: digits).bigEndian, toByteOffset: place, as: UInt32.self)
      }
      let second = NativeID.hexadecimal(UInt32(truncatingIfNeeded: high))
      let third = NativeID.hexadecimal(UInt32(truncatingIfNeeded: low >> 32))
      put(NativeID.hexadecimal(UInt32(truncatingIfNeeded: high >> 32)), at: 0)
      put(half: second >> 32, at: 9)
      put(half: second, at: 14)
      put(half: third >> 32, at: 19)
      put(half: third, at: 24)
      put(NativeID.hexadecimal(UInt32(truncatingIfNeeded: low)), at: 28)
      out[8] = UInt8(ascii: "-")
      out[13] = UInt8(ascii: "-")
      out[18] = UInt8(ascii: "-")
      out[23] = UInt8(ascii: "-")
      return 36
    }
  }

  /// The eight digits of a number, the first in the highest byte: all are made at once.
  private static func hexadecimal(_ number: UInt32) -> UInt64 {
    var digits = UInt64(number)
    digits = (digits & 0xFFFF_0000) << 16 | digits & 0xFFFF
    digits = (digits & 0xFF00_0000_FF00) << 8 | digits & 0x00FF_0000_00FF
    digits = (digits & 0x00F0_00F0_00F0_00F0) << 4 | digits & 0x000F_000F_000F_000F
    // One in each byte that is more than nine.
    let letters = (digits &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    return digits &+ 0x3030_3030_3030_3030 &+ letters &* UInt64(UInt8(ascii: "a") - 10 - 0x30)
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
