import PolylogueModel

/// A conversation in the course of being written.
public final class OpenConversation {
  /// The public identifier.
  public let id: ConversationID
  /// The row in `conversation`.
  public let row: Int64
  /// Whether this import made it.
  public let isNew: Bool

  /// Whether the user has deleted it: then nothing of it is written.
  public internal(set) var isDeleted = false
  /// Messages of a deleted conversation that were handed over.
  public internal(set) var passedOver = 0
  var stored: ConversationHeader?
  var storedCounts = (messages: 0, attachments: 0)
  /// What the kept totals know of it; between the stored counts and the final ones when a long
  /// conversation is committed in parts.
  var recorded = (conversations: 0, messages: 0, attachments: 0)
  /// The greatest revision, once this one is finished; until then, the greatest that is stored.
  var top = Revision.least
  /// The greatest revision before this one.
  var former = Revision.least
  /// What is stored of lesser revisions, because the greatest does not have it.
  var olderParts: [OlderPart: Revision] = [:]
  /// How this revision stands to the stored one, as far as its header tells ahead.
  var foresight: Foresight = .unknown
  /// Sums up this revision.
  var digest = RevisionDigest()
  /// Messages whose content differs from what is stored; they wait for the rank of this revision.
  var deferred: [NativeID: PreparedMessage] = [:]
  var deferredByteCount = 0
  /// Whether messages that are not there yet are left out: those of a poorer revision whose ids
  /// are its own.
  var ignoresNewMessages = false
  let messages = MessageTable()
  var nextPosition = 0
  /// The first message that this revision has brought.
  var firstNewRow: Int64?
  /// Whether the archive knows that this revision is committed in parts.
  var isMarkedUnfinished = false
  var counts = ChangeCounts()
  var flagChanges = 0
  var attachmentDelta = 0
  /// Conversations with messages that were copies of some which say something else now.
  var heirs: Set<Int64> = []
  var models: [String] = []
  var features: MessageFlags = []
  /// Sums up the rows of a conversation that this import makes; nil once one of them was changed.
  var seal: ConversationSeal? = ConversationSeal()
  var run: (first: Int64, last: Int64)?
  var finalTitle: String?

  /// Whether the provider gives a message the same id wherever it is copied to.
  var sharesIDs: Bool { id.provider == .claudeCode }

  /// Whether the provider also keeps a history of prompts, which repeats those of the session files
  /// under other ids.
  var sharesFilesWithHistory: Bool {
    [.claudeCode, .codex, .geminiCLI].contains(id.provider)
  }

  /// Whether a slim revision only repeats prompts of a session whose own file is there.
  var repeatsPrompts: Bool { sharesFilesWithHistory && top.isFull }

  /// Whether messages of it may be copies of another conversation's, or have copies there.
  var sharesHistory: Bool { sharesIDs || id.provider == .codex }

  init(id: ConversationID, row: Int64, isNew: Bool) {
    self.id = id
    self.row = row
    self.isNew = isNew
  }

  /// What can be known of a revision's standing before all of it was read.
  enum Foresight {
    case greater, lesser, unknown
  }

  /// Looks at the header ahead.
  func foresee(_ header: ConversationHeader?) {
    guard let header, !isNew else { return }
    let mine = (header.fidelity.rank, header.updatedAt?.microseconds ?? .min)
    let theirs = (top.fidelity, top.updatedAt)
    foresight = mine == theirs ? .unknown : mine < theirs ? .lesser : .greater
  }

  func take(_ message: PreparedMessage) {
    features.formUnion(message.flags.intersection(.features))
    if !message.flags.contains(.active) { features.insert(.branch) }
    if let model = message.model, !models.contains(model) { models.append(model) }
  }
}

/// A part of a conversation that the greatest revision does not have.
struct OlderPart: Hashable {
  /// What kind of part it is; stored in `older_part.kind`.
  enum Kind: Int64 {
    /// A message.
    case message = 0
    /// A field of the header: 1 title, 2 project, 3 metadata, 4 lineage, 5 its origin.
    case field = 1
    /// A file of a message, or its bytes.
    case attachment = 2
    /// A message that is to be taken out at the end of the import.
    case withdrawn = 3
    /// The first message of a revision that is committed in parts; gone once it is finished.
    case unfinished = 4
  }

  var kind: Kind
  /// A message's or attachment's row, or the number of a field.
  var item: Int64

  /// A message that the greatest revision does not have.
  static func message(_ row: Int64) -> OlderPart { OlderPart(kind: .message, item: row) }
}
