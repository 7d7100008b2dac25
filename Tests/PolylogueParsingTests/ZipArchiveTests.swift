import PolylogueParsing
import Testing

/// Makes ZIP files by hand, so that each field can lie.
struct ZipFixture {
  struct Entry {
    var name: [UInt8]
    var content: [UInt8]
    var method = 0
    /// The stored bytes; the content itself when nil.
    var stored: [UInt8]?
    var flags = 0
    var claimedByteCount: Int?
    var claimedChecksum: UInt32?
    var attributes: UInt32 = 0
    /// Points at the local header of the entry with this index instead of its own.
    var sharing: Int?
    /// Gives sizes and offset in a ZIP64 field of the directory.
    var isZip64 = false
  }

  var entries: [Entry] = []
  /// Describes the directory in a ZIP64 record.
  var isZip64 = false

  mutating func add(_ name: String, _ content: String, _ change: (inout Entry) -> Void = { _ in }) {
    var entry = Entry(name: Array(name.utf8), content: Array(content.utf8))
    change(&entry)
    entries.append(entry)
  }

  var bytes: [UInt8] {
    var out: [UInt8] = []
    var directory: [UInt8] = []
    var offsets: [Int] = []
    for entry in entries {
      let stored = entry.stored ?? entry.content
      let checksum = entry.claimedChecksum ?? ZipFixture.crc32(entry.content)
      let common =
        le(entry.flags, 2) + le(entry.method, 2) + le(0, 4) + le(Int(checksum), 4)
        + le(stored.count, 4) + le(entry.claimedByteCount ?? entry.content.count, 4)
        + le(entry.name.count, 2) + le(0, 2)
      offsets.append(entry.sharing.map { offsets[$0] } ?? out.count)
      if entry.sharing == nil {
        out += le(0x0403_4B50, 4) + le(20, 2) + common + entry.name + stored
      }
      var extra: [UInt8] = []
      var claims = common
      if entry.isZip64 {
        extra =
          le(0x5455, 2) + le(1, 2) + [0] + le(1, 2) + le(24, 2) + le(entry.content.count, 8)
          + le(stored.count, 8) + le(offsets[offsets.count - 1], 8)
        claims.replaceSubrange(12..<20, with: [UInt8](repeating: 0xFF, count: 8))
        claims.replaceSubrange(22..<24, with: le(extra.count, 2))
      }
      directory += le(0x0201_4B50, 4) + le(0x0314, 2) + le(20, 2) + claims + le(0, 2) + le(0, 2)
      directory += le(0, 2) + le(Int(entry.attributes), 4)
      directory += le(entry.isZip64 ? -1 : offsets[offsets.count - 1], 4) + entry.name + extra
    }
    let start = out.count
    out += directory
    if isZip64 {
      let record = out.count
      out += le(0x0606_4B50, 4) + le(44, 8) + le(45, 2) + le(45, 2) + le(0, 8)
      out += le(entries.count, 8) + le(entries.count, 8) + le(directory.count, 8) + le(start, 8)
      out += le(0x0706_4B50, 4) + le(0, 4) + le(record, 8) + le(1, 4)
      return out + le(0x0605_4B50, 4) + le(0, 4) + le(-1, 4) + le(-1, 8) + le(0, 2)
    }
    return out + le(0x0605_4B50, 4) + le(0, 4) + le(entries.count, 2) + le(entries.count, 2)
      + le(directory.count, 4) + le(start, 4) + le(0, 2)
  }

  private func le(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  static func crc32(_ bytes: [UInt8]) -> UInt32 {
    var sum = ~0 as UInt32
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
    }
    return ~sum
  }

  /// Deflated bytes in a block that is not compressed.
  static func deflated(_ bytes: [UInt8]) -> [UInt8] {
    let count = UInt16(bytes.count)
    let length = [UInt8(count & 255), UInt8(count >> 8)]
    return [1] + length + length.map { ~$0 } + bytes
  }

