/// FNV-1a over bytes, 64 bits: the same on every machine and in every run.
///
/// Names things that have no id of their own and finds equal texts again. It is no defence against
/// someone who looks for collisions, so nothing may be lost when two things collide.
struct StableHash {
  private(set) var value: UInt64

  /// An empty hash; another `seed` gives an independent one.
  init(seed: UInt64 = 0) {
    value = 0xcbf2_9ce4_8422_2325 ^ seed &* 0x9e37_79b9_7f4a_7c15
  }

  /// Adds bytes.
  mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
  }

  /// Adds a text and its end.
  mutating func add(_ text: String) {
    add(text.utf8)
    value = (value ^ 0xff) &* 0x0000_0100_0000_01b3
  }

  /// Sixteen hexadecimal digits.
  var hex: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }

  /// The hash of one text.
  static func of(_ text: String) -> UInt64 {
    var hash = StableHash()
    hash.add(text)
    return hash.value
  }

  /// An identifier of 32 hexadecimal digits made from texts.
  static func identifier(_ texts: [String]) -> String {
    [UInt64(0), 1].map { seed in
      var hash = StableHash(seed: seed)
      for text in texts { hash.add(text) }
      let digits = String(hash.value, radix: 16)
      return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }.joined()
  }
}
