import Glibc
import PolylogueImport
import PolylogueModel
import PolylogueParsing
import PolylogueStore

/// The reading side of an import: goes through the inputs, recognises them, and passes on what is
/// to be written. Runs on a thread of its own and never writes to the archive.
final class ReadingSide {
  private let options: ImportOptions
  let importers: [any Importer]
  let known: KnownFiles?
  let ingest: FileIngest
  let sink: PreparingSink
  let emit: (IngestItem, Int) throws -> Void

  init(
    options: ImportOptions, importers: [any Importer], known: KnownFiles?, preparer: Preparer,
    emit: @escaping (IngestItem, Int) throws -> Void
  ) {
    self.options = options
    self.importers = importers
    self.known = known
    self.emit = emit
    sink = PreparingSink(preparer: preparer, emit: emit)
    ingest = FileIngest(
      sink: sink, preparer: preparer, known: known, limits: options.limits, emit: emit)
  }

  /// Reads one input: a file, a folder, or `-` for standard input.
  func read(_ path: String) throws {
    if path == "-" {
      try readStandardInput()
      return
    }
    guard let real = ReadingSide.realPath(path) else {
      try fail(path, "cannot be found: \(String(cString: strerror(errno))); check the path")
      return
    }
    var info = stat()
    guard stat(real, &info) == 0 else {
      try fail(path, "cannot be read: \(String(cString: strerror(errno)))")
      return
    }
    if info.st_mode & S_IFMT == S_IFDIR {
      try readFolder(real)
    } else {
      try readLooseFile(real)
    }
  }

  /// The bounds for untrusted input.
  var limits: ParsingLimits { options.limits }

  /// What a member is to any of the importers; nil when none knows it.
  func companionKind(_ label: String) -> String? {
    importers.lazy.compactMap { $0.companion(label) }.first
  }

  func fail(_ path: String, _ reason: String) throws {
    try emit(.failed(path: path, reason: reason), 0)
  }

  // MARK: Single files

  private func readLooseFile(_ path: String) throws {
    do {
      let source = try FileSource(path: path)
      let file = SourceFile(
        path: path, label: ReadingSide.lastPart(path), byteCount: source.identity.byteCount,
        identity: FileStamp(source.identity), open: { try FileSource(path: path) })
      if let unchanged = try unchangedFile(file) {
        try emit(.unchanged(unchanged), 0)
        return
      }
      if let kind = try container(file) {
        try readContainer(file, as: kind)
        return
      }
      try emit(.beginContainer(path: nil), 0)
      guard
        let failure = try readConversations(
          file, exports: Exports(members: nil, importers: importers))
      else {
        return
      }
      try fail(path, failure)
    } catch let error as SourceError {
      try fail(path, error.message)
    }
  }

  private func readStandardInput() throws {
    let file = SourceFile(
      path: "-", label: "stdin", byteCount: nil, identity: nil,
      open: { DescriptorSource(descriptor: STDIN_FILENO, label: "standard input") })
    try emit(.beginContainer(path: nil), 0)
    do {
      if let failure = try readConversations(
        file, exports: Exports(members: nil, importers: importers))
      {
        try fail("-", failure)
      }
    } catch let error as SourceError {
      try fail("-", error.message)
    }
  }

  // MARK: Folders

  private func readFolder(_ root: String) throws {
    let files = try InputWalk.files(below: root) { try fail($0, $1) }
    let exports = Exports(
      members: FolderMembers(files: files, limits: options.limits), importers: importers)
    try emit(.beginContainer(path: nil), 0)
    var conversations: [SourceFile] = []
    var others: [(file: SourceFile, reason: String)] = []
    var unchanged: [(file: SourceFile, as: UnchangedFile)] = []
    for found in files {
      do {
        let source = try FileSource(path: found.path)
        let path = found.path
        let file = SourceFile(
          path: path, label: found.label, byteCount: source.identity.byteCount,
          identity: FileStamp(source.identity), open: { try FileSource(path: path) })
        if let known = try unchangedFile(file) {
          unchanged.append((file, known))
        } else if let kind = try container(file) {
          try readContainer(file, as: kind)
          try emit(.beginContainer(path: nil), 0)
        } else if let reason = try recognize(file).failure {
          others.append((file, reason))
        } else {
          conversations.append(file)
        }
      } catch let error as SourceError {
        try fail(found.path, error.message)
      }
    }
    conversations += try filesToComplete(unchanged, with: others.map(\.file))
    try readCompanions(others)
    for file in conversations {
      do {
        if let failure = try readConversations(file, exports: exports) {
          try fail(file.path, failure)
        }
      } catch let error as SourceError {
        try fail(file.path, error.message)
      }
    }
    if files.isEmpty { try fail(root, "the folder holds no files") }
  }

