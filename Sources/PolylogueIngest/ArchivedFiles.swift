import PolylogueImport
import PolylogueModel
import PolylogueParsing
import PolylogueSQL
import PolylogueStore

/// The imported files that the raw tier keeps, to be read again. Used by one thread.
final class ArchivedFiles {
  /// A file of conversations.
  struct File {
    var importID: Int64
    var path: String
    var sha256: [UInt8]
    var byteCount: Int64
    var provider: Provider
    var parserVersion: Int64
    /// The path that the names of the files beside it are relative to.
    var root: String
  }

  private let connection: Connection
  private let compressor: Compressor
  private var members: (root: String, found: ArchivedMembers)?

  init(connection: Connection, compressor: Compressor) {
    self.connection = connection
    self.compressor = compressor
  }

  /// All files of conversations, equal ones once, in the order in which they came.
  func files() throws -> [File] {
    let statement = try connection.statement(
      """
      SELECT i.id, i.label, i.sha256, i.size, i.provider, first.version, c.label
      FROM (SELECT min(id) AS id, min(coalesce(parser_version, 0)) AS version FROM import
        WHERE kind = 0 AND status > 0 AND provider IS NOT NULL GROUP BY sha256, provider) AS first
      JOIN import AS i ON i.id = first.id LEFT JOIN import AS c ON c.id = i.container
      ORDER BY i.id
      """)
    defer { statement.reset() }
    var files: [File] = []
    while try statement.step() {
      let path = statement.string(1)
      files.append(
        File(
          importID: statement.int64(0), path: path, sha256: statement.bytes(2),
          byteCount: statement.int64(3), provider: Provider(rawValue: statement.string(4)),
          parserVersion: statement.int64(5),
          root: statement.optionalString(6) ?? ArchivedFiles.folder(of: path)))
    }
    return files
  }

  /// The file's bytes.
  func open(_ file: File) -> any ByteSource {
    ArchivedSource(connection: connection, compressor: compressor, file: file)
  }

  /// Why some of a file's bytes cannot be had; nil where all are at hand.
  func absence(of file: File) throws -> String? {
    let statement = try connection.statement(
      """
      SELECT b.size, b.codec, b.bytes FROM segment AS s JOIN blob AS b ON b.id = s.blob
      WHERE s.import = ? AND b.codec < 0 GROUP BY b.codec
      """)
    defer { statement.reset() }
    statement.bind(file.importID, at: 1)
    while try statement.step() {
      do {
        _ = try statement.withBytes(2) {
          try compressor.decompress(
            $0, codec: statement.int64(1), size: Int(statement.int64(0)))
        }
      } catch let error as ArchiveError {
        return error.message
      }
    }
    return nil
  }

  /// The path that the messages of a file name other files by: that of the container, or of the
  /// folder that was imported, which the files found beside it tell.
  func root(of file: File) throws -> String {
    let statement = try connection.statement(
      """
      SELECT i.label, a.member FROM conversation AS c JOIN message AS m ON m.conversation = c.id
      JOIN attachment AS a ON a.message = m.id JOIN import AS i ON i.id = a.import
      WHERE c.import = ? AND m.flags & 8 AND a.member IS NOT NULL LIMIT 1
      """)
    defer { statement.reset() }
    statement.bind(file.importID, at: 1)
    guard try statement.step() else { return file.root }
    let (label, member) = (statement.string(0), statement.string(1))
    let end = "/" + member
    guard label.utf8.suffix(end.utf8.count).elementsEqual(end.utf8) else { return file.root }
    return String(Substring(label.utf8.dropLast(member.utf8.count + 1)))
  }

  /// The files below a path; all of the archive for an empty one.
  func members(below root: String) throws -> ArchivedMembers {
    if let members, members.root.utf8.elementsEqual(root.utf8) { return members.found }
    let statement = try connection.statement(
      """
      SELECT id, label FROM import WHERE kind < 2 AND status > 0
        AND (?1 = '' OR (label > ?1 || '/' AND label < ?1 || '0')) ORDER BY id
      """)
    defer { statement.reset() }
    statement.bind(root, at: 1)
    var labels: [(Int64, String)] = []
    while try statement.step() {
      let label = statement.string(1)
      let rest = root.isEmpty ? label : String(Substring(label.utf8.dropFirst(root.utf8.count + 1)))
      labels.append((statement.int64(0), rest))
    }
    let found = ArchivedMembers(
      labels, raw: RawReader(connection: connection, compressor: compressor))
    members = (root, found)
    return found
  }

