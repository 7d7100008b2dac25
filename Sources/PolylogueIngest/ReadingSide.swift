import Glibc
import PolylogueImport
import PolylogueModel
import PolylogueParsing
import PolylogueStore

/// The reading side of an import: goes through the inputs, recognises them, and passes on what is
/// to be written. Runs on a thread of its own and never writes to the archive.
final class ReadingSide {
  let options: ImportOptions
  let importers: [any Importer]
  let known: KnownFiles?
  let ingest: FileIngest
  let sink: PreparingSink
  let emit: (IngestItem, Int) throws -> Void
  /// What to do about a file of no known format has been said; once is enough.
  private var hasAdvised = false
  /// Whether a folder is being imported, all files of which arrive together.
  private(set) var isInFolder = false
  /// Whether what Markdown conversations have beside them is looked at: a rendering as HTML has the
  /// same, and nothing that names it.
  private var takesRenderings = true
  /// Where a folder of Markdown conversations has their attachments.
  private var attachmentFolders: Set<Substring> = []
  /// What lies in the folder of the last loose file: the next is likely to lie there, too.
  var lastBeside: FilesBeside?

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
    importers.lazy.filter { self.takesRenderings || $0.provider != .markdown }
      .compactMap { $0.companion(label) }.first
      ?? (takesRenderings && isBesideMarkdown(label) ? attachmentCompanion : nil)
  }

  /// Whether a file belongs to Markdown conversations and is none, whatever it holds.
  private func isBesideMarkdown(_ label: String) -> Bool {
    MarkdownImporter().companion(label) != nil
      || attachmentFolders.contains(label.dropLast(ReadingSide.lastPart(label).count))
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
      let folder = ReadingSide.folder(of: path)
      let bringsFiles = holdsAttachments(folder)
      if let unchanged = try unchangedFile(file) {
        guard bringsFiles, try lacksFiles(unchanged.importID) else {
          try emit(.unchanged(unchanged), 0)
          return
        }
      }
      if let kind = try container(file) {
        try readContainer(file, as: kind)
        return
      }
      try emit(.beginContainer(path: nil), 0)
      let beside = bringsFiles ? filesBeside(in: folder) : nil
      let exports =
        beside?.exports
        ?? Exports(members: nil, importers: importers, folder: ReadingSide.lastPart(folder))
      if let beside { try keepNamedFiles(of: file, among: beside) }
      guard let failure = try readConversations(file, exports: exports) else { return }
      try fail(path, failure)
    } catch let error as SourceError {
      try fail(path, error.reason(for: path))
    }
  }

  private func readStandardInput() throws {
    var isContainer = false
    let advice = "a ZIP or gzip file cannot be read from standard input; save and name the file"
    let file = SourceFile(
      path: "-", label: "stdin", byteCount: nil, identity: nil,
      open: {
        WatchedSource(DescriptorSource(descriptor: STDIN_FILENO, label: "standard input")) {
          isContainer = ZipArchive.recognizes($0) || GzipSource.recognizes($0)
        }
      })
    try emit(.beginContainer(path: nil), 0)
    do {
      if let failure = try readConversations(
        file, exports: Exports(members: nil, importers: importers))
      {
        try fail("-", isContainer ? "not imported: " + advice : failure)
      }
    } catch let error as SourceError {
      try fail("-", error.reason(for: "standard input"))
    }
  }

  // MARK: Folders

  private func readFolder(_ root: String) throws {
    isInFolder = true
    defer { isInFolder = false }
    var hasFailed = false
    let walked = try InputWalk.files(below: root) {
      hasFailed = true
      try fail($0, $1)
    }
    let files = walked.files
    var ignored = walked.ignored
    let name = ReadingSide.lastPart(root)
    let exports = Exports(
      members: FolderMembers(files: files, limits: options.limits), importers: importers,
      folder: name)
    try emit(.beginContainer(path: nil), 0)
    attachmentFolders = MarkdownImporter.attachmentFolders(of: files.map(\.label))
    var conversations: [SourceFile] = []
    var others: [(file: SourceFile, reason: String)] = []
    var unchanged: [(file: SourceFile, as: UnchangedFile)] = []
    var (hasMarkdown, hasContainer) = (false, false)
    for found in files {
      do {
        let source = try FileSource(path: found.path)
        let path = found.path
        let file = SourceFile(
          path: path, label: found.label, byteCount: source.identity.byteCount,
          identity: FileStamp(source.identity), open: { try FileSource(path: path) })
        if let known = try unchangedFile(file) {
          unchanged.append((file, known))
          hasMarkdown = hasMarkdown || known.provider == .markdown
        } else if isBesideMarkdown(file.label) {
          // An attachment may be an export itself; here it is what a message had with it.
          others.append((file, "not imported"))
        } else if let kind = try container(file) {
          hasContainer = true
          try readContainer(file, as: kind)
          try emit(.beginContainer(path: nil), 0)
        } else {
          let recognized = try recognize(file)
          if let reason = recognized.failure {
            others.append((file, reason))
          } else {
            conversations.append(file)
            hasMarkdown = hasMarkdown || recognized.importer?.provider == .markdown
          }
        }
      } catch let error as SourceError {
        try fail(found.path, error.reason(for: found.path))
      }
    }
    takesRenderings = hasMarkdown
    defer { takesRenderings = true }
    if !hasMarkdown, !hasContainer, conversations.isEmpty, unchanged.isEmpty,
      others.contains(where: { ReadingSide.lastPart($0.file.label) == ".polylogue-render.json" })
    {
      try fail(
        root,
        "not imported: it holds pages that “polylogue render” has written as HTML, which are not read"
          + " back; import the exports that they come from, or the archive's own “polylogue export”"
      )
    }
    let bringsFiles = others.contains {
      companionKind($0.file.label, in: name) == attachmentCompanion
    }
    conversations += try filesToComplete(unchanged, bringsFiles: bringsFiles)
    ignored += try readCompanions(others, in: name)
    for file in conversations {
      do {
        if let failure = try readConversations(file, exports: exports) {
          try fail(file.path, failure)
        }
      } catch let error as SourceError {
        try fail(file.path, error.reason(for: file.path))
      }
    }
    try emit(.ignored(ignored), 0)
    if files.isEmpty, ignored.total == 0, !hasFailed {
      try fail(root, "not imported: the folder holds no files")
    }
  }

  /// Passes on unchanged files, but for those whose attachments may have arrived since.
  private func filesToComplete(
    _ unchanged: [(file: SourceFile, as: UnchangedFile)], bringsFiles: Bool
  ) throws -> [SourceFile] {
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
  ///
  /// - Returns: What those are.
  private func readCompanions(
    _ others: [(file: SourceFile, reason: String)], in folder: String
  ) throws -> ImportReport.Ignored {
    var ignored = ImportReport.Ignored()
    for (file, reason) in others {
      let companion = companionKind(file.label, in: folder)
      do {
        if companion != nil, file.byteCount != 0 {
          try keepCompanion(file, kind: companion ?? "companion")
        } else if ReadingSide.looksLikeExport(file.label), !isBesideMarkdown(file.label) {
          try fail(file.path, reason)
        } else {
          ignored += ImportReport.Ignored(file: file.path)
        }
      } catch let error as SourceError {
        try fail(file.path, error.reason(for: file.path))
      }
    }
    return ignored
  }

  func keepCompanion(_ file: SourceFile, kind: String) throws {
    if try passOnKnown(file) { return }
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
      if records.isEmpty { return (nil, reader, explain(reader.reader)) }
      return (importer, reader, nil)
    }
    let probe = Probe(label: file.label, records: records, framing: reader.reader.framing)
    if let importer = importers.first(where: { $0.recognizes(probe) }) {
      return (importer, reader, nil)
    }
    return (nil, reader, explain(reader.reader, hasRecords: !records.isEmpty))
  }

  /// Imports a file of conversations.
  ///
  /// - Returns: Why nothing could be imported; nil when something was.
  func readConversations(_ file: SourceFile, exports: Exports) throws -> String? {
    if try passOnKnown(file, unless: { try exports.bringFiles && lacksFiles($0) }) { return nil }
    var recognized = try recognize(file)
    guard let importer = recognized.importer else { return recognized.failure }
    let parser = exports.export(for: importer, label: file.label).parser(for: file.label)
    var begin = BeginFile(path: file.path, kind: .conversations, memberLabel: file.label)
    if !importer.recordsAreIndependent {
      begin.formerImport = try formerImport(of: file, importer: importer)
    }
    try emit(.beginFile(begin), 0)
    var result = try ingest.ingest(
      file, reader: &recognized.reader, importer: importer, parser: parser,
      bringsFiles: exports.bringFiles)
    let hasContent = sink.conversationCount > 0 || result.receipt.hasUnchanged
    if !hasContent {
      let isReadable = result.receipt.lost == 0 && result.receipt.tallies.contains { $0.seen > 0 }
      if !isReadable || result.problem != nil {
        result.problem = "no conversations in it: " + (result.problem ?? result.receipt.explanation)
      }
    }
    if !hasContent, result.problem != nil,
      result.receipt.tallies.allSatisfy({ $0.understood == 0 })
    {
      try emit(.abandonFile, 0)
      return result.problem
    }
    var end = EndFile(path: file.path, outcome: result.outcome, receipt: result.receipt)
    end.holdsOneConversationPerRecord = importer.recordsAreIndependent
    let folder = file.path.utf8.dropLast(ReadingSide.lastPart(file.path).utf8.count)
    if let problem = result.problem {
      end.failures.append(
        ImportReport.Failure(path: file.path, reason: problem, isPartial: true))
    }
    for missing in result.receipt.missingMembers {
      end.failures.append(
        ImportReport.Failure(
          path: "\(Substring(folder))\(missing)", reason: "belongs to this export and is missing"))
    }
    end.outcome.error = result.problem ?? ReadingSide.lack(result.receipt.missingMembers)
    end.outcome.status = end.outcome.error == nil ? .complete : .partial
    end.outcome.identity = file.identity
    end.outcome.receipt = result.receipt.json
    try emit(.endFile(end), 0)
    return nil
  }

  /// Why an import is partial whose export names files that it does not hold.
  static func lack(_ missing: [String]) -> String? {
    guard let first = missing.first else { return nil }
    return missing.count == 1
      ? "\(first) belongs to this export and is missing"
      : "\(missing.count) files belong to this export and are missing, the first: \(first)"
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

  private func explain(_ reader: RecordReader, hasRecords: Bool = false) -> String {
    if let problem = reader.problem {
      return "not imported: \(problem)"
    }
    guard hasRecords else {
      return "not imported: no JSON record in it could be read; is it the right file?"
    }
    let reason = "not imported: it is JSON, but of no format this version knows"
    if hasAdvised { return reason }
    hasAdvised = true
    return reason + "; name the provider with --provider if you know it"
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

extension FileStamp {
  /// The archive's form of what the file system says.
  init(_ identity: FileIdentity) {
    self.init(
      device: Int64(bitPattern: identity.device), inode: Int64(bitPattern: identity.inode),
      byteCount: identity.byteCount, modified: identity.modificationNanoseconds,
      changed: identity.changeNanoseconds)
  }
}
