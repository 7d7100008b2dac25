import Glibc
import PolylogueImport
import PolylogueModel
import PolylogueStore

/// What was imported before, and need not be read again.
extension ReadingSide {
  /// What is known of a file that is as it was when it was imported; then nothing of it is read.
  func unchangedFile(_ file: SourceFile) throws -> UnchangedFile? {
    guard let identity = file.identity, let last = try known?.last(path: file.path),
      last.identity == identity, fits(last)
    else { return nil }
    // A file changed within a moment of its import may have been changed after it was read.
    guard last.importedAt * 1000 - identity.changed > 2_000_000_000 else { return nil }
    return try completed(last.file, of: file)
  }

  /// Passes on a file whose bytes were imported before, under whatever name.
  ///
  /// - Parameter isWanted: Whether the import found is to be read again all the same.
  /// - Returns: Whether there was nothing left to read.
  func passOnKnown(
    _ file: SourceFile, unless isWanted: (_ importID: Int64) throws -> Bool = { _ in false }
  ) throws -> Bool {
    guard let byteCount = file.byteCount, let known else { return false }
    let candidates = try known.all(byteCount: byteCount).filter(fits)
    guard !candidates.isEmpty else { return false }
    let hash = try FileIngest.hash(of: try file.open())
    let last = file.identity == nil ? nil : try known.last(path: file.path)
    if let last, last.sha256 == hash, fits(last) {
      if try isWanted(last.id) { return false }
      // The same file, only touched.
      var unchanged = try completed(last.file, of: file)
      unchanged.identity = file.identity
      try emit(.unchanged(unchanged), 0)
      return true
    }
    guard let match = candidates.first(where: { $0.sha256 == hash }), try !isWanted(match.id)
    else { return false }
    var original = try completed(match.file, of: file)
    original.isWholeNow = false
    try emit(.duplicate(path: file.path, of: original, identity: file.identity), 0)
    return true
  }

  /// The import of the same bytes that an older parser has read, if there is one.
  func formerImport(of file: SourceFile, importer: any Importer) throws -> Int64? {
    guard let byteCount = file.byteCount, let known else { return nil }
    let candidates = try known.all(byteCount: byteCount).filter {
      $0.kind == .conversations && $0.file.provider == importer.provider
        && ($0.parserVersion ?? 0) < Int64(importer.version)
    }
    guard !candidates.isEmpty else { return nil }
    let hash = try FileIngest.hash(of: try file.open())
    return candidates.first { $0.sha256 == hash }?.id
  }

  /// Whether all that a partial import lacked are files of its export that are there now.
  private func lackedOnlyWhatIsHere(_ file: UnchangedFile) throws -> Bool {
    guard isInFolder, let missing = try known?.receipt(importID: file.importID)?.missingMembers,
      let lack = ReadingSide.lack(missing), lack == file.problem
    else { return false }
    let folder = file.path.utf8.dropLast(ReadingSide.lastPart(file.path).utf8.count)
    return missing.allSatisfy { access("\(Substring(folder))\($0)", F_OK) == 0 }
  }

  /// Adds what the archive's own row tells besides.
  private func completed(
    _ last: UnchangedFile, of source: SourceFile
  ) throws -> UnchangedFile {
    var file = last
    if !file.isConversations { file.memberLabel = source.label }
    try known?.subtractDeleted(from: &file)
    if file.problem != nil { file.isWholeNow = try lackedOnlyWhatIsHere(file) }
    if options.wantsKnownReceipts { file.receipt = try known?.receipt(importID: file.importID) }
    return file
  }

  /// Whether an import was made with today's parser, and as the provider asked for.
  private func fits(_ known: KnownFiles.Known) -> Bool {
    guard known.kind == .conversations, let provider = known.file.provider,
      let version = known.parserVersion
    else { return true }
    if let wanted = options.provider, wanted != provider { return false }
    return importers.contains { $0.provider == provider && Int64($0.version) == version }
  }
}
