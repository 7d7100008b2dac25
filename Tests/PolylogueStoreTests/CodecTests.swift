import PolylogueStore
import Testing

@Suite struct CodecTests {
  @Test(arguments: [
    "", "a", "00000000-0000-4000-8000-000000000001", "0000000g-0000-4000-8000-000000000001",
    "AAAAAAAA-0000-4000-8000-000000000001", "client-created-root",
    "01234567-89ab-cdef-fedc-ba9876543210", "caf\u{e9}", "cafe\u{301}",
    "a\0b",
  ])
  func `an id comes back as it was`(text: String) {
    #expect(Array(NativeID(text).text.utf8) == Array(text.utf8))
  }

  @Test func `a UUID takes 16 bytes`() {
    #expect(NativeID("00000000-0000-4000-8000-000000000001").bytes.count == 16)
  }

  @Test func `bytes come back with and without a dictionary`() throws {
    let compressor = Compressor()
    var samples: [UInt8] = []
    var sizes: [Int] = []
    var generator = SystemRandomNumberGenerator()
    for index in 0..<2000 {
      let text = "the sensor number \(index) reports \(generator.next() % 100) degrees today"
      samples += Array(text.utf8)
      sizes.append(text.utf8.count)
    }
    let dictionary = try #require(
      CompressionDictionary.train(purpose: "test", samples: samples, sizes: sizes))
    compressor.add(dictionary, forWriting: true)
    for count in [0, 1, 15, 16, 700, 100_000, 1 << 20, (1 << 20) + 1, 700] {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 % 97) }
      for codec in [nil, dictionary.id] {
        let stored = bytes.withUnsafeBytes { compressor.compress($0, dictionary: codec) }
        let back = try stored.bytes.withUnsafeBytes {
          try compressor.decompress($0, codec: stored.codec, size: bytes.count)
        }
        #expect(back == bytes)
        let read = try stored.bytes.withUnsafeBytes {
          try compressor.withDecompressed($0, codec: stored.codec) { Array($0) }
        }
        #expect(read == bytes)
      }
    }
  }

  @Test func `a missing dictionary and a damaged frame are named`() {
    let compressor = Compressor()
    for (bytes, codec) in [([1, 2, 3] as [UInt8], Codec(77)), ([1, 2, 3], 1)] {
      #expect(throws: ArchiveError.self) {
        try bytes.withUnsafeBytes { try compressor.decompress($0, codec: codec) }
      }
      #expect(throws: ArchiveError.self) {
        try bytes.withUnsafeBytes { try compressor.withDecompressed($0, codec: codec) { _ in } }
      }
    }
  }

  @Test(arguments: [("00ff10", [0, 255, 16] as [UInt8]), ("", [])])
  func `hexadecimal text round-trips`(text: String, bytes: [UInt8]) {
    #expect(Hex.decode(text) == bytes)
    #expect(Hex.encode(bytes) == text)
  }
}
