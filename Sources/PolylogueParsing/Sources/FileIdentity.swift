/// What tells whether a file is the one that was read before.
public struct FileIdentity: Hashable, Sendable {
  /// The device that holds the file.
  public let device: UInt64
  /// The file on that device.
  public let inode: UInt64
  /// The length in bytes.
  public let byteCount: Int64
  /// When the content was last changed, in nanoseconds since 1970.
  public let modificationNanoseconds: Int64
  /// When the content or the attributes were last changed, in nanoseconds since 1970. Programs cannot
  /// set it back.
  public let changeNanoseconds: Int64

  /// Gathers what is known about a file.
  public init(
    device: UInt64, inode: UInt64, byteCount: Int64, modificationNanoseconds: Int64,
    changeNanoseconds: Int64
  ) {
    self.device = device
    self.inode = inode
    self.byteCount = byteCount
    self.modificationNanoseconds = modificationNanoseconds
    self.changeNanoseconds = changeNanoseconds
  }
}
