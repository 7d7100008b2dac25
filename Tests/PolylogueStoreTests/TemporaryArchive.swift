import Foundation
import PolylogueModel
import PolylogueSQL
import PolylogueStore

/// An archive in a folder of its own that goes away with it.
final class TemporaryArchive {
  let folder: ArchiveFolder

  init() {
    folder = ArchiveFolder(
      path: NSTemporaryDirectory() + "polylogue-store-\(UUID().uuidString)")
  }

  deinit { try? FileManager.default.removeItem(atPath: folder.path) }

  func session() throws -> WriteSession { try WriteSession(folder: folder) }

  func reader() throws -> ConversationReader {
    let connection = try ArchiveDatabase.openForReading(folder)
    let compressor = Compressor()
    try Dictionaries.load(from: connection, into: compressor)
    return ConversationReader(connection: connection, compressor: compressor)
  }

  /// Writes one conversation as an import of its own.
  @discardableResult
  func write(
    _ conversation: Conversation, inactive: Set<String> = [], in session: WriteSession? = nil
  ) throws -> (conversation: ChangeCounts, messages: ChangeCounts) {
    let session = try session ?? self.session()
    let preparer = Preparer(compressor: Compressor(), messageDictionary: nil)
    return try session.group {
      let source = try session.raw.begin(
        label: "test", container: nil, kind: .conversations, at: Timestamp(microseconds: 1))
      var outcome = ImportOutcome()
      outcome.sha256 = SHA256.hash(UnsafeRawBufferPointer(start: nil, count: 0))
      let open = try session.conversations.open(
        conversation.header.id, header: conversation.header)
      try session.conversations.append(
        conversation.messages.map { preparer.prepare($0) }, to: open)
      let counts = try session.conversations.finish(
        open, header: conversation.header, inactive: Set(inactive.map(NativeID.init)),
        source: ConversationSource(importID: source, blob: nil, parserVersion: 1))
      try session.conversations.resolveSharedHistory(of: open, compressor: Compressor())
      try session.raw.finish(source, outcome)
      return counts
    }
  }

  func read(_ id: ConversationID) throws -> Conversation? {
    let reader = try reader()
    return try reader.row(of: id).flatMap { try reader.conversation(row: $0) }
  }

  func verify() throws -> [String] {
    let connection = try ArchiveDatabase.openForReading(folder)
    let compressor = Compressor()
    try Dictionaries.load(from: connection, into: compressor)
    return try Verifier(connection: connection, compressor: compressor)
      .verify(isDeep: true).problems
  }
}

/// A conversation of `count` alternating messages with UUID ids.
func sample(
  _ native: String, provider: Provider = .chatgpt, from: Int = 0, count: Int, updated: Int64? = nil,
  text: (Int) -> String = { "message \($0)" }
) -> Conversation {
  let id = ConversationID(provider: provider, native: native)
  var header = ConversationHeader(id: id, title: "Title of \(native)")
  header.createdAt = Timestamp(microseconds: 1_700_000_000_000_000)
  header.updatedAt = Timestamp(microseconds: updated ?? 1_700_000_000_000_000 + Int64(count))
  let messages = (from..<from + count).map { index in
    Message(
      id: uuid(index), parentID: index == from ? nil : uuid(index - 1),
      role: index.isMultiple(of: 2) ? .user : .assistant,
      timestamp: Timestamp(microseconds: 1_700_000_000_000_000 + Int64(index) * 1_000_000),
      blocks: [.text(text(index))])
  }
  return Conversation(header: header, messages: messages)
}

func uuid(_ index: Int) -> String {
  "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - String(index).count)
    + String(index)
}
