import PolylogueImport
import PolylogueModel
import PolylogueStore

/// What the reading side hands to the writing side, in order.
enum IngestItem: Sendable {
  /// A file begins; what follows belongs to it until `endFile`.
  case beginFile(BeginFile)
  /// A piece of the file, whose blob is new or known by its hash.
  case segment(separator: [UInt8], blob: PreparedBlob?)
  /// Messages of a conversation too long to be held whole, with its header where that is known
  /// ahead.
  case messages(ConversationID, ConversationHeader?, [PreparedMessage])
  /// A conversation is complete; `messages` are those not handed over before.
  case conversation(FinishedConversation)
  /// A record that is in the archive already.
  case known(KnownRecord)
  /// The file is complete.
  case endFile(EndFile)
  /// The open file is given up; nothing of it stays.
  case abandonFile
  /// A file is as it was at its last import.
  case unchanged(UnchangedFile)
  /// A file was imported before under another name.
  case duplicate(path: String, of: UnchangedFile, identity: FileStamp?)
  /// Something could not be imported.
  case failed(path: String, reason: String)
  /// Files of a folder that are not taken.
  case ignored(ImportReport.Ignored)
  /// A dictionary to be kept before it is used.
  case dictionary(CompressionDictionary)
  /// This many bytes were read.
  case advanced(path: String, bytes: Int64, of: Int64)
  /// The members of a container or folder that are imported from here on belong together.
  case beginContainer(path: String?)
  /// The container is complete.
  case endContainer(EndFile?)
}

/// How a file begins.
struct BeginFile: Sendable {
  var path: String
  var kind: ImportKind
  /// Its label inside the container, by which attachments name it.
  var memberLabel: String?
  /// The import whose archived bytes are read again; nil where a file is taken in.
  var archived: ArchivedImport?
  /// An earlier import of the same bytes, which an older parser has read.
  var formerImport: Int64?
}

/// An import that is read again from the raw tier.
struct ArchivedImport: Sendable {
  var importID: Int64
  /// The files that came with it, by the bytes of the names that its messages may give them.
  var members: [[UInt8]: Int64]
}

/// A conversation read to its end.
struct FinishedConversation: Sendable {
  var header: ConversationHeader
  var messages: [PreparedMessage]
  var inactive: Set<NativeID>
  /// The hash of the record that holds exactly this conversation.
  var recordHash: [UInt8]?
  var parserVersion: Int
  /// Whether all of the bytes it was read from was understood.
  var isWhole = true
  /// What was added to it in the archive that it comes from.
  var userData: UserData?
}

/// A record found in the archive by its hash.
struct KnownRecord: Sendable {
  var conversations: Int
  var messages: Int
  var attachments: Int
  var missing: Int
  /// Whether it names files of which none has arrived.
  var lacksFiles: Bool
  /// Conversations in it that the user has deleted since, and their messages.
  var deleted = (conversations: 0, messages: 0)
}

/// How a file ends.
struct EndFile: Sendable {
  var path: String
  var outcome: ImportOutcome
  var receipt: Receipt
  /// Parts that failed, named.
  var failures: [ImportReport.Failure] = []
  /// Whether a record of the file is a whole conversation.
  var holdsOneConversationPerRecord = false
}

/// A file that has not changed.
struct UnchangedFile: Sendable {
  var path: String
  var importID: Int64
  var identity: FileStamp?
  var provider: Provider?
  var isConversations: Bool
  var conversations: Int
  var messages: Int
  var attachments: Int
  var missing: Int
  /// Conversations in it that the user has deleted since.
  var deleted = 0
  /// Why it was partial.
  var problem: String?
  /// Whether what it lacked has arrived since.
  var isWholeNow = false
  /// Its receipt, where that is asked for.
  var receipt: Receipt?
  /// Its label among the files that it came with now, by which attachments name it; nil of
  /// conversations.
  var memberLabel: String?

  /// What is still wrong with it.
  var failure: ImportReport.Failure? {
    guard let problem, !isWholeNow else { return nil }
    return ImportReport.Failure(path: path, reason: "still partial: \(problem)", isPartial: true)
  }
}
