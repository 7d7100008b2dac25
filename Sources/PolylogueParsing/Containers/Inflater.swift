import CPolylogueZip

/// One inflation by zlib.
final class Inflater {
  enum Format: Int32 {
    /// Deflated data alone, as in ZIP.
    case raw = -15
    /// With gzip's header and checksum.
    case gzip = 31
  }

  enum Failure: Error {
    case damaged
    /// The compressed data ends too early.
    case truncated
    case noMemory
  }

  /// zlib keeps a pointer back to the stream, so it must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 16)
  private let isReady: Bool
  /// Compressed bytes taken so far.
  private(set) var consumed: Int64 = 0
  private(set) var isFinished = false
  /// What is to be thrown once the bytes made before it have been taken.
  private var failure: Failure?

  init(_ format: Format) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    isReady =
      inflateInit2_(
        stream, format.rawValue, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
    input.deallocate()
  }

  /// Inflates into a buffer.
  ///
  /// - Parameter read: Gives more compressed bytes; 0 at their end.
  /// - Returns: how many bytes were made; 0 only when finished.
  func inflate(
    into buffer: UnsafeMutableRawBufferPointer,
    read: (UnsafeMutableRawBufferPointer) throws -> Int
  ) throws -> Int {
    guard isReady else { throw Failure.noMemory }
    if let failure { throw failure }
    guard !isFinished else { return 0 }
    let room = UInt32(clamping: buffer.count)
    stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = room
    while stream.pointee.avail_out == room {
      if stream.pointee.avail_in == 0, try !refill(read) { throw Failure.truncated }
      let before = stream.pointee.avail_in
      let code = CPolylogueZip.inflate(stream, Z_NO_FLUSH)
      consumed += Int64(before - stream.pointee.avail_in)
      switch code {
      case Z_OK: continue
      case Z_BUF_ERROR where stream.pointee.avail_in == 0: continue
      case Z_STREAM_END:
        isFinished = true
        return Int(room - stream.pointee.avail_out)
      default:
        let failure = code == Z_MEM_ERROR ? Failure.noMemory : Failure.damaged
        guard stream.pointee.avail_out < room else { throw failure }
        self.failure = failure
      }
    }
    return Int(room - stream.pointee.avail_out)
  }

  /// Begins again with what follows, if it begins with these bytes.
  ///
  /// - Returns: false when something else or nothing follows.
  func restart(
    ifNext magic: [UInt8], read: (UnsafeMutableRawBufferPointer) throws -> Int
  ) throws -> Bool {
    if Int(stream.pointee.avail_in) < magic.count {
      // Moves the rest to the front, to look at enough bytes.
      var rest = Int(stream.pointee.avail_in)
      if let next = stream.pointee.next_in, rest > 0 {
        input.copyMemory(from: UnsafeRawBufferPointer(start: next, count: rest))
      }
      while rest < magic.count {
        let count = try read(UnsafeMutableRawBufferPointer(rebasing: input[rest...]))
        if count <= 0 { return false }
        rest += count
      }
      stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_in = UInt32(rest)
    }
    guard let next = stream.pointee.next_in,
      UnsafeBufferPointer(start: next, count: magic.count).elementsEqual(magic),
      inflateReset(stream) == Z_OK
    else { return false }
    isFinished = false
    return true
  }

  private func refill(_ read: (UnsafeMutableRawBufferPointer) throws -> Int) throws -> Bool {
    let count = try read(input)
    guard count > 0 else { return false }
    stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = UInt32(count)
    return true
  }
}
