import PolylogueImport
import PolylogueModel
import PolylogueParsing
import PolylogueStore

/// The members of a ZIP, as importers see them.
final class ZipMembers: ExportMembers {
  private let archive: ZipArchive
  private let limit: Int
  private lazy var byLabel: [[UInt8]: ZipMember] = Dictionary(
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

  func byteCount(of label: String) -> Int64? { byLabel[Array(label.utf8)]?.byteCount }
}

extension ReadingSide {
  /// The kind of container a file is, by its first bytes.
  enum Container {
    case zip
    case gzip
  }

  /// Imports a ZIP or gzip file: its own bytes, and each member as an import of its own.
  func readContainer(_ file: SourceFile, as kind: Container) throws {
    do {
      // Opened first: what is no container by its own directory is refused, known or not.
      let (members, exportMembers) = try members(of: file, kind: kind)
      if try passOnKnown(file) { return }
      let sorted = try sort(members)
      guard !sorted.conversations.isEmpty || sorted.files > 0 else {
        let reasons = sorted.others.prefix(3).map { "\($0.file.label): \($0.reason)" }
        try fail(
          file.path,
          reasons.isEmpty
            ? "not imported: there are no files in it"
            : "not imported: no member holds conversations (\(reasons.joined(separator: "; ")))")
        return
      }
      try emit(.beginContainer(path: file.path), 0)
      try readMembers(sorted, of: file, exportMembers: exportMembers)
    } catch let error as SourceError {
      try fail(file.path, error.reason(for: file.path))
    }
  }

  private func members(of file: SourceFile, kind: Container) throws -> (
    [SourceFile], (any ExportMembers)?
  ) {
    switch kind {
    case .zip:
      let archive = try ZipArchive(file: try FileSource(path: file.path), limits: limits)
      let members = archive.members.filter { !$0.isDirectory }.map { member in
        SourceFile(
          path: file.path + "/" + member.label, label: member.label,
          byteCount: member.byteCount, identity: nil, open: { try archive.open(member) })
      }
      return (members, ZipMembers(archive: archive, limit: limits.companionByteCount))
    case .gzip:
      let limits = limits
      let label =
        file.label.lowercased().hasSuffix(".gz") ? String(file.label.dropLast(3)) : file.label
      let path = file.path + "/" + ReadingSide.lastPart(label)
      let member = SourceFile(
        path: path, label: label, byteCount: nil, identity: nil,
        open: { GzipSource(source: try file.open(), label: path, limits: limits) })
      return ([member], nil)
    }
  }

  private struct Sorted {
    var conversations: [SourceFile] = []
    var others: [(file: SourceFile, reason: String, isBroken: Bool)] = []
    /// How many of the others are attachments.
    var files = 0
  }

  /// Looks at every member, before anything is written.
  private func sort(_ members: [SourceFile]) throws -> Sorted {
    var sorted = Sorted()
    for member in members {
      do {
        if let reason = try recognize(member).failure {
          sorted.others.append((member, reason, false))
          if companionKind(member.label) == attachmentCompanion { sorted.files += 1 }
        } else {
          sorted.conversations.append(member)
        }
      } catch let error as SourceError {
        sorted.others.append((member, error.reason(for: member.path), true))
      }
    }
    return sorted
  }

  private func readMembers(
    _ sorted: Sorted, of file: SourceFile, exportMembers: (any ExportMembers)?
  ) throws {
    var receipt = Receipt()
    var failures: [ImportReport.Failure] = []
    var unknownMembers = 0
    func collect(_ member: SourceFile, _ body: () throws -> String?) throws {
      do {
        guard let failure = try body() else { return }
        failures.append(ImportReport.Failure(path: member.path, reason: failure))
      } catch let error as SourceError {
        failures.append(
          ImportReport.Failure(path: member.path, reason: error.reason(for: member.path)))
      }
    }
    for other in sorted.others {
      try collect(other.file) {
        if other.isBroken { return other.reason }
        let kind = companionKind(other.file.label)
        if kind == nil {
          receipt.unknownDetail("member", because: "no importer knows it; kept as bytes")
          unknownMembers += 1
        }
        try keepCompanion(other.file, kind: kind ?? "member of unknown kind")
        return nil
      }
    }
    let exports = Exports(members: exportMembers, importers: importers)
    for member in sorted.conversations {
      try collect(member) { try readConversations(member, exports: exports) }
    }
    if sorted.conversations.isEmpty {
      receipt.warn(
        "it holds files of an export and no conversations: unpack all parts of the export into one"
          + " folder and import that, and the files are linked to their conversations")
    }
    if unknownMembers > 0 {
      receipt.warn(
        "\(unknownMembers) member\(unknownMembers == 1 ? "" : "s") of unknown kind, kept as bytes")
    }
    var result = try ingest.keep(file, source: try file.open())
    result.outcome.identity = file.identity
    result.outcome.status = failures.isEmpty ? .complete : .partial
    result.outcome.error = failures.first.map {
      let label = $0.path.utf8.dropFirst(file.path.utf8.count + 1)
      return "\(Substring(label)): \($0.reason)"
    }
    result.outcome.receipt = receipt.json
    try emit(
      .endContainer(
        EndFile(
          path: file.path, outcome: result.outcome, receipt: receipt, failures: failures)), 0)
  }
}
