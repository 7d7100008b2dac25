/// Cuts a stream of bytes into records without decoding them.
///
/// It decides from the first bytes whether they are an array, JSONL or a document, and then reads
/// forwards in one buffer that grows to the longest record, at most
/// ``ParsingLimits/recordByteCount``. Whatever the bytes are, the separators and bytes of all pieces
/// (but those that are ``Piece/Kind/decoded``) joined in order are the input again.
///
///     var reader = RecordReader(source: try FileSource(path: path), label: path)
///     while let piece = try reader.next() {
///       if piece.kind == .record { … }
///     }
///     if let problem = reader.problem { … }
///
/// Brackets are counted, not parsed, so a malformed string can put it out of step: a record that
/// cannot be parsed and a ``problem`` at the end are the signs of it.
public struct RecordReader {
  /// How the records follow each other.
  public let framing: RecordFraming
  private let cutter: RecordCutter
  private let transcoder: Transcoder?
  private var chunk: Transcoder.Chunk?
  private var decoded: Piece?
  private var isDrained = false
  private var failure: (any Error)?
  private var decodedProblem: RecordProblem?

  /// Reads the first bytes of a source.
  ///
  /// A source that fails is reported by ``next()``, behind what it gave.
  ///
  /// - Parameters:
  ///   - source: Where the bytes come from; read on only when needed.
  ///   - label: The name of the file, whose ending decides where the bytes allow several framings.
  ///   - limits: The bounds of a record.
  public init(source: any ByteSource, label: String, limits: ParsingLimits = .standard) {
    let buffer = RecordBuffer(source: source)
    switch RecordReader.probe(buffer, label, limits) {
    case .framed(let plan):
      cutter = RecordCutter(buffer: buffer, plan: plan, limits: limits)
      transcoder = nil
    case .opaque, .undecided:
      cutter = RecordCutter(buffer: buffer, plan: nil, limits: limits)
      transcoder = nil
    case .encoded(let encoding):
      let original = Transcoder(buffer: buffer, encoding: encoding)
      let inner = RecordBuffer(source: original)
      transcoder = original
      switch RecordReader.probe(inner, label, limits) {
      case .framed(let plan): cutter = RecordCutter(buffer: inner, plan: plan, limits: limits)
      default: cutter = RecordCutter(buffer: inner, plan: nil, limits: limits)
      }
    }
    framing = cutter.framing
  }

  /// What is wrong with the input as a whole; complete only at the end. The offset counts in UTF-8
  /// where records are decoded.
  public var problem: RecordProblem? { cutter.problem ?? decodedProblem }

  /// What is odd about the input but loses nothing.
  public var warning: RecordProblem? { cutter.warning }

  /// The next piece, whose bytes are valid until the next call; nil at the end.
  ///
  /// - Throws: what the source throws, once all that it gave has been handed out.
  public mutating func next() throws -> Piece? {
    guard let transcoder else { return try cutter.next() }
    return try next(transcoder)
  }

  /// Reads until the framing is clear. What is looked at doubles each time, so the cost stays
  /// linear.
  private static func probe(
    _ buffer: RecordBuffer, _ label: String, _ limits: ParsingLimits
  ) -> FramingProbe.Decision {
    var wanted = 4096
    while true {
      while buffer.count < wanted, buffer.fill() {}
      let probe = FramingProbe(bytes: buffer.bytes, isComplete: buffer.isAtEnd, label: label)
      let decision = probe.decide()
      guard case .undecided = decision else { return decision }
      if buffer.isAtEnd || buffer.count > limits.recordByteCount {
        return .framed(FramingProbe.Plan(framing: .document, prologueCount: 0))
      }
      wanted = buffer.count * 2
    }
  }

  // MARK: - Other encodings

  /// First what was read of the original, then the records that were decoded from it.
  private mutating func next(_ transcoder: Transcoder) throws -> Piece? {
    while true {
      if let chunk = transcoder.takeChunk() {
        self.chunk = chunk
        return RecordReader.piece(chunk)
      }
      if let piece = decoded {
        decoded = nil
        return piece
      }
      if let failure { throw failure }
      if isDrained { return nil }
      do {
        if let piece = try cutter.next() {
          take(piece)
        } else {
          isDrained = true
        }
      } catch {
        // What was read of the original before goes out first.
        failure = error
      }
    }
  }

  private mutating func take(_ piece: Piece) {
    switch piece.kind {
    case .record:
      decoded = Piece(
        offset: piece.offset, separator: UnsafeRawBufferPointer(start: nil, count: 0),
        bytes: piece.bytes, kind: .decoded)
    case .oversized where decodedProblem == nil:
      decodedProblem = RecordProblem(reason: .oversized, offset: piece.offset)
    default:
      break
    }
  }

  private static func piece(_ chunk: Transcoder.Chunk) -> Piece {
    Piece(
      offset: chunk.offset, separator: UnsafeRawBufferPointer(start: nil, count: 0),
      bytes: chunk.bytes, kind: .opaque)
  }
}
