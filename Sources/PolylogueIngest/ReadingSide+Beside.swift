import PolylogueImport
import PolylogueModel
import PolylogueParsing
import PolylogueStore

/// The files that lie beside one, where only the name of their folder says what they are: those of
/// `Google AI Studio` and `Gemini Apps` have the names that a person or Google gave them.
extension ReadingSide {
  /// What a member of a folder is to any of the importers, judged by its label, and by the folder's
  /// own name where that is known.
  func companionKind(_ label: String, in folder: String?) -> String? {
    companionKind(label) ?? folder.flatMap { companionKind($0 + "/" + label) }
  }

  /// Whether a folder has a name that makes attachments of the files in it.
  func holdsAttachments(_ folder: String) -> Bool {
    let name = ReadingSide.lastPart(folder)
    // Any name will do: whether it is the folder's that tells.
    return companionKind("file") == nil
      && companionKind(name + "/file") == attachmentCompanion
  }

  /// The files beside one that is imported on its own, and itself; nil where they cannot be listed.
  ///
  /// A folder is listed once for all its files that are imported one after the other: for each of
  /// thousands it would take longer than to read it.
  func filesBeside(in folder: String) -> FilesBeside? {
    if let last = lastBeside, last.folder.utf8.elementsEqual(folder.utf8) { return last }
    guard let names = InputWalk.list(folder)?.0 else { return nil }
    let members = FolderMembers(
      files: names.map { FoundFile(path: folder + "/" + $0, label: $0) }, limits: limits)
    let name = ReadingSide.lastPart(folder)
    let found = FilesBeside(
      folder: folder, members: members,
      exports: Exports(members: members, importers: importers, folder: name),
      naming: Exports(members: members, importers: importers, folder: name))
    lastBeside = found
    return found
  }

  /// Keeps the files that the messages of one name, so that they are found when it is read.
  func keepNamedFiles(of file: SourceFile, among beside: FilesBeside) throws {
    var recognized = try recognize(file)
    guard let importer = recognized.importer else { return }
    // An export of its own: the one that is imported is to see each record once.
    let parser = beside.naming.export(for: importer, label: file.label).parser(for: file.label)
    let names = NamedFiles()
    let framing = recognized.reader.reader.framing
    var index = 0
    try recognized.reader.forEachPiece { offset, _, bytes, kind in
      guard kind == .record || kind == .decoded else { return }
      var json = JSONReader(limits: limits)
      // What cannot be read is told when the file is imported.
      let text = framing.json(of: bytes) ?? Array(bytes)
      guard let value = try? json.parse(text) else { return }
      try? parser.consume(Record(value: value, index: index, offset: offset), into: names)
      index += 1
    }
    try? parser.finish(into: names)
    for label in names.labels.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      let label = String(decoding: label, as: UTF8.self)
      guard let path = beside.members.path(of: label), let source = try? FileSource(path: path)
      else { continue }
      try keepCompanion(
        SourceFile(
          path: path, label: label, byteCount: source.identity.byteCount,
          identity: FileStamp(source.identity), open: { try FileSource(path: path) }),
        kind: attachmentCompanion)
    }
  }

  /// The folder that a file lies in.
  static func folder(of path: String) -> String {
    String(Substring(path.utf8.dropLast(lastPart(path).utf8.count + 1)))
  }
}

/// What lies in a folder of whose files some are imported on their own.
struct FilesBeside {
  let folder: String
  let members: FolderMembers
  /// What the files are imported with.
  let exports: Exports
  /// What tells which other files one names, before it is imported.
  let naming: Exports
}

/// Collects the names of the files that messages have.
private final class NamedFiles: ConversationSink {
  var receipt = Receipt()
  /// The labels, as bytes.
  private(set) var labels: Set<[UInt8]> = []

  func add(_ message: Message, to conversation: ConversationID) throws {
    for attachment in message.attachments {
      if let member = attachment.member { labels.insert(Array(member.utf8)) }
    }
  }

  func finish(_ header: ConversationHeader, inactive: Set<String>) throws {}
}
