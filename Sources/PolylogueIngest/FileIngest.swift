import PolylogueImport
import PolylogueModel
import PolylogueParsing
import PolylogueStore

/// Reads one recognised file: cuts it into the raw tier and hands its records to a parser.
final class FileIngest {
  /// Runs of JSONL lines and pieces of opaque files are cut at about this many bytes.
  static let runByteCount = 256 << 10

  private let sink: PreparingSink
  private let preparer: Preparer
  private let known: KnownFiles?
  private let limits: ParsingLimits
  private let emit: (IngestItem, Int) throws -> Void

  // The file being read.
  private var hash = SHA256()
  private var byteCount: Int64 = 0
  private var announced: Int64 = 0
  private var run: [UInt8] = []
  private var bringsFiles = false
  private var framing = RecordFraming.document
  /// How archived bytes are read again; nil where a file is taken in.
  private var rereading: Rereading?
  private var recordIndex = 0
  private var json: JSONReader

  init(
    sink: PreparingSink, preparer: Preparer, known: KnownFiles?, limits: ParsingLimits,
    emit: @escaping (IngestItem, Int) throws -> Void
  ) {
    self.sink = sink
    self.preparer = preparer
    self.known = known
    self.limits = limits
    self.emit = emit
    json = JSONReader(limits: limits)
  }

  /// What came of a file.
  struct Result {
    var outcome = ImportOutcome()
    var receipt = Receipt()
    /// Why it is not wholly understood.
    var problem: String?
  }

  /// How archived bytes are read again, which need not be kept once more.
  enum Rereading {
    /// Records that today's parser has read are passed over.
    case outdated
    /// All records are read.
    case all
  }

  /// Reads a file whose importer is known.
  ///
  /// - Parameter bringsFiles: Whether attachments arrive with it, for which records that are known
  ///   but lack them are read again.
  func ingest(
    _ file: SourceFile, reader: inout LookaheadReader, importer: any Importer,
    parser: any RecordParser, bringsFiles: Bool, rereading: Rereading? = nil
  ) throws -> Result {
    reset()
    self.bringsFiles = bringsFiles
    framing = reader.reader.framing
    self.rereading = rereading
    sink.beginFile(parserVersion: importer.version)
    var readFailure: String?
    do {
      try readPieces(&reader, of: file, importer: importer, parser: parser)
    } catch let error as SourceError {
      // Whole records were read before the source failed; they are kept, and the failure is named.
      readFailure = error.reason(for: file.path)
      sink.isCut = true
    }
    try flushRun()
    do {
      try parser.finish(into: sink)
    } catch let error as RecordError {
      sink.isCut = true
      noteBad(error.reason, at: byteCount)
    }
    try sink.endFile()
    return result(reader: reader.reader, importer: importer, readFailure: readFailure)
  }

  private func readPieces(
    _ reader: inout LookaheadReader, of file: SourceFile, importer: any Importer,
    parser: any RecordParser
  ) throws {
    let isIndependent = importer.recordsAreIndependent
    try reader.forEachPiece { offset, separator, bytes, kind in
      switch kind {
      case .record where isIndependent:
        try takeIndependent(
          separator: separator, bytes: bytes, offset: offset, importer: importer, parser: parser)
      case .record:
        take(separator)
        take(bytes)
        run.append(contentsOf: separator)
        run.append(contentsOf: bytes)
        if run.count >= FileIngest.runByteCount { try flushRun() }
        try parse(bytes, offset: offset, parser: parser)
      case .decoded:
        try parse(bytes, offset: offset, parser: parser)
      case .oversized, .opaque, .tail:
        take(separator)
        take(bytes)
        if kind == .oversized {
          noteBad("a record is longer than \(limits.recordByteCount >> 20) MB", at: offset)
        }
        try flushRun()
        try addSegment(separator: separator, bytes: bytes)
      }
      try announce(file)
    }
  }

