import PolylogueImport
import PolylogueModel
import PolylogueParsing
import PolylogueStore

/// Reading again what the archive keeps.
extension ReadingSide {
  /// Reads imports with today's parsers: those that an older one has read, or all of them.
  func reread(_ archived: ArchivedFiles, all: Bool) throws {
    // What one session file says of another holds whatever folder they came in.
    let everywhere = Exports(members: try archived.members(below: ""), importers: importers)
    var exports: (root: String, value: Exports)?
    for file in try archived.files() {
      guard let importer = importers.first(where: { $0.provider == file.provider }) else {
        try fail(file.path, "there is no importer for '\(file.provider.rawValue)' any more")
        continue
      }
      guard all || file.parserVersion < Int64(importer.version) else { continue }
      var root = ""
      if importer.recordsAreIndependent {
        root = try archived.root(of: file)
        if exports?.root.utf8.elementsEqual(root.utf8) != true {
          exports = (
            root, Exports(members: try archived.members(below: root), importers: importers)
          )
        }
      }
      let members = try archived.members(below: root)
      try reread(
        file, of: archived, importer: importer,
        export: (importer.recordsAreIndependent ? exports?.value : nil) ?? everywhere,
        members: members, all: all)
    }
  }

  private func reread(
    _ file: ArchivedFiles.File, of archived: ArchivedFiles, importer: any Importer,
    export: Exports, members: ArchivedMembers, all: Bool
  ) throws {
    if let absence = try archived.absence(of: file) {
      try fail(file.path, "not read again: \(absence)")
      return
    }
    var label = file.path
    if importer.recordsAreIndependent, let own = members.label(of: file.importID) { label = own }
    let source = SourceFile(
      path: file.path, label: label, byteCount: file.byteCount, identity: nil,
      open: { archived.open(file) })
    let parser = export.export(for: importer, label: label).parser(for: label)
    var begin = BeginFile(path: file.path, kind: .conversations, memberLabel: nil)
    begin.archived = ArchivedImport(importID: file.importID, members: members.byLabel)
    try emit(.beginFile(begin), 0)
    var reader = LookaheadReader(source: try source.open(), label: label, limits: limits)
    var result = try ingest.ingest(
      source, reader: &reader, importer: importer, parser: parser, bringsFiles: false,
      rereading: all ? .all : .outdated)
    if result.outcome.sha256 != file.sha256, result.problem == nil {
      result.problem = "its bytes are no longer those that were imported; restore a backup"
    }
    if sink.conversationCount == 0, !result.receipt.hasUnchanged, result.problem != nil {
      // What an older parser understood stays, and so does what is known of it.
      try emit(.abandonFile, 0)
      try fail(file.path, result.problem ?? result.receipt.explanation)
      return
    }
    var end = EndFile(path: file.path, outcome: result.outcome, receipt: result.receipt)
    end.holdsOneConversationPerRecord = importer.recordsAreIndependent
    if let problem = result.problem {
      end.failures.append(
        ImportReport.Failure(path: file.path, reason: problem, isPartial: true))
    }
    end.outcome.error = result.problem ?? ReadingSide.lack(result.receipt.missingMembers)
    end.outcome.status = end.outcome.error == nil ? .complete : .partial
    end.outcome.receipt = result.receipt.json
    try emit(.endFile(end), 0)
  }
}
