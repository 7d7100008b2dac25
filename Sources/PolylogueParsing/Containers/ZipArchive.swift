/// A ZIP file, whose members are listed and read as streams; nothing is ever written to disk.
///
/// Limits are judged by the bytes that really come out and not by what the directory claims.
public final class ZipArchive {
  /// The members in the order of the directory.
  public let members: [ZipMember]
  private let access: any RandomAccess
  private let limits: ParsingLimits
  private let directory: ZipDirectory
  private let budget: ZipBudget
  private var owners: [Int64: Int] = [:]

  /// Reads the directory of a ZIP file.
  ///
  /// - Throws: ``SourceError``: no ZIP file or a cut one, or one that claims more than the limits or
  ///   more than it can hold.
  public convenience init(file: FileSource, limits: ParsingLimits = .standard) throws {
    try self.init(access: file, limits: limits)
  }

  /// Reads the directory of a ZIP file in memory.
  ///
  /// - Parameter label: What messages call it.
  /// - Throws: as ``init(file:limits:)``.
  public convenience init(
    bytes: [UInt8], label: String, limits: ParsingLimits = .standard
  ) throws {
    try self.init(access: MemoryAccess(bytes, label: label), limits: limits)
  }

  private init(access: any RandomAccess, limits: ParsingLimits) throws {
    self.access = access
    self.limits = limits
    directory = try ZipDirectory(access)
    members = try directory.list(limit: limits.zipMemberCount)
    budget = ZipBudget(limits: limits)
    // Members that share bytes are a bomb: their sizes add up to more than the file.
    var stored: Int64 = 0
    for member in members {
      let (sum, overflow) = stored.addingReportingOverflow(member.compressedByteCount)
      stored = sum
      if overflow || sum > access.byteCount {
        throw SourceError(
          code: .limitExceeded,
          message: "\(access.label): its members overlap, as in a ZIP bomb; it is not read")
      }
    }
  }

  /// Whether a file that begins with these bytes is a ZIP file.
  public static func recognizes(_ head: some Collection<UInt8>) -> Bool {
    head.starts(with: [0x50, 0x4B, 3, 4]) || head.starts(with: [0x50, 0x4B, 5, 6])
  }

  /// Opens a member for reading.
  ///
  /// - Returns: a source of its content, which throws ``SourceError`` when that is damaged (checked
  ///   against the checksum and the size at the end) or goes beyond the limits.
  /// - Throws: ``SourceError`` when it is encrypted, stored by an unknown method, no file, shares its
  ///   bytes with another member, or is not where the directory says.
  public func open(_ member: ZipMember) throws -> any ByteSource {
    let label = "\(access.label)/\(member.label)"
    guard !member.isDirectory, !member.isSpecial else {
      throw SourceError(
        code: .specialMember, message: "\(label) is a folder, a link or a device; it is not read")
    }
    guard !member.isEncrypted else {
      throw SourceError(
        code: .encrypted, message: "\(label) is encrypted; unpack it first and import the files")
    }
    guard member.method == 0 || member.method == 8 else {
      throw SourceError(
        code: .unsupportedMethod,
        message:
          "\(label) is compressed by method \(member.method), which is not supported; unpack it first"
      )
    }
    let offset = try directory.dataOffset(member, label)
    if let owner = owners[offset], owner != member.index, member.compressedByteCount > 0 {
      throw SourceError(
        code: .limitExceeded,
        message: "\(label) shares its bytes with another member, as in a ZIP bomb; it is not read")
    }
    owners[offset] = member.index
    return ZipMemberSource(
      access: access, member: member, offset: offset, label: label,
      budget: budget)
  }
}

/// What may still be inflated of one ZIP file.
final class ZipBudget {
  let limits: ParsingLimits
  private(set) var total: Int64 = 0

  init(limits: ParsingLimits) {
    self.limits = limits
  }

  /// Counts bytes of a member.
  ///
  /// - Parameters:
  ///   - count: The bytes just made.
  ///   - sum: All bytes of the member, these included.
  ///   - stored: The compressed bytes they may have come from.
  func spend(_ count: Int, sum: Int64, stored: Int64, _ label: String) throws {
    total += Int64(count)
    let reason: String
    if sum > limits.zipMemberByteCount {
      reason = "inflates to more than \(limits.zipMemberByteCount) bytes"
    } else if total > limits.zipTotalByteCount {
      reason = "brings its ZIP file beyond \(limits.zipTotalByteCount) bytes"
    } else if sum > limits.zipRatioGraceByteCount, sum / limits.zipRatio > max(1, stored) {
      reason = "inflates to more than \(limits.zipRatio) times its size, as a ZIP bomb does"
    } else {
      return
    }
    throw SourceError(code: .limitExceeded, message: "\(label) \(reason); it is not read further")
  }
}
