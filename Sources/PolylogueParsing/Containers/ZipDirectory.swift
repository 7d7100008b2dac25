import Glibc

/// The directory of a ZIP file (APPNOTE 6.3.10, sections 4.3 and 4.5), ZIP64 included.
///
/// Read here and not by minizip 1.1, which misses the ZIP64 sizes and offsets on 64-bit systems and
/// takes reads beyond the end for zeros.
final class ZipDirectory {
  private let window: Window
  /// Bytes in front of the ZIP file proper, as in a self-extracting one; offsets do not count them.
  private let prefix: Int64
  private let start: Int64
  private let end: Int64
  private let claimedCount: UInt64

  init(_ access: any RandomAccess) throws {
    window = Window(access)
    guard let tail = EndRecord(window) else {
      throw SourceError(
        code: .notContainer,
        message: "\(access.label) is no ZIP file or is cut off; copy or download it again")
    }
    guard !tail.isSplit else {
      throw SourceError(
        code: .notContainer,
        message: "\(access.label) is one part of a split ZIP file; join the parts first")
    }
    let (sum, overflow) = tail.offset.addingReportingOverflow(tail.byteCount)
    guard !overflow, sum <= UInt64(tail.position) else { throw ZipDirectory.damaged(access.label) }
    end = tail.position
    prefix = tail.position - Int64(sum)
    start = prefix + Int64(tail.offset)
    claimedCount = tail.memberCount
  }

  func list(limit: Int) throws -> [ZipMember] {
    // Some writers let the 16-bit count wrap, so the directory itself is counted.
    guard claimedCount <= UInt64(limit) else { throw tooMany(limit) }
    var members: [ZipMember] = []
    var position = start
    while position < end {
      guard members.count < limit else { throw tooMany(limit) }
      members.append(try member(members.count, &position))
    }
    guard position == end, UInt64(members.count) & 0xFFFF == claimedCount & 0xFFFF else {
      throw damaged()
    }
    return members
  }

  /// Where the bytes of a member begin.
  func dataOffset(_ member: ZipMember, _ name: String) throws -> Int64 {
    let (position, overflow) = prefix.addingReportingOverflow(member.headerOffset)
    guard !overflow, let header = window.fields(at: position, count: 30),
      header.u32(0) == 0x0403_4B50, Int(header.u16(8)) == member.method
    else {
      throw SourceError(
        code: .damaged, message: "\(name) is not where the directory of the ZIP file says")
    }
    let offset = position + 30 + Int64(header.u16(26)) + Int64(header.u16(28))
    guard offset <= window.byteCount, member.compressedByteCount <= window.byteCount - offset
    else {
      throw SourceError(
        code: .truncated,
        message: "\(name) reaches beyond the end of the ZIP file; copy or download it again")
    }
    return offset
  }

  private func member(_ index: Int, _ position: inout Int64) throws -> ZipMember {
    guard let header = window.fields(at: position, count: 46), header.u32(0) == 0x0201_4B50 else {
      throw damaged()
    }
    let nameCount = Int(header.u16(28))
    let extraCount = Int(header.u16(30))
    guard let name = window.fields(at: position + 46, count: nameCount),
      let extra = window.fields(at: position + 46 + Int64(nameCount), count: extraCount)
    else { throw damaged() }
    position += 46 + Int64(nameCount + extraCount) + Int64(header.u16(32))
    var sizes = [UInt64(header.u32(24)), UInt64(header.u32(20)), UInt64(header.u32(42))]
    extra.replaceBy64Bits(&sizes)
    let signed = sizes.compactMap { Int64(exactly: $0) }
    guard signed.count == 3 else { throw damaged() }
    let flags = Int(header.u16(8))
    let label = name.bytes.withUnsafeBytes { ZipMember.label($0, isUTF8: flags & 0x800 != 0) }
    // The upper half is a Unix mode where a Unix made the file (3) or macOS did (19).
    let system = header.u16(4) >> 8
    let mode = system == 3 || system == 19 ? (header.u32(38) >> 16) & S_IFMT : 0
    let isDirectory = label.utf8.last == UInt8(ascii: "/") || mode == S_IFDIR
    return ZipMember(
      index: index, label: label, byteCount: signed[0], compressedByteCount: signed[1],
      crc32: header.u32(16), method: Int(header.u16(10)), flags: flags, isDirectory: isDirectory,
      isSpecial: !isDirectory && mode != 0 && mode != S_IFREG, headerOffset: signed[2])
  }

  private func tooMany(_ limit: Int) -> SourceError {
    SourceError(
      code: .limitExceeded,
      message: "\(window.label) has more than \(limit) members, which is not read")
  }

