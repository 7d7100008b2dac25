import CPolylogueZip

/// The content of one member of a ZIP file, inflated and checked as it is read.
final class ZipMemberSource: ByteSource {
  private let access: any RandomAccess
  private let member: ZipMember
  private let label: String
  private let budget: ZipBudget
  private let inflater: Inflater?
  private var position: Int64
  private var left: Int64
  private var produced: Int64 = 0
  private var checksum: UInt = 0
  private var isFinished = false
  private var failure: SourceError?

  init(
    access: any RandomAccess, member: ZipMember, offset: Int64, label: String, budget: ZipBudget
  ) {
    self.access = access
    self.member = member
    self.label = label
    self.budget = budget
    inflater = member.method == 8 ? Inflater(.raw) : nil
    position = offset
    left = member.compressedByteCount
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    if let failure { throw failure }
    guard !isFinished else { return 0 }
    do {
      let count =
        try inflater.map { try $0.inflate(into: buffer, read: readStored) }
        ?? readStored(into: buffer)
      produced += Int64(count)
      try budget.spend(
        count, sum: produced, stored: member.compressedByteCount, label)
      if produced > member.byteCount { throw wrongSize() }
      if count == 0 {
        try judgeEnd()
        isFinished = true
      } else {
        checksum = crc32_z(checksum, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), count)
      }
      return count
    } catch let error as Inflater.Failure {
      let error = SourceError(error, label)
      failure = error
      throw error
    } catch let error as SourceError {
      failure = error
      throw error
    }
  }

  /// Reads the bytes of the member as they stand in the file.
  private func readStored(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let wanted = Int(min(Int64(buffer.count), left))
    guard wanted > 0 else { return 0 }
    let count = access.read(
      into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: position)
    guard count > 0 else {
      throw SourceError(
        code: count == 0 ? .truncated : .inputOutput,
        message: "\(label) cannot be read to its end; copy or download the ZIP file again")
    }
    position += Int64(count)
    left -= Int64(count)
    return count
  }

  private func judgeEnd() throws {
    if produced != member.byteCount { throw wrongSize() }
    if checksum != UInt(member.crc32) {
      throw SourceError(
        code: .damaged, message: "\(label): the checksum is wrong; download the ZIP file again")
    }
  }

  private func wrongSize() -> SourceError {
    SourceError(
      code: .damaged,
      message: "\(label) does not have the \(member.byteCount) bytes that the ZIP file claims")
  }
}
