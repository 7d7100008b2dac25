import CPolylogueZip
import Glibc

/// The directory of a ZIP file, read by minizip.
final class ZipDirectory {
  private let file: UnsafeMutableRawPointer
  private let reader: Reader
  private let label: String

  init(_ access: any RandomAccess) throws {
    let reader = Reader(access)
    var functions = Reader.functions
    functions.opaque = Unmanaged.passUnretained(reader).toOpaque()
    guard let file = unzOpen2_64(nil, &functions) else {
      // minizip does not take a file that is nothing but the end of a directory.
      let reason =
        access.byteCount == 22 ? "is an empty ZIP file" : "is no ZIP file or is cut off"
      throw SourceError(
        code: .notContainer, message: "\(access.label) \(reason); copy or download it again")
    }
    self.file = file
    self.reader = reader
    label = access.label
  }

  deinit {
    unzClose(file)
  }

  func list(limit: Int) throws -> [ZipMember] {
    var global = unz_global_info64()
    guard unzGetGlobalInfo64(file, &global) == UNZ_OK else { throw damaged() }
    guard global.number_entry <= UInt64(limit) else {
      throw SourceError(
        code: .limitExceeded,
        message: "\(label) has \(global.number_entry) members; at most \(limit) are read")
    }
    var members: [ZipMember] = []
    guard global.number_entry > 0 else { return members }
    let name = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
    defer { name.deallocate() }
    var code = unzGoToFirstFile(file)
    while code == UNZ_OK {
      guard members.count < limit else { throw damaged() }
      members.append(try member(members.count, name))
      code = unzGoToNextFile(file)
    }
    guard code == UNZ_END_OF_LIST_OF_FILE, UInt64(members.count) == global.number_entry else {
      throw damaged()
    }
    return members
  }

  /// Where the bytes of a member begin.
  func dataOffset(_ member: ZipMember, _ name: String) throws -> UInt64 {
    var position = unz64_file_pos(
      pos_in_zip_directory: member.directoryOffset, num_of_file: UInt64(member.index))
    var method: Int32 = 0
    guard unzGoToFilePos64(file, &position) == UNZ_OK,
      unzOpenCurrentFile2(file, &method, nil, 1) == UNZ_OK
    else {
      throw SourceError(
        code: .damaged, message: "\(name) is not where the directory of the ZIP file says")
    }
    let offset = unzGetCurrentFileZStreamPos64(file)
    unzCloseCurrentFile(file)
    return offset
  }

  private func member(
    _ index: Int, _ name: UnsafeMutableRawBufferPointer
  ) throws -> ZipMember {
    var info = unz_file_info64()
    let code = unzGetCurrentFileInfo64(
      file, &info, name.baseAddress?.assumingMemoryBound(to: CChar.self), UInt(name.count), nil, 0,
      nil, 0)
    guard code == UNZ_OK, info.size_filename <= UInt(name.count) else { throw damaged() }
    guard let byteCount = Int64(exactly: info.uncompressed_size),
      let compressed = Int64(exactly: info.compressed_size)
    else { throw damaged() }
    let bytes = UnsafeRawBufferPointer(rebasing: name[..<Int(info.size_filename)])
    let label = ZipMember.label(bytes, isUTF8: info.flag & 0x800 != 0)
    // The upper half is a Unix mode where a Unix made the file (3) or macOS did (19).
    let system = info.version >> 8
    let mode = system == 3 || system == 19 ? UInt32(info.external_fa >> 16) & S_IFMT : 0
    let isDirectory = label.utf8.last == UInt8(ascii: "/") || mode == S_IFDIR
    return ZipMember(
      index: index, label: label, byteCount: byteCount, compressedByteCount: compressed,
      crc32: UInt32(truncatingIfNeeded: info.crc), method: Int(info.compression_method),
      flags: Int(info.flag), isDirectory: isDirectory,
      isSpecial: !isDirectory && mode != 0 && mode != S_IFREG,
      directoryOffset: directoryOffset())
  }

  private func directoryOffset() -> UInt64 {
    var position = unz64_file_pos()
    unzGetFilePos64(file, &position)
    return position.pos_in_zip_directory
  }

  private func damaged() -> SourceError {
    SourceError(
      code: .damaged,
      message: "\(label): the directory of the ZIP file is damaged; download it again")
  }
}

extension ZipDirectory {
  /// Reads for minizip, which asks for single bytes, through a cache.
  private final class Reader {
    private let access: any RandomAccess
    private let cache = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    private var cached: Range<Int64> = 0..<0
    private var position: Int64 = 0
    private var failed = false

    init(_ access: any RandomAccess) {
      self.access = access
    }

    deinit {
      cache.deallocate()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
      var done = 0
      // minizip takes a read at the end for a zero unless it is told of an error.
      defer { failed = done < buffer.count }
      while done < buffer.count {
        if !cached.contains(position) {
          let count = access.read(into: cache, at: position)
          guard count > 0 else { break }
          cached = position..<position + Int64(count)
        }
        let start = Int(position - cached.lowerBound)
        let count = min(buffer.count - done, Int(cached.upperBound - position))
        UnsafeMutableRawBufferPointer(rebasing: buffer[done...]).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: cache[start..<start + count]))
        done += count
        position += Int64(count)
      }
      return done
    }

    func seek(_ offset: UInt64, _ origin: Int32) -> Bool {
      let base: Int64
      switch origin {
      case ZLIB_FILEFUNC_SEEK_SET: base = 0
      case ZLIB_FILEFUNC_SEEK_CUR: base = position
      default: base = access.byteCount
      }
      let (target, overflow) = base.addingReportingOverflow(Int64(bitPattern: offset))
      guard !overflow, target >= 0, target <= access.byteCount else { return false }
      position = target
      return true
    }

    static func from(_ opaque: UnsafeMutableRawPointer?) -> Reader? {
      opaque.map { Unmanaged<Reader>.fromOpaque($0).takeUnretainedValue() }
    }

    /// minizip's calls; the stream and the opaque pointer are both the reader.
    static var functions: zlib_filefunc64_def {
      var functions = zlib_filefunc64_def()
      functions.zopen64_file = { opaque, _, _ in opaque }
      functions.zread_file = { opaque, _, buffer, size in
        let bytes = UnsafeMutableRawBufferPointer(start: buffer, count: Int(size))
        return UInt(Reader.from(opaque)?.read(into: bytes) ?? 0)
      }
      functions.ztell64_file = { opaque, _ in
        UInt64(Reader.from(opaque)?.position ?? 0)
      }
      functions.zseek64_file = { opaque, _, offset, origin in
        Reader.from(opaque)?.seek(offset, origin) == true ? 0 : -1
      }
      functions.zclose_file = { _, _ in 0 }
      functions.zerror_file = { opaque, _ in Reader.from(opaque)?.failed == true ? 1 : 0 }
      return functions
    }
  }
}
