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

  /// The files beside one that is imported on its own, and itself; nil where its folder has no name
  /// that makes attachments of them.
  func filesBeside(_ path: String) throws -> [FoundFile]? {
    let folder = ReadingSide.folder(of: path)
    let name = ReadingSide.lastPart(folder)
    // Any name will do: whether it is the folder's that tells.
    guard companionKind("file") == nil, companionKind(name + "/file") == attachmentCompanion,
      let names = InputWalk.list(folder)?.0
    else { return nil }
    return names.map { FoundFile(path: folder + "/" + $0, label: $0) }
  }

  /// Keeps the files that the messages of one name, so that they are found when it is read.
  func keepNamedFiles(of file: SourceFile, among found: [FoundFile]) throws {
    var recognized = try recognize(file)
    guard let importer = recognized.importer else { return }
    // An export of its own: the one that is imported is to see each record once.
    let parser = importer.open(FolderMembers(files: found, limits: limits)).parser(for: file.label)
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
    for other in found where names.labels.contains(Array(other.label.utf8)) {
      guard let source = try? FileSource(path: other.path) else { continue }
      let path = other.path
      try keepCompanion(
        SourceFile(
          path: path, label: other.label, byteCount: source.identity.byteCount,
          identity: FileStamp(source.identity), open: { try FileSource(path: path) }),
        kind: attachmentCompanion)
    }
  }

  /// The folder that a file lies in.
  static func folder(of path: String) -> String {
    String(Substring(path.utf8.dropLast(lastPart(path).utf8.count + 1)))
  }
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
