import CPolylogueCrypto

/// SHA-256 of a file that is read or written piece by piece.
struct FileHash {
  private var state = SHA256_CTX()

  /// The hash of nothing yet.
  init() {
    SHA256_Init(&state)
  }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    SHA256_Update(&state, base, bytes.count)
  }

  /// Lower-case hexadecimal digits of the hash of all that was added.
  var hex: String {
    var copy = state
    let digest = [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { buffer, count in
      SHA256_Final(buffer.baseAddress, &copy)
      count = Int(SHA256_DIGEST_LENGTH)
    }
    return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
