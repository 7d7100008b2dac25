import CPolylogueZstd

/// How the bytes of a blob or a message are stored.
///
/// 0: as they are. 1: a zstd frame. Any other number: a zstd frame made with the dictionary of that
/// id (<https://datatracker.ietf.org/doc/html/rfc8878>). A negative number: in cold storage, in the
/// file of the number without its sign; in place of the bytes stands the ``ColdPiece``'s hash.
public typealias Codec = Int64

/// A zstd dictionary. It is data for ever: what was compressed with it cannot be read without it.
public struct CompressionDictionary: Sendable {
  /// What it was trained for, such as `message` or `raw:chatgpt`.
  public let purpose: String
  /// The id inside the dictionary, which is also its ``Codec``.
  public let id: Codec
  /// The dictionary itself.
  public let bytes: [UInt8]

  /// The size that a trained dictionary has at most, in bytes. 64 KiB costs about 1 % of ratio
  /// against 110 KiB and is read by every process that shows a message.
  public static let byteCount = 64 << 10

  /// Wraps a stored dictionary.
  public init(purpose: String, id: Codec, bytes: [UInt8]) {
    self.purpose = purpose
    self.id = id
    self.bytes = bytes
  }

  /// Trains a dictionary from samples that lie one after the other.
  ///
  /// - Parameters:
  ///   - samples: The concatenated samples.
  ///   - sizes: The size of each in bytes.
  /// - Returns: nil when the samples are too few or too small to learn from.
  /// - Complexity: About 0.1 s a megabyte.
  public static func train(purpose: String, samples: [UInt8], sizes: [Int])
    -> CompressionDictionary?
  {
    guard sizes.count >= 16, samples.count >= 64 << 10 else { return nil }
    var bytes = [UInt8](repeating: 0, count: byteCount)
    let size = bytes.withUnsafeMutableBytes { out in
      samples.withUnsafeBytes { input in
        ZDICT_trainFromBuffer(
          out.baseAddress, out.count, input.baseAddress, sizes, UInt32(sizes.count))
      }
    }
    guard ZDICT_isError(size) == 0 else { return nil }
    bytes.removeLast(bytes.count - size)
    let id = bytes.withUnsafeBytes { ZDICT_getDictID($0.baseAddress, $0.count) }
    guard id > 1 else { return nil }
    return CompressionDictionary(purpose: purpose, id: Codec(id), bytes: bytes)
  }
}

/// Compresses and decompresses with zstd. Used by one thread at a time.
public final class Compressor {
  /// Level 1 for whole records, which are long; level 3 with a dictionary for messages, which are
  /// short.
  private static let recordLevel: Int32 = 1
  private static let messageLevel: Int32 = 3

  private let compression = ZSTD_createCCtx()
  private let decompression = ZSTD_createDCtx()
  private var forCompression: [Codec: OpaquePointer] = [:]
  private var forDecompression: [Codec: DecompressionDictionary] = [:]
  private var scratch: [UInt8] = []
  /// Asked for a dictionary that was not there when the others were added: another writer may have
  /// made it since.
  var findDictionary: ((Codec) -> CompressionDictionary?)?

  /// Asked for bytes that were moved to cold storage.
  var coldStorage: ColdStorage?

  /// A compressor without dictionaries.
  public init() {}

  deinit {
    ZSTD_freeCCtx(compression)
    ZSTD_freeDCtx(decompression)
    for dictionary in forCompression.values { ZSTD_freeCDict(dictionary) }
  }

  /// Makes a dictionary usable.
  public func add(_ dictionary: CompressionDictionary, forWriting: Bool) {
    dictionary.bytes.withUnsafeBytes { bytes in
      if forWriting, forCompression[dictionary.id] == nil {
        forCompression[dictionary.id] = ZSTD_createCDict(
          bytes.baseAddress, bytes.count, Compressor.messageLevel)
      }
      if forDecompression[dictionary.id] == nil {
        forDecompression[dictionary.id] = DecompressionDictionary(bytes)
      }
    }
  }

