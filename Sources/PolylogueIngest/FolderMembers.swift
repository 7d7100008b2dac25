import PolylogueImport
import PolylogueParsing

/// The files of an imported folder, as importers see them.
final class FolderMembers: ExportMembers {
  private let files: [FoundFile]
  private let limits: ParsingLimits
  private lazy var paths: [[UInt8]: String] = Dictionary(
    files.map { (Array($0.label.utf8), $0.path) }
  ) { first, _ in first }

  init(files: [FoundFile], limits: ParsingLimits) {
    self.files = files
    self.limits = limits
  }

  func labels(under folder: String) -> [String] {
    guard !folder.isEmpty else { return files.map(\.label) }
    let prefix = Array((folder.hasSuffix("/") ? folder : folder + "/").utf8)
    return files.filter { $0.label.utf8.starts(with: prefix) }.map(\.label)
  }

  func bytes(of label: String) -> [UInt8]? {
    guard let path = path(of: label), let source = try? FileSource(path: path) else {
      return nil
    }
    return readAll(source, limit: limits.companionByteCount)
  }

  func byteCount(of label: String) -> Int64? {
    path(of: label).flatMap { try? FileSource(path: $0).identity.byteCount }
  }

  /// Where a member lies; nil when there is no such member.
  func path(of label: String) -> String? { paths[Array(label.utf8)] }
}

/// Reads a source to its end; nil when it is longer than the limit or fails.
func readAll(_ source: any ByteSource, limit: Int) -> [UInt8]? {
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    guard let count = try? buffer.withUnsafeMutableBytes({ try source.read(into: $0) }) else {
      return nil
    }
    if count == 0 { return bytes }
    guard bytes.count + count <= limit else { return nil }
    bytes.append(contentsOf: buffer[..<count])
  }
}