  private func damaged() -> SourceError { ZipDirectory.damaged(window.label) }

  private static func damaged(_ label: String) -> SourceError {
    SourceError(
      code: .damaged,
      message: "\(label): the directory of the ZIP file is damaged; download it again")
  }
}

extension ZipDirectory {
  /// What the end of the file says about the directory.
  private struct EndRecord {
    /// Where the directory ends.
    var position: Int64
    var memberCount: UInt64
    var byteCount: UInt64
    var offset: UInt64
    var isSplit: Bool

    init?(_ window: Window) {
      // The record has 22 bytes and a comment of at most 65,535 behind it.
      let count = Int(min(window.byteCount, 22 + 65_535))
      let first = window.byteCount - Int64(count)
      guard count >= 22, let tail = window.fields(at: first, count: count),
        let place = EndRecord.find(in: tail)
      else { return nil }
      position = first + Int64(place)
      memberCount = UInt64(tail.u16(place + 10))
      byteCount = UInt64(tail.u32(place + 12))
      offset = UInt64(tail.u32(place + 16))
      let disk = tail.u16(place + 4)
      isSplit = disk != 0 && disk != 0xFFFF
      readZip64(window)
    }

    /// The last record whose comment reaches the end of the file, or else the last that fits.
    private static func find(in tail: Fields) -> Int? {
      var fitting: Int?
      for place in stride(from: tail.bytes.count - 22, through: 0, by: -1)
      where tail.bytes[place] == 0x50 && tail.u32(place) == 0x0605_4B50 {
        let end = place + 22 + Int(tail.u16(place + 20))
        if end == tail.bytes.count { return place }
        if end < tail.bytes.count, fitting == nil { fitting = place }
      }
      return fitting
    }

    /// Follows the locator in front of the record, if there is one, to the ZIP64 record.
    private mutating func readZip64(_ window: Window) {
      guard position >= 76, let locator = window.fields(at: position - 20, count: 20),
        locator.u32(0) == 0x0706_4B50
      else { return }
      // With bytes in front of the ZIP file the offset is too small; then it stands right here.
      for candidate in [Int64(exactly: locator.u64(8)), position - 76] {
        guard let candidate, candidate <= position - 76,
          let record = window.fields(at: candidate, count: 56), record.u32(0) == 0x0606_4B50
        else { continue }
        position = candidate
        memberCount = record.u64(32)
        byteCount = record.u64(40)
        offset = record.u64(48)
        isSplit = record.u32(16) != 0
        return
      }
    }
  }

  /// Little-endian numbers in a few bytes.
  private struct Fields {
    let bytes: [UInt8]

    func u16(_ place: Int) -> UInt16 { UInt16(bytes[place]) | UInt16(bytes[place + 1]) << 8 }
    func u32(_ place: Int) -> UInt32 { UInt32(u16(place)) | UInt32(u16(place + 2)) << 16 }
    func u64(_ place: Int) -> UInt64 { UInt64(u32(place)) | UInt64(u32(place + 4)) << 32 }

    /// Takes from a ZIP64 extra field, in order, the values that do not fit into 32 bits.
    func replaceBy64Bits(_ sizes: inout [UInt64]) {
      var place = 0
      while place + 4 <= bytes.count {
        let end = place + 4 + Int(u16(place + 2))
        if u16(place) == 1 {
          place += 4
          for index in sizes.indices where sizes[index] == 0xFFFF_FFFF {
            guard place + 8 <= min(end, bytes.count) else { return }
            sizes[index] = u64(place)
            place += 8
          }
          return
        }
        place = end
      }
    }
  }

  /// Reads small pieces through a cache.
  private final class Window {
    private let access: any RandomAccess
    private let cache = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    private var cached: Range<Int64> = 0..<0

    init(_ access: any RandomAccess) {
      self.access = access
    }

    deinit {
      cache.deallocate()
    }

    var byteCount: Int64 { access.byteCount }
    var label: String { access.label }

    /// Bytes at an offset; nil when there are not so many.
    func fields(at offset: Int64, count: Int) -> Fields? {
      guard offset >= 0, offset <= byteCount, Int64(count) <= byteCount - offset else {
        return nil
      }
      var bytes: [UInt8] = []
      bytes.reserveCapacity(count)
      while bytes.count < count {
        let position = offset + Int64(bytes.count)
        if !cached.contains(position) {
          let read = access.read(into: cache, at: position)
          guard read > 0 else { return nil }
          cached = position..<position + Int64(read)
        }
        let start = Int(position - cached.lowerBound)
        let part = min(count - bytes.count, Int(cached.upperBound - position))
        bytes.append(contentsOf: cache[start..<start + part])
      }
      return Fields(bytes: bytes)
    }
  }
}
