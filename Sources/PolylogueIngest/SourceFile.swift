import PolylogueModel
import PolylogueParsing
import PolylogueStore

/// Something to be read: a file, a member of a ZIP, standard input.
struct SourceFile {
  /// The name it is known by.
  var path: String
  /// Its label inside the container it came in; the last part of the path otherwise.
  var label: String
  /// Its size in bytes, where it is known.
  var byteCount: Int64?
  /// What identifies a file on disk.
  var identity: FileStamp?
  /// Opens it from the start; nil when that can be done only once and has been done.
  var open: () throws -> any ByteSource
}

/// A source whose first bytes somebody wants to see.
final class WatchedSource: ByteSource {
  private let source: any ByteSource
  private var onHead: ((UnsafeRawBufferPointer) -> Void)?

  init(_ source: any ByteSource, onHead: @escaping (UnsafeRawBufferPointer) -> Void) {
    self.source = source
    self.onHead = onHead
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = try source.read(into: buffer)
    onHead?(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    onHead = nil
    return count
  }
}

/// A piece that was read ahead to recognise a file, kept so that it need not be read again.
struct KeptPiece {
  var offset: Int64
  var separator: [UInt8]
  var bytes: [UInt8]
  var kind: Piece.Kind
}

/// A record reader that gives back what was looked at.
struct LookaheadReader {
  /// The most records that are looked at.
  static let recordLimit = 8
  /// The most bytes that are looked at, if the first record alone is not longer.
  static let byteLimit = 2 << 20

  private(set) var reader: RecordReader
  private(set) var kept: [KeptPiece] = []
  private var next = 0

  init(source: any ByteSource, label: String, limits: ParsingLimits) {
    reader = RecordReader(source: source, label: label, limits: limits)
  }

  /// Reads ahead and parses the first records; what cannot be parsed is left out.
  mutating func lookAhead(limits: ParsingLimits) throws -> [JSONValue] {
    var values: [JSONValue] = []
    var byteCount = 0
    var tries = 0
    while values.count < LookaheadReader.recordLimit, byteCount < LookaheadReader.byteLimit,
      tries < 2 * LookaheadReader.recordLimit, let piece = try reader.next()
    {
      tries += 1
      kept.append(
        KeptPiece(
          offset: piece.offset, separator: Array(piece.separator), bytes: Array(piece.bytes),
          kind: piece.kind))
      byteCount += piece.separator.count + piece.bytes.count
      guard piece.kind == .record || piece.kind == .decoded else { continue }
      // Each value keeps a document of its own alive, so each has a reader of its own.
      var json = JSONReader(limits: limits)
      if let bytes = reader.framing.json(of: piece.bytes) {
        if let value = try? json.parse(bytes) { values.append(value) }
      } else if let parsed = try? json.parsePrefix(piece.bytes) {
        values.append(parsed.value)
      }
    }
    return values
  }

  /// Goes through all pieces, those looked at first.
  mutating func forEachPiece(
    _ body: (
      _ offset: Int64, _ separator: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer,
      _ kind: Piece.Kind
    ) throws -> Void
  ) throws {
    for piece in kept {
      try piece.separator.withUnsafeBytes { separator in
        try piece.bytes.withUnsafeBytes { try body(piece.offset, separator, $0, piece.kind) }
      }
    }
    kept = []
    while let piece = try reader.next() {
      try body(piece.offset, piece.separator, piece.bytes, piece.kind)
    }
  }
}