  /// Passes on unchanged files, but for those whose attachments may have arrived since.
  private func filesToComplete(
    _ unchanged: [(file: SourceFile, as: UnchangedFile)], with others: [SourceFile]
  ) throws -> [SourceFile] {
    let bringsFiles = others.contains { companionKind($0.label) == attachmentCompanion }
    var incomplete: [SourceFile] = []
    for (file, known) in unchanged {
      if bringsFiles, known.isConversations, try lacksFiles(known.importID) {
        incomplete.append(file)
      } else {
        try emit(.unchanged(known), 0)
      }
    }
    return incomplete
  }

  private func lacksFiles(_ importID: Int64) throws -> Bool {
    try known?.lacksFiles(importID: importID) ?? false
  }

  /// Keeps what belongs to the exports in a folder, and names what looks like an export and is
  /// none; other files are not ours to keep.
  private func readCompanions(_ others: [(file: SourceFile, reason: String)]) throws {
    for (file, reason) in others {
      let companion = companionKind(file.label)
      do {
        if companion != nil, file.byteCount != 0 {
          try keepCompanion(file, kind: companion ?? "companion")
        } else if ReadingSide.looksLikeExport(file.label) {
          try fail(file.path, reason)
        }
      } catch let error as SourceError {
        try fail(file.path, error.message)
      }
    }
  }

  func keepCompanion(_ file: SourceFile, kind: String) throws {
    if let original = try duplicate(of: file) {
      try emit(.duplicate(path: file.path, of: original, identity: file.identity), 0)
      return
    }
    try emit(
      .beginFile(BeginFile(path: file.path, kind: .companion, memberLabel: file.label)), 0)
    do {
      var result = try ingest.keep(file, source: try file.open())
      result.outcome.identity = file.identity
      result.receipt.skipped(kind, because: "kept as bytes")
      result.outcome.receipt = result.receipt.json
      try emit(
        .endFile(EndFile(path: file.path, outcome: result.outcome, receipt: result.receipt)), 0)
    } catch let error as SourceError {
      try emit(.abandonFile, 0)
      throw error
    }
  }

  // MARK: Conversations

  /// Looks at the first records of a file.
  func recognize(_ file: SourceFile) throws -> (
    importer: (any Importer)?, reader: LookaheadReader, failure: String?
  ) {
    var reader = LookaheadReader(
      source: try file.open(), label: file.label, limits: options.limits)
    let records = try reader.lookAhead(limits: options.limits)
    if let provider = options.provider {
      guard let importer = importers.first(where: { $0.provider == provider }) else {
        return (nil, reader, "there is no importer for '\(provider.rawValue)'")
      }
      if records.isEmpty { return (nil, reader, ReadingSide.explain(reader.reader)) }
      return (importer, reader, nil)
    }
    let probe = Probe(label: file.label, records: records, framing: reader.reader.framing)
    if let importer = importers.first(where: { $0.recognizes(probe) }) {
      return (importer, reader, nil)
    }
    return (nil, reader, ReadingSide.explain(reader.reader, hasRecords: !records.isEmpty))
  }

  /// Imports a file of conversations.
  ///
  /// - Returns: Why nothing could be imported; nil when something was.
  func readConversations(_ file: SourceFile, exports: Exports) throws -> String? {
    let original = try duplicate(of: file)
    if let original, try !exports.bringFiles || !lacksFiles(original) {
      try emit(.duplicate(path: file.path, of: original, identity: file.identity), 0)
      return nil
    }
    var recognized = try recognize(file)
    guard let importer = recognized.importer else { return recognized.failure }
    let parser = exports.export(for: importer, label: file.label).parser(for: file.label)
    try emit(
      .beginFile(BeginFile(path: file.path, kind: .conversations, memberLabel: file.label)), 0)
    var result = try ingest.ingest(
      file, reader: &recognized.reader, importer: importer, parser: parser,
      bringsFiles: exports.bringFiles)
    let hasContent = sink.conversationCount > 0 || result.receipt.hasUnchanged
    if !hasContent, result.problem == nil {
      result.problem = "no conversations in it: " + result.receipt.explanation
      result.outcome.status = .partial
      result.outcome.error = result.problem
    }
    result.outcome.identity = file.identity
    result.outcome.receipt = result.receipt.json
    if !hasContent, result.receipt.tallies.allSatisfy({ $0.understood == 0 }) {
      try emit(.abandonFile, 0)
      return result.problem
    }
    var end = EndFile(path: file.path, outcome: result.outcome, receipt: result.receipt)
    if let problem = result.problem {
      end.failures.append(ImportReport.Failure(path: file.path, reason: problem))
    }
    for missing in result.receipt.missingMembers {
      end.failures.append(
        ImportReport.Failure(
          path: missing, reason: "named by the export's manifest, but not in the export"))
    }
    try emit(.endFile(end), 0)
    return nil
  }

