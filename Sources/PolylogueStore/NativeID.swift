/// A provider's message id as the archive stores it: 16 bytes when it is a UUID in its usual
/// lower-case form, otherwise its UTF-8 bytes.
///
/// Comparison is by bytes. In the database the two forms are told apart by the column's type (BLOB
/// or TEXT), so the original text always comes back.
public struct NativeID: Hashable, Sendable {
  /// The stored bytes.
  public let bytes: [UInt8]
  /// Whether `bytes` is a packed UUID.
  public let isUUID: Bool

  /// Packs an id.
  public init(_ text: String) {
    var text = text
    if text.utf8.count == 36, let packed = text.withUTF8({ NativeID.pack($0) }) {
      bytes = packed
      isUUID = true
    } else {
      bytes = Array(text.utf8)
      isUUID = false
    }
  }

  init(bytes: [UInt8], isUUID: Bool) {
    self.bytes = bytes
    self.isUUID = isUUID
  }

  /// The id as the provider writes it.
  public var text: String {
    guard isUUID, bytes.count == 16 else { return String(decoding: bytes, as: UTF8.self) }
    let hex = Array(Hex.encode(bytes).utf8)
    var out: [UInt8] = []
    out.reserveCapacity(36)
    for (index, digit) in hex.enumerated() {
      if [8, 12, 16, 20].contains(index) { out.append(UInt8(ascii: "-")) }
      out.append(digit)
    }
    return String(decoding: out, as: UTF8.self)
  }

  private static func pack(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    var out: [UInt8] = []
    out.reserveCapacity(16)
    var high: UInt8?
    for (index, byte) in text.enumerated() {
      if index == 8 || index == 13 || index == 18 || index == 23 {
        guard byte == UInt8(ascii: "-") else { return nil }
        continue
      }
      let digit: UInt8
      switch byte {
      case 48...57: digit = byte - 48
      case 97...102: digit = byte - 87
      default: return nil
      }
      if let first = high {
        out.append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    return out.count == 16 ? out : nil
  }
}