  /// Whether what was compressed with this codec can be read.
  public func knows(_ codec: Codec) -> Bool {
    codec == 0 || codec == 1 || forDecompression[codec] != nil
  }

  /// Compresses bytes, or leaves them as they are where that is not longer.
  ///
  /// - Parameter dictionary: The codec of an added dictionary, or nil to go without.
  public func compress(_ bytes: UnsafeRawBufferPointer, dictionary: Codec?) -> (
    codec: Codec, bytes: [UInt8]
  ) {
    guard bytes.count >= 16 else { return (0, Array(bytes)) }
    let bound = ZSTD_compressBound(bytes.count)
    if scratch.count < bound { scratch = [UInt8](repeating: 0, count: bound) }
    var codec: Codec = 1
    let size = scratch.withUnsafeMutableBytes { out in
      if let dictionary, let prepared = forCompression[dictionary] {
        codec = dictionary
        return ZSTD_compress_usingCDict(
          compression, out.baseAddress, out.count, bytes.baseAddress, bytes.count, prepared)
      }
      return ZSTD_compressCCtx(
        compression, out.baseAddress, out.count, bytes.baseAddress, bytes.count,
        Compressor.recordLevel)
    }
    guard ZSTD_isError(size) == 0, size < bytes.count else { return (0, Array(bytes)) }
    let result = Array(scratch[..<size])
    // A long record must not leave its scratch space behind for the rest of an import.
    if scratch.count > 4 << 20 { scratch = [] }
    return (codec, result)
  }

  /// Compresses bytes into a frame with a checksum, longer than they are if need be: a changed bit is
  /// found when they are brought back.
  func compressChecked(_ bytes: UnsafeRawBufferPointer, dictionary: Codec?) -> (
    codec: Codec, bytes: [UInt8]
  ) {
    let prepared = dictionary.flatMap { forCompression[$0] }
    // The context goes back to what the other compressions expect.
    defer { ZSTD_CCtx_reset(compression, ZSTD_reset_session_and_parameters) }
    ZSTD_CCtx_reset(compression, ZSTD_reset_session_and_parameters)
    ZSTD_CCtx_setParameter(compression, ZSTD_c_checksumFlag, 1)
    ZSTD_CCtx_refCDict(compression, prepared)
    var frame = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
    let size = frame.withUnsafeMutableBytes {
      ZSTD_compress2(compression, $0.baseAddress, $0.count, bytes.baseAddress, bytes.count)
    }
    guard ZSTD_isError(size) == 0 else { return (0, Array(bytes)) }
    return (prepared == nil ? 1 : dictionary ?? 1, Array(frame[..<size]))
  }

  /// Brings bytes back.
  ///
  /// - Parameter size: The size of the original, known from the row; it bounds the work.
  /// - Throws: ``ArchiveError`` with code `damaged`.
  public func decompress(_ bytes: UnsafeRawBufferPointer, codec: Codec, size: Int) throws -> [UInt8]
  {
    if codec < 0 {
      let piece = try cold(bytes, codec)
      return try piece.bytes.withUnsafeBytes {
        try decompress($0, codec: piece.codec, size: size)
      }
    }
    if codec == 0 {
      guard bytes.count == size else { throw Compressor.damage("its length is not as recorded") }
      return Array(bytes)
    }
    let dictionary = try decompressionDictionary(codec)
    var isWhole = false
    let result = [UInt8](unsafeUninitializedCapacity: size) { out, count in
      isWhole = expand(bytes, into: out.baseAddress, size: size, dictionary)
      count = isWhole ? size : 0
    }
    guard isWhole else {
      throw Compressor.damage("it does not decompress to what was stored")
    }
    return result
  }

  /// The dictionary of a codec; nil where none was used.
  private func decompressionDictionary(_ codec: Codec) throws -> DecompressionDictionary? {
    if codec == 1 { return nil }
    if let known = forDecompression[codec] { return known }
    if let found = findDictionary?(codec) { add(found, forWriting: false) }
    guard let dictionary = forDecompression[codec] else {
      throw Compressor.damage("its compression dictionary \(codec) is missing")
    }
    return dictionary
  }