  private static func folder(of path: String) -> String {
    let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return parts.count > 1
      ? String(Substring(path.utf8.dropLast((parts.last?.count ?? 0) + 1))) : path
  }
}

/// The files that came together, as the archive has them.
final class ArchivedMembers: ExportMembers {
  /// Imports by the bytes of their labels; of several, the latest.
  private(set) var byLabel: [[UInt8]: Int64] = [:]
  private var byRow: [Int64: String] = [:]
  private let order: [String]
  private let raw: RawReader
  private static let limit = ParsingLimits.standard.companionByteCount

  init(_ labels: [(Int64, String)], raw: RawReader) {
    self.raw = raw
    var order: [String] = []
    for (row, label) in labels {
      byRow[row] = label
      if byLabel.updateValue(row, forKey: Array(label.utf8)) == nil { order.append(label) }
    }
    self.order = order
  }

  /// The label of an import.
  func label(of importID: Int64) -> String? { byRow[importID] }

  func labels(under folder: String) -> [String] {
    guard !folder.isEmpty else { return order }
    let prefix = Array((folder.hasSuffix("/") ? folder : folder + "/").utf8)
    return order.filter { $0.utf8.starts(with: prefix) }
  }

  func bytes(of label: String) -> [UInt8]? {
    guard let row = byLabel[Array(label.utf8)] else { return nil }
    var bytes: [UInt8] = []
    do {
      try raw.write(importID: row) {
        guard bytes.count + $0.count <= ArchivedMembers.limit else {
          throw SourceError(code: .limitExceeded, message: "\(label) is too long")
        }
        bytes.append(contentsOf: $0)
      }
    } catch {
      // As a member of a ZIP that cannot be read.
      return nil
    }
    return bytes
  }

  func byteCount(of label: String) -> Int64? {
    byLabel[Array(label.utf8)].flatMap { try? raw.importRecord($0)?.byteCount }
  }
}

/// The bytes of an imported file, one segment in memory at a time.
private final class ArchivedSource: ByteSource {
  private let connection: Connection
  private let compressor: Compressor
  private let file: ArchivedFiles.File
  private var position: Int64 = -1
  private var bytes: [UInt8] = []
  private var taken = 0

  init(connection: Connection, compressor: Compressor, file: ArchivedFiles.File) {
    self.connection = connection
    self.compressor = compressor
    self.file = file
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while taken == bytes.count { if try !nextSegment() { return 0 } }
    let count = min(buffer.count, bytes.count - taken)
    bytes.withUnsafeBytes {
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[taken..<taken + count]))
    }
    taken += count
    return count
  }

  private func nextSegment() throws -> Bool {
    let statement = try connection.statement(
      """
      SELECT s.position, s.separator, b.size, b.codec, b.bytes, b.sha256 FROM segment AS s
      LEFT JOIN blob AS b ON b.id = s.blob WHERE s.import = ? AND s.position > ?
      ORDER BY s.position LIMIT 1
      """)
    defer { statement.reset() }
    statement.bind(file.importID, at: 1)
    statement.bind(position, at: 2)
    guard try statement.step() else { return false }
    position = statement.int64(0)
    bytes = statement.isNull(1) ? [] : statement.bytes(1)
    taken = 0
    guard !statement.isNull(4) else { return true }
    do {
      let piece = try statement.withBytes(4) {
        try compressor.decompress(
          $0, codec: statement.int64(3), size: Int(statement.int64(2)))
      }
      // What has changed unnoticed would be taken for another revision, and might count.
      guard piece.withUnsafeBytes({ SHA256.hash($0) }) == statement.bytes(5) else {
        throw SourceError(
          code: .damaged,
          message:
            "\(file.path): its bytes are no longer those that were imported; restore a backup")
      }
      bytes += piece
    } catch let error as ArchiveError {
      throw SourceError(code: .damaged, message: "\(file.path): \(error.message)")
    }
    return true
  }
}
