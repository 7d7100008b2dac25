import CPolylogueCrypto
import Glibc

/// SHA-256 of a file that is read or written piece by piece.
struct FileHash {
  private var state = SHA256_CTX()

  /// The hash of nothing yet.
  init() {
    SHA256_Init(&state)
  }

  /// The hash of a whole file.
  ///
  /// - Throws: ``LanguageModelError`` when it cannot be read.
  init(ofFile path: String) throws(LanguageModelError) {
    self.init()
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Disk.failure("cannot open \(path)") }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Disk.failure("cannot read \(path)") }
      if count == 0 { break }
      buffer.withUnsafeBytes { update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
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
