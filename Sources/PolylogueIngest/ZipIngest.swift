import PolylogueImport
import PolylogueModel
import PolylogueParsing
import PolylogueStore

/// The members of a ZIP, as importers see them.
final class ZipMembers: ExportMembers {
  private let archive: ZipArchive
  private let limit: Int
  private lazy var byLabel: [[UInt8]: ZipArchive.Member] = Dictionary(
    archive.members.map { (Array($0.label.utf8), $0) }
  ) { first, _ in first }

  init(archive: ZipArchive, limit: Int) {
    self.archive = archive
    self.limit = limit
  }

  func labels(under folder: String) -> [String] {
    let files = archive.members.filter { !$0.isDirectory }
    guard !folder.isEmpty else { return files.map(\.label) }
    let prefix = Array((folder.hasSuffix("/") ? folder : folder + "/").utf8)
    return files.filter { $0.label.utf8.starts(with: prefix) }.map(\.label)
  }

  func bytes(of label: String) -> [UInt8]? {
    guard let member = byLabel[Array(label.utf8)], let source = try? archive.open(member) else {
      return nil
    }
    return readAll(source, limit: limit)
  }
}

extension ReadingSide {
  /// Imports a ZIP: its own bytes, and each member as an import of its own.
  func readZip(_ file: SourceFile) throws {
    if let original = try unchangedContainer(file) {
      try emit(.duplicate(path: file.path, of: original, identity: file.identity), 0)
      return
    }
    do {
      let archive = try ZipArchive(path: file.path)
      let sorted = try sort(archive, in: file)
      guard !sorted.conversations.isEmpty else {
        let reasons = sorted.others.map { "\($0.file.label): \($0.reason)" }.prefix(3)
        try fail(
          file.path,
          reasons.isEmpty
            ? "not imported: the ZIP holds no files"
            : "not imported: no member holds conversations (\(reasons.joined(separator: "; ")))")
        return
      }
      try emit(.beginContainer(path: file.path), 0)
      try readMembers(of: archive, file: file, sorted: sorted)
    } catch let error as SourceError {
      try fail(file.path, error.message)
    }
  }

  private struct Sorted {
    var conversations: [SourceFile] = []
    var others: [(file: SourceFile, reason: String, isBroken: Bool)] = []
  }

  /// Looks at every member, before anything is written.
  private func sort(_ archive: ZipArchive, in file: SourceFile) throws -> Sorted {
    var sorted = Sorted()
    for member in archive.members where !member.isDirectory {
      let inner = SourceFile(
        path: file.path + "/" + member.label, label: member.label,
        byteCount: member.byteCount, identity: nil, open: { try archive.open(member) })
      do {
        if let reason = try recognize(inner).failure {
          sorted.others.append((inner, reason, false))
        } else {
          sorted.conversations.append(inner)
        }
      } catch let error as SourceError {
        sorted.others.append((inner, error.message, true))
      }
    }
    return sorted
  }

  private func readMembers(of archive: ZipArchive, file: SourceFile, sorted: Sorted) throws {
    var receipt = Receipt()
    var failures: [ImportReport.Failure] = []
    for other in sorted.others {
      guard !other.isBroken else {
        failures.append(ImportReport.Failure(path: other.file.path, reason: other.reason))
        continue
      }
      let kind = companionKind(other.file.label)
      if kind == nil { receipt.unknown("member", because: "no importer knows it; kept as bytes") }
      do {
        try keepCompanion(other.file, kind: kind ?? "member of unknown kind")
      } catch let error as SourceError {
        failures.append(ImportReport.Failure(path: other.file.path, reason: error.message))
      }
    }
    let exports = Exports(
      members: ZipMembers(archive: archive, limit: limits.companionByteCount))
    for inner in sorted.conversations {
      do {
        if let failure = try readConversations(inner, exports: exports) {
          failures.append(ImportReport.Failure(path: inner.path, reason: failure))
        }
      } catch let error as SourceError {
        failures.append(ImportReport.Failure(path: inner.path, reason: error.message))
      }
    }
    var result = try ingest.keep(file, source: try file.open())
    result.outcome.identity = file.identity
    result.outcome.status = failures.isEmpty ? .complete : .partial
    result.outcome.error = failures.first.map { "\($0.path): \($0.reason)" }
    result.outcome.receipt = receipt.json
    try emit(
      .endContainer(
        EndFile(
          path: file.path, outcome: result.outcome, receipt: receipt, failures: failures)), 0)
  }
}