  /// Keeps the bytes of a file that holds no conversations.
  func keep(_ file: SourceFile, source: any ByteSource) throws -> Result {
    reset()
    rereading = nil
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var isFull = true
    while isFull {
      var filled = 0
      try buffer.withUnsafeMutableBytes { bytes in
        while filled < bytes.count {
          let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[filled...])
          let count = try source.read(into: rest)
          if count == 0 { break }
          filled += count
        }
      }
      isFull = filled == buffer.count
      guard filled > 0 else { break }
      try buffer.withUnsafeBytes { bytes in
        let piece = UnsafeRawBufferPointer(rebasing: bytes[..<filled])
        take(piece)
        try addSegment(
          separator: UnsafeRawBufferPointer(start: nil, count: 0), bytes: piece)
      }
      try announce(file)
    }
    var result = Result()
    result.outcome.sha256 = hash.digest()
    result.outcome.byteCount = byteCount
    return result
  }

  /// The hash of a whole source.
  static func hash(of source: any ByteSource) throws -> [UInt8] {
    var hash = SHA256()
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = try buffer.withUnsafeMutableBytes { bytes in
        let count = try source.read(into: bytes)
        hash.update(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        return count
      }
      if count == 0 { return hash.digest() }
    }
  }

  // MARK: Pieces

  private func takeIndependent(
    separator: UnsafeRawBufferPointer, bytes: UnsafeRawBufferPointer, offset: Int64,
    importer: any Importer, parser: any RecordParser
  ) throws {
    take(separator)
    take(bytes)
    let sha256 = SHA256.hash(bytes)
    if rereading != .all,
      let record = try known?.record(
        sha256: sha256, provider: importer.provider, parserVersion: importer.version),
      !(bringsFiles && record.lacksFiles)
    {
      sink.receipt.understood("conversation (unchanged)")
      recordIndex += 1
      if rereading == nil {
        let blob = PreparedBlob(knownAs: sha256, size: bytes.count)
        try emit(.segment(separator: Array(separator), blob: blob), 128)
      }
      try emit(.known(record), 0)
      return
    }
    if rereading == nil {
      let blob = preparer.prepare(blob: bytes, sha256: sha256)
      try emit(.segment(separator: Array(separator), blob: blob), blob.bytes.count + 128)
    }
    sink.lostBefore = sink.receipt.lost
    sink.recordHash = sha256
    try parse(bytes, offset: offset, parser: parser)
    sink.recordHash = nil
  }

  private func parse(
    _ record: UnsafeRawBufferPointer, offset: Int64, parser: any RecordParser
  ) throws {
    if let bytes = framing.json(of: record) {
      return try bytes.withUnsafeBytes { try parse(json: $0, offset: offset, parser: parser) }
    }
    try parse(json: record, offset: offset, parser: parser)
  }

  private func parse(
    json bytes: UnsafeRawBufferPointer, offset: Int64, parser: any RecordParser
  ) throws {
    var rest = bytes
    var start = offset
    while !rest.isEmpty {
      let parsed: (value: JSONValue, end: Int)
      do {
        parsed = try json.parsePrefix(rest)
      } catch {
        noteBad("\(error.reason) at byte \(error.offset) of the record", at: start)
        recordIndex += 1
        return
      }
      do {
        try parser.consume(
          Record(value: parsed.value, index: recordIndex, offset: start), into: sink)
      } catch let error as RecordError {
        noteBad(error.reason, at: start)
      }
      recordIndex += 1
      // Records glued together without a line break come from a writer that was killed.
      rest = UnsafeRawBufferPointer(rebasing: rest[parsed.end...])
      start += Int64(parsed.end)
      while let first = rest.first, first == 32 || first == 9 || first == 13 || first == 10 {
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst())
        start += 1
      }
    }
  }

  private func noteBad(_ reason: String, at offset: Int64) {
    sink.receipt.unknown(Receipt.unreadableKind, because: reason, at: offset)
  }

  private func addSegment(
    separator: UnsafeRawBufferPointer, bytes: UnsafeRawBufferPointer
  ) throws {
    guard rereading == nil else { return }
    guard !bytes.isEmpty else {
      if !separator.isEmpty {
        try emit(.segment(separator: Array(separator), blob: nil), separator.count + 64)
      }
      return
    }
    let blob = preparer.prepare(blob: bytes)
    try emit(
      .segment(separator: Array(separator), blob: blob),
      separator.count + blob.bytes.count + 128)
  }

  private func flushRun() throws {
    guard !run.isEmpty else { return }
    if rereading != nil { run.removeAll(keepingCapacity: true) }
    try run.withUnsafeBytes {
      try addSegment(separator: UnsafeRawBufferPointer(start: nil, count: 0), bytes: $0)
    }
    run.removeAll(keepingCapacity: run.capacity < 4 * FileIngest.runByteCount)
  }

  private func take(_ bytes: UnsafeRawBufferPointer) {
    hash.update(bytes)
    byteCount += Int64(bytes.count)
  }

  private func announce(_ file: SourceFile) throws {
    guard byteCount - announced >= 4 << 20 else { return }
    announced = byteCount
    try emit(.advanced(path: file.path, bytes: byteCount, of: file.byteCount ?? 0), 0)
  }

  private func reset() {
    hash = SHA256()
    byteCount = 0
    announced = 0
    run = []
    recordIndex = 0
  }

  private func result(
    reader: RecordReader, importer: any Importer, readFailure: String?
  ) -> Result {
    var result = Result()
    result.outcome.provider = importer.provider
    result.outcome.parserVersion = importer.version
    result.outcome.sha256 = hash.digest()
    result.outcome.byteCount = byteCount
    result.receipt = sink.receipt
    if let readFailure {
      result.problem = readFailure
    } else if let problem = reader.problem, problem.reason != .trailingZeros {
      result.problem = "\(problem)"
    } else {
      result.problem = result.receipt.problem(
        of: recordIndex, importer.recordsAreIndependent ? "conversation" : "record")
    }
    result.outcome.status = result.problem == nil ? .complete : .partial
    result.outcome.error = result.problem
    return result
  }
}