  /// Zeros deflated with the fixed code: one literal and matches of 258, and how many bytes those are.
  static func deflatedZeros(matches: Int) -> (stored: [UInt8], count: Int) {
    var bits: [Bool] = [true, true, false]
    bits += [false, false, true, true, false, false, false, false]
    let match = [
      true, true, false, false, false, true, false, true, false, false, false, false, false,
    ]
    for _ in 0..<matches { bits += match }
    bits += [Bool](repeating: false, count: 7)
    var out = [UInt8](repeating: 0, count: (bits.count + 7) / 8)
    for (place, bit) in bits.enumerated() where bit { out[place / 8] |= 1 << UInt8(place % 8) }
    return (out, 1 + 258 * matches)
  }
}

extension ByteSource {
  func readAll(stride: Int = 1000) throws -> [UInt8] {
    var out: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: stride)
    while true {
      let count = try buffer.withUnsafeMutableBytes { try read(into: $0) }
      if count == 0 { return out }
      out += buffer[..<count]
    }
  }
}

@Suite struct ZipArchiveTests {
  private func open(_ fixture: ZipFixture, limits: ParsingLimits = .standard) throws -> ZipArchive {
    try ZipArchive(bytes: fixture.bytes, label: "a.zip", limits: limits)
  }

  private func code(_ body: () throws -> Void) -> SourceError.Code? {
    do {
      try body()
      return nil
    } catch {
      return (error as? SourceError)?.code
    }
  }

  /// The failure of reading the only member of a file.
  private func failure(
    limits: ParsingLimits = .standard, _ change: (inout ZipFixture.Entry) -> Void
  )
    -> SourceError.Code?
  {
    var fixture = ZipFixture()
    fixture.add("a.json", "[1,2,3]", change)
    return code {
      let archive = try open(fixture, limits: limits)
      _ = try archive.open(archive.members[0]).readAll()
    }
  }

  @Test func `members are listed and read, in any order and at the same time`() throws {
    var fixture = ZipFixture()
    fixture.add("export/", "")
    fixture.add("export/a.json", "[1]")
    fixture.add("export/b.json", "[\(String(repeating: "2,", count: 5000))3]") {
      $0.stored = ZipFixture.deflated($0.content)
      $0.method = 8
    }
    let archive = try open(fixture)
    #expect(archive.members.map(\.label) == ["export/", "export/a.json", "export/b.json"])
    #expect(archive.members.map(\.isDirectory) == [true, false, false])
    #expect(archive.members.map(\.byteCount) == fixture.entries.map { Int64($0.content.count) })
    let second = try archive.open(archive.members[2])
    let first = try archive.open(archive.members[1])
    #expect(try second.readAll(stride: 7) == fixture.entries[2].content)
    #expect(try first.readAll() == fixture.entries[1].content)
    #expect(try archive.open(archive.members[2]).readAll() == fixture.entries[2].content)
    #expect(ZipArchive.recognizes(fixture.bytes))
    #expect(!ZipArchive.recognizes([0x50, 0x4B]))
  }

  @Test(
    arguments: [
      (Array("caf\u{e9}".utf8), 0x800, "caf\u{e9}"), (Array("caf\u{e9}".utf8), 0, "caf\u{e9}"),
      ([0x63, 0x61, 0x66, 0x82], 0, "caf\u{e9}"), ([0x80, 0xFF], 0, "Ç\u{A0}"),
      ([0xFF, 0x61], 0x800, "\u{FFFD}a"), (Array("a\u{1B}[2J\nb".utf8), 0, "a\u{FFFD}[2J\u{FFFD}b"),
      (Array("a\0b".utf8), 0, "a\u{FFFD}b"), (Array("../../x".utf8), 0, "../../x"),
      ([UInt8](repeating: 0x61, count: 5000), 0, String(repeating: "a", count: 5000)), ([], 0, ""),
    ] as [([UInt8], Int, String)])
  func `names become labels without control characters`(name: [UInt8], flags: Int, label: String)
    throws
  {
    var fixture = ZipFixture()
    fixture.add("", "x") {
      $0.name = name
      $0.flags = flags
    }
    let archive = try open(fixture)
    #expect(archive.members.map(\.label) == [label])
    #expect(try archive.open(archive.members[0]).readAll() == [0x78])
  }

