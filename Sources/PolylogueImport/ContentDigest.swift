import CPolylogueCrypto
import PolylogueParsing

/// SHA-256, as formats name files and folders by it.
struct ContentDigest: Hashable {
  private let bytes: [UInt8]

  /// The digest of some bytes.
  init(of content: [UInt8]) {
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    _ = SHA256(content, content.count, &digest)
    bytes = digest
  }

  /// A digest as it is stated, in hexadecimal digits or base64; nil for anything else.
  init?(stated text: String) {
    let digits = Array(text.utf8)
    if digits.count == 64 {
      var found: [UInt8] = []
      for place in stride(from: 0, to: 64, by: 2) {
        let pair = String(decoding: digits[place...(place + 1)], as: UTF8.self)
        guard let byte = UInt8(pair, radix: 16) else { return nil }
        found.append(byte)
      }
      bytes = found
    } else if let found = Base64.decode(text), found.count == Int(SHA256_DIGEST_LENGTH) {
      bytes = found
    } else {
      return nil
    }
  }

  /// Lower-case hexadecimal digits.
  var hex: String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