  /// Decompresses a frame, and says whether it gave exactly as many bytes.
  private func expand(
    _ bytes: UnsafeRawBufferPointer, into out: UnsafeMutablePointer<UInt8>?, size: Int,
    _ dictionary: DecompressionDictionary?
  ) -> Bool {
    let written =
      if let dictionary {
        ZSTD_decompress_usingDDict(
          decompression, out, size, bytes.baseAddress, bytes.count, dictionary.handle)
      } else {
        ZSTD_decompressDCtx(decompression, out, size, bytes.baseAddress, bytes.count)
      }
    return ZSTD_isError(written) == 0 && written == size
  }

  /// As ``decompress(_:codec:)``, in memory that is used again where it is a message: the bytes are
  /// valid inside `body`, which must not decompress anything itself.
  package func withDecompressed<R>(
    _ bytes: UnsafeRawBufferPointer, codec: Codec, _ body: (UnsafeRawBufferPointer) throws -> R
  ) throws -> R {
    if codec == 0 { return try body(bytes) }
    if codec > 1, let dictionary = try decompressionDictionary(codec) {
      let written = ZSTD_decompress_usingDDict(
        decompression, dictionary.room.baseAddress, dictionary.room.count, bytes.baseAddress,
        bytes.count, dictionary.handle)
      if ZSTD_isError(written) == 0 {
        return try body(UnsafeRawBufferPointer(rebasing: dictionary.room[..<written]))
      }
    }
    // It is too long for the room, or damaged.
    return try decompress(bytes, codec: codec).withUnsafeBytes(body)
  }

  /// Brings back bytes whose size stands only in the frame itself.
  ///
  /// - Throws: ``ArchiveError`` with code `damaged`, also for a frame that claims more than
  ///   ``sizeLimit``.
  public func decompress(_ bytes: UnsafeRawBufferPointer, codec: Codec) throws -> [UInt8] {
    if codec < 0 {
      let piece = try cold(bytes, codec)
      return try piece.bytes.withUnsafeBytes { try decompress($0, codec: piece.codec) }
    }
    if codec == 0 { return Array(bytes) }
    let size = ZSTD_getFrameContentSize(bytes.baseAddress, bytes.count)
    guard size <= UInt64(Compressor.sizeLimit) else {
      throw Compressor.damage("its compressed form has no valid header")
    }
    return try decompress(bytes, codec: codec, size: Int(size))
  }

  /// The most bytes a single stored piece may have.
  public static let sizeLimit = 1 << 30

  private func cold(_ hash: UnsafeRawBufferPointer, _ codec: Codec) throws -> ColdPiece {
    guard let coldStorage else { throw Compressor.damage("its cold storage is not known") }
    return try coldStorage.piece(Array(hash), file: 0 - codec)
  }

  private static func damage(_ what: String) -> ArchiveError {
    ArchiveError(.damaged, "a stored piece is damaged: \(what)", remedy: .verify)
  }
}

/// A dictionary that is ready to decompress with, and room for what comes out.
///
/// The room lies right behind the dictionary, so that to zstd both are one text: what is taken from
/// the dictionary is copied as fast as what stands in the text itself.
private final class DecompressionDictionary {
  /// The longest text that there is room for. Memory is used as far as texts have reached.
  private static let roomByteCount = 1 << 20

  let handle: OpaquePointer
  let room: UnsafeMutableRawBufferPointer
  private let memory: UnsafeMutableRawBufferPointer

  /// Nil when the bytes are no dictionary.
  init?(_ bytes: UnsafeRawBufferPointer) {
    memory = .allocate(
      byteCount: bytes.count + DecompressionDictionary.roomByteCount, alignment: 16)
    memory.copyMemory(from: bytes)
    room = UnsafeMutableRawBufferPointer(rebasing: memory[bytes.count...])
    guard let handle = ZSTD_createDDict_byReference(memory.baseAddress, bytes.count) else {
      memory.deallocate()
      return nil
    }
    self.handle = handle
  }

  deinit {
    ZSTD_freeDDict(handle)
    memory.deallocate()
  }
}