  @Test func `what cannot be read is refused by name`() {
    #expect(failure { _ in } == nil)
    #expect(failure { $0.flags = 1 } == .encrypted)
    #expect(failure { $0.method = 99 } == .unsupportedMethod)
    #expect(failure { $0.method = 14 } == .unsupportedMethod)
    #expect(failure { $0.claimedChecksum = 0xDEAD_BEEF } == .damaged)
    #expect(
      failure {
        $0.claimedByteCount = 3; $0.method = 8; $0.stored = ZipFixture.deflated($0.content)
      } == .damaged)
    #expect(
      failure {
        $0.claimedByteCount = 100; $0.method = 8; $0.stored = ZipFixture.deflated($0.content)
      } == .damaged)
    #expect(
      failure {
        $0.method = 8; $0.stored = [UInt8](repeating: 0xFF, count: 100)
      } == .damaged)
    #expect(
      failure {
        $0.method = 8; $0.stored = ZipFixture.deflated($0.content).dropLast(3)
      } == .truncated)
    for mode: UInt32 in [0o120777, 0o010777, 0o020777, 0o140777, 0o060777] {
      #expect(failure { $0.attributes = mode << 16 } == .specialMember)
    }
    #expect(failure { $0.attributes = 0o104755 << 16 } == nil)
    #expect(failure { $0.attributes = 0o040755 << 16 } == .specialMember)
  }

  @Test func `what stands before the damage is read`() throws {
    var fixture = ZipFixture()
    fixture.add("a", "[1,2]") {
      // A first block that is not the last, and a second one of no known kind.
      $0.stored = [0] + ZipFixture.deflated($0.content).dropFirst() + [0xFF]
      $0.method = 8
    }
    let source = try open(fixture).open(open(fixture).members[0])
    var reader = RecordReader(source: source, label: "a")
    #expect(try reader.next().map { Array($0.bytes) } == [0x31])
    #expect(try reader.next().map { Array($0.bytes) } == [0x32])
    #expect(try reader.next()?.kind == .tail)
    #expect(throws: SourceError.self) { try reader.next() }
  }

  @Test func `what inflates beyond the limits is stopped`() {
    let (stored, count) = ZipFixture.deflatedZeros(matches: 500)
    let bomb: (inout ZipFixture.Entry) -> Void = {
      $0.method = 8
      $0.stored = stored
      $0.content = [UInt8](repeating: 0, count: count)
    }
    #expect(failure(bomb) == nil)
    var limits = ParsingLimits()
    limits.zipRatio = 100
    limits.zipRatioGraceByteCount = 1 << 16
    #expect(failure(limits: limits, bomb) == .limitExceeded)
    limits = ParsingLimits()
    limits.zipMemberByteCount = 1 << 16
    #expect(failure(limits: limits, bomb) == .limitExceeded)
    limits = ParsingLimits()
    limits.zipTotalByteCount = 1 << 16
    #expect(failure(limits: limits, bomb) == .limitExceeded)
    limits = ParsingLimits()
    limits.zipMemberCount = 0
    #expect(failure(limits: limits, bomb) == .limitExceeded)
    // The claim is smaller than what comes out.
    #expect(
      failure {
        bomb(&$0); $0.claimedByteCount = 100
      } == .damaged)
  }

  @Test(arguments: [0, 10])
  func `ZIP64 files are read`(prefix: Int) throws {
    var fixture = ZipFixture(isZip64: true)
    fixture.add("a", "xyz") { $0.isZip64 = true }
    fixture.add("b", "[1,2]") { $0.isZip64 = true }
    let bytes = [UInt8](repeating: 0x23, count: prefix) + fixture.bytes
    let archive = try ZipArchive(bytes: bytes, label: "a.zip")
    #expect(archive.members.map(\.byteCount) == [3, 5])
    #expect(archive.members.map(\.compressedByteCount) == [3, 5])
    #expect(try archive.open(archive.members[1]).readAll() == Array("[1,2]".utf8))
  }

  @Test func `a comment that looks like an end does not mislead`() throws {
    var fixture = ZipFixture()
    fixture.add("a", "xyz")
    var bytes = fixture.bytes
    bytes[bytes.count - 2] = 22
    bytes += [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 17) + [1]
    let archive = try ZipArchive(bytes: bytes, label: "a.zip")
    #expect(archive.members.map(\.label) == ["a"])
  }

  @Test func `members that share their bytes are refused as a bomb`() throws {
    var fixture = ZipFixture()
    fixture.add("a", String(repeating: "x", count: 1000))
    for _ in 0..<5 {
      fixture.add("a", String(repeating: "x", count: 1000)) { $0.sharing = 0 }
    }
    #expect(code { _ = try open(fixture) } == .limitExceeded)
    fixture = ZipFixture()
    fixture.add("a", "xyz")
    fixture.add("a", "xyz") { $0.sharing = 0 }
    let archive = try open(fixture)
    #expect(try archive.open(archive.members[0]).readAll() == Array("xyz".utf8))
    #expect(code { _ = try archive.open(archive.members[1]) } == .limitExceeded)
  }

  @Test func `what is no ZIP file or cut is refused`() throws {
    var fixture = ZipFixture()
    fixture.add("a.json", "[1,2,3]")
    let bytes = fixture.bytes
    for count in 0..<bytes.count {
      #expect(code { _ = try ZipArchive(bytes: Array(bytes[..<count]), label: "a.zip") } != nil)
    }
    let prefixed = try ZipArchive(bytes: Array("#!/bin/sh\n".utf8) + bytes, label: "a.zip")
    #expect(try prefixed.open(prefixed.members[0]).readAll() == Array("[1,2,3]".utf8))
    #expect(try ZipArchive(bytes: ZipFixture().bytes, label: "a.zip").members.isEmpty)
  }

  @Test(arguments: 0..<20)
  func `damaged files are read or refused, never more`(seed: Int) {
    var random = SeededGenerator(state: UInt64(seed))
    var fixture = ZipFixture()
    fixture.add("a.json", "[1,2,3]")
    fixture.add("b.json", String(repeating: "[4]", count: 100)) {
      $0.stored = ZipFixture.deflated($0.content)
      $0.method = 8
    }
    let bytes = fixture.bytes
    for _ in 0..<200 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        let place = Int.random(in: 0..<damaged.count, using: &random)
        damaged[place] = UInt8.random(in: 0...255, using: &random)
      }
      guard let archive = try? ZipArchive(bytes: damaged, label: "a.zip") else { continue }
      for member in archive.members {
        guard let content = try? archive.open(member).readAll() else { continue }
        // What is read without an error has the checksum that the file claims.
        #expect(ZipFixture.crc32(content) == member.crc32)
      }
    }
  }

  // MARK: - gzip

  private func gzip(_ content: [UInt8]) -> [UInt8] {
    func le(_ value: UInt32) -> [UInt8] {
      (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + ZipFixture.deflated(content)
      + le(ZipFixture.crc32(content)) + le(UInt32(content.count))
  }

  private func gunzip(_ bytes: [UInt8], stride: Int = .max, limits: ParsingLimits = .standard)
    throws
    -> [UInt8]
  {
    try GzipSource(source: MemorySource(bytes, stride: stride), label: "a.gz", limits: limits)
      .readAll()
  }

  @Test func `gzip files are inflated, those of several parts too`() throws {
    let one = gzip(Array("[1,".utf8))
    let two = gzip(Array("2]".utf8))
    #expect(GzipSource.recognizes(one))
    for stride in [Int.max, 1] {
      #expect(try gunzip(one + two, stride: stride) == Array("[1,2]".utf8))
      #expect(try gunzip(one + two + [0, 0, 0], stride: stride) == Array("[1,2]".utf8))
    }
  }

  @Test func `damaged and cut gzip files are refused by name`() {
    let bytes = gzip(Array("[1,2,3]".utf8))
    for count in 0..<bytes.count {
      #expect(code { _ = try gunzip(Array(bytes[..<count])) } == .truncated)
    }
    var damaged = bytes
    damaged[bytes.count - 6] ^= 1
    #expect(code { _ = try gunzip(damaged) } == .damaged)
    #expect(code { _ = try gunzip(Array("no gzip".utf8)) } == .damaged)
    var limits = ParsingLimits()
    limits.zipRatio = 100
    limits.zipRatioGraceByteCount = 1 << 16
    let (stored, _) = ZipFixture.deflatedZeros(matches: 500)
    let bomb = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + stored
    #expect(code { _ = try gunzip(bomb, limits: limits) } == .limitExceeded)
  }
}
