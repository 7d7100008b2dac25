/// The content of a gzip file, inflated as it is read.
///
/// Several gzip members in a row are read as one, as gzip does; what follows the last one is ignored.
public final class GzipSource: ByteSource {
  private let source: any ByteSource
  private let label: String
  private let limits: ParsingLimits
  private let inflater = Inflater(.gzip)
  private var produced: Int64 = 0
  private var isFinished = false
  private var failure: SourceError?

  /// Inflates a source.
  ///
  /// - Parameter label: What messages call it.
  public init(source: any ByteSource, label: String, limits: ParsingLimits = .standard) {
    self.source = source
    self.label = label
    self.limits = limits
  }

  /// Whether a file that begins with these bytes is a gzip file.
  public static func recognizes(_ head: some Collection<UInt8>) -> Bool {
    head.starts(with: [0x1F, 0x8B, 8])
  }

  /// Reads the next inflated bytes.
  ///
  /// - Throws: ``SourceError`` when the data is damaged or cut off or inflates beyond the limits,
  ///   which are those of a ZIP member.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    if let failure { throw failure }
    do {
      let count = try inflate(into: buffer)
      produced += Int64(count)
      try judge()
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

  private func inflate(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while !isFinished {
      let count = try inflater.inflate(into: buffer, read: source.read)
      if count > 0 { return count }
      isFinished = try !inflater.restart(ifNext: [0x1F, 0x8B], read: source.read)
    }
    return 0
  }

  private func judge() throws {
    if produced > limits.zipMemberByteCount {
      throw SourceError(
        code: .limitExceeded,
        message: "\(label) inflates to more than \(limits.zipMemberByteCount) bytes")
    }
    if produced > limits.zipRatioGraceByteCount,
      produced / limits.zipRatio > max(1, inflater.consumed)
    {
      throw SourceError(
        code: .limitExceeded,
        message: "\(label) inflates to more than \(limits.zipRatio) times its size")
    }
  }
}

extension SourceError {
  init(_ failure: Inflater.Failure, _ label: String) {
    switch failure {
    case .damaged:
      self.init(code: .damaged, message: "\(label): the compressed data is damaged")
    case .truncated:
      self.init(code: .truncated, message: "\(label) is cut off; copy or download it again")
    case .noMemory:
      self.init(code: .inputOutput, message: "\(label): there is no memory to inflate it")
    }
  }
}
