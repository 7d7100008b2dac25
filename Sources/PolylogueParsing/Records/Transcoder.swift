/// Turns a source in UTF-16 or UTF-32 into one in UTF-8, and keeps what it has read so that it can
/// be handed on as it is.
final class Transcoder: ByteSource {
  enum Encoding {
    case utf16(bigEndian: Bool)
    case utf32(bigEndian: Bool)

    var unitByteCount: Int {
      switch self {
      case .utf16: 2
      case .utf32: 4
      }
    }

    /// By a byte order mark, or by the zeros that ASCII leaves at the start.
    init?(detecting bytes: UnsafeRawBufferPointer) {
      let head = Array(bytes.prefix(4))
      if head == [0xFF, 0xFE, 0, 0] {
        self = .utf32(bigEndian: false)
      } else if head == [0, 0, 0xFE, 0xFF] {
        self = .utf32(bigEndian: true)
      } else if head.starts(with: [0xFF, 0xFE]) {
        self = .utf16(bigEndian: false)
      } else if head.starts(with: [0xFE, 0xFF]) {
        self = .utf16(bigEndian: true)
      } else if head.count == 4 {
        self.init(zerosOf: head)
      } else {
        return nil
      }
    }

    private init?(zerosOf head: [UInt8]) {
      let opening = Array("{[\" \t\r\n".utf8)
      switch head.map({ $0 == 0 }) {
      case [false, true, true, true] where opening.contains(head[0]):
        self = .utf32(bigEndian: false)
      case [true, true, true, false] where opening.contains(head[3]):
        self = .utf32(bigEndian: true)
      case [false, true, false, true] where opening.contains(head[0]):
        self = .utf16(bigEndian: false)
      case [true, false, true, false] where opening.contains(head[1]):
        self = .utf16(bigEndian: true)
      default:
        return nil
      }
    }
  }

  /// Bytes of the original.
  final class Chunk {
    let offset: Int64
    let bytes: UnsafeRawBufferPointer

    init(copying bytes: UnsafeRawBufferPointer, offset: Int64) {
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
      copy.copyMemory(from: bytes)
      self.bytes = UnsafeRawBufferPointer(copy)
      self.offset = offset
    }

    deinit {
      bytes.deallocate()
    }
  }

  private let buffer: RecordBuffer
  private let encoding: Encoding
  private var output: [UInt8] = []
  private var position = 0
  private var unit: UInt32 = 0
  private var unitBytes = 0
  private var highSurrogate: UInt32?
  private var chunks: [Chunk] = []
  private var firstChunk = 0

  /// - Parameter buffer: The original, from its first byte.
  init(buffer: RecordBuffer, encoding: Encoding) {
    self.buffer = buffer
    self.encoding = encoding
  }

  /// The next stretch of the original that has been read.
  func takeChunk() -> Chunk? {
    guard firstChunk < chunks.count else {
      chunks.removeAll()
      firstChunk = 0
      return nil
    }
    firstChunk += 1
    return chunks[firstChunk - 1]
  }

  func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
    while position == output.count {
      position = 0
      output.removeAll(keepingCapacity: true)
      if try !decodeChunk() { break }
    }
    let count = min(target.count, output.count - position)
    output.withUnsafeBytes { all in
      target.copyMemory(from: UnsafeRawBufferPointer(rebasing: all[position..<position + count]))
    }
    position += count
    return count
  }

  /// Reads and decodes one stretch; false at the end.
  private func decodeChunk() throws -> Bool {
    if buffer.count == 0 { _ = buffer.fill() }
    guard buffer.count > 0 else {
      if unitBytes > 0 || highSurrogate != nil { appendReplacement() }
      unitBytes = 0
      highSurrogate = nil
      if !output.isEmpty { return true }
      if let error = buffer.error { throw error }
      return false
    }
    let count = min(buffer.count, RecordCutter.chunkByteCount)
    let bytes = UnsafeRawBufferPointer(rebasing: buffer.bytes[0..<count])
    chunks.append(Chunk(copying: bytes, offset: buffer.offset))
    for byte in bytes { take(byte) }
    buffer.consume(count)
    return true
  }

  private func take(_ byte: UInt8) {
    let isBig: Bool
    switch encoding {
    case .utf16(let bigEndian), .utf32(let bigEndian): isBig = bigEndian
    }
    if isBig {
      unit = unit << 8 | UInt32(byte)
    } else {
      unit |= UInt32(byte) << UInt32(8 * unitBytes)
    }
    unitBytes += 1
    guard unitBytes == encoding.unitByteCount else { return }
    let value = unit
    unit = 0
    unitBytes = 0
    if case .utf16 = encoding { takeUTF16(value) } else { append(value) }
  }

  private func takeUTF16(_ value: UInt32) {
    if let high = highSurrogate {
      highSurrogate = nil
      if 0xDC00...0xDFFF ~= value {
        append(0x10000 + (high - 0xD800) << 10 + (value - 0xDC00))
        return
      }
      appendReplacement()
    }
    if 0xD800...0xDBFF ~= value {
      highSurrogate = value
    } else {
      append(value)
    }
  }

  private func append(_ value: UInt32) {
    if value < 0x80 {
      output.append(UInt8(value))
    } else if let scalar = Unicode.Scalar(value) {
      output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    } else {
      appendReplacement()
    }
  }

  private func appendReplacement() {
    output.append(contentsOf: UTF8.encodedReplacementCharacter)
  }
}