  // MARK: Known content

  /// What is known of a file that is as it was when it was imported; then nothing of it is read.
  private func unchangedFile(_ file: SourceFile) throws -> UnchangedFile? {
    guard let identity = file.identity, let last = try known?.last(path: file.path),
      last.identity == identity, isCurrent(last)
    else { return nil }
    // A file changed within a moment of its import may have been changed after it was read.
    guard last.importedAt * 1000 - identity.changed > 2_000_000_000 else { return nil }
    var unchanged = last.file
    unchanged.path = file.path
    return unchanged
  }

  /// The import of the same bytes, under whatever name.
  func duplicate(of file: SourceFile) throws -> Int64? {
    guard let byteCount = file.byteCount, let known else { return nil }
    let candidates = try known.all(byteCount: byteCount).filter(isCurrent)
    guard !candidates.isEmpty else { return nil }
    let hash = try FileIngest.hash(of: try file.open())
    guard let match = candidates.first(where: { $0.sha256 == hash }) else { return nil }
    return match.id
  }

  /// Whether an import was made with today's parser.
  private func isCurrent(_ known: KnownFiles.Known) -> Bool {
    guard known.file.isConversations, let provider = known.file.provider,
      let version = known.parserVersion
    else { return true }
    return importers.contains { $0.provider == provider && Int64($0.version) == version }
  }

  // MARK: Names and reasons

  private func container(_ file: SourceFile) throws -> Container? {
    let source = try file.open()
    var head = [UInt8](repeating: 0, count: 64)
    let count = try head.withUnsafeMutableBytes { try source.read(into: $0) }
    if ZipArchive.recognizes(head.prefix(count)) { return .zip }
    // A ZIP may stand behind other bytes: a script that unpacks itself, a cut download.
    if file.label.lowercased().hasSuffix(".zip") { return .zip }
    return GzipSource.recognizes(head.prefix(count)) ? .gzip : nil
  }

  static func looksLikeExport(_ label: String) -> Bool {
    let name = label.lowercased()
    return [".json", ".jsonl", ".ndjson", ".zip", ".gz"].contains { name.hasSuffix($0) }
  }

  private static func explain(_ reader: RecordReader, hasRecords: Bool = false) -> String {
    if let problem = reader.problem {
      return "not imported: \(problem)"
    }
    return hasRecords
      ? "not imported: it is JSON, but of no format this version knows; name the provider with"
        + " --provider if you know it"
      : "not imported: no JSON record in it could be read; is it the right file?"
  }

  private static func realPath(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(validatingCString: real)
  }

  static func lastPart(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}

/// The exports opened in one container, one for each importer and folder.
final class Exports {
  private let members: (any ExportMembers)?
  private let importers: [any Importer]
  private var open: [String: any Export] = [:]
  /// Whether there are attachments among the files.
  private(set) lazy var bringFiles: Bool = {
    let labels = members?.labels(under: "") ?? []
    return labels.contains { label in
      importers.contains { $0.companion(label) == attachmentCompanion }
    }
  }()

  init(members: (any ExportMembers)?, importers: [any Importer]) {
    self.members = members
    self.importers = importers
  }

  /// The export that a file belongs to.
  func export(for importer: any Importer, label: String) -> any Export {
    let folder = label.split(separator: "/").dropLast().joined(separator: "/")
    let key = importer.provider.rawValue + "\n" + (importer.recordsAreIndependent ? folder : "")
    if let known = open[key] { return known }
    let export = importer.open(members)
    open[key] = export
    return export
  }
}

extension FileStamp {
  /// The archive's form of what the file system says.
  init(_ identity: FileIdentity) {
    self.init(
      device: Int64(bitPattern: identity.device), inode: Int64(bitPattern: identity.inode),
      byteCount: identity.byteCount, modified: identity.modificationNanoseconds,
      changed: identity.changeNanoseconds)
  }
}
