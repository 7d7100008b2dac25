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
  /// Whether this revision may overwrite the stored one.
  var isAccepted = true
  /// Whether the stored revision is more recent; what only this one has was taken out since.
  var isOlder = false
  /// Whether the header is not known yet, and with it whether this revision is more recent than the
  /// stored one: what differs waits in `deferred`.
  var isProvisional = false
  var deferred: [(message: PreparedMessage, position: Int)] = []
  var deferredByteCount = 0
  /// Whether messages that are not there yet are left out: those of a poorer revision whose ids
  /// are its own.
  var ignoresNewMessages = false
  let messages = MessageTable()
  var nextPosition = 0
  var lastPosition = -1
  var counts = ChangeCounts()
  var flagChanges = 0
  var attachmentDelta = 0
  var models: [String] = []
  var features: MessageFlags = []
  var run: (first: Int64, last: Int64)?
  /// Rows that this import added, as stretches without gaps.
  var insertedRows: [ClosedRange<Int64>] = []
  var finalTitle: String?

  /// Whether the provider gives a message the same id wherever it is copied to.
  var sharesIDs: Bool { id.provider == .claudeCode }

  /// Whether the provider also keeps a history of prompts, which repeats those of the session files
  /// under other ids.
  var sharesFilesWithHistory: Bool {
    [.claudeCode, .codex, .geminiCLI].contains(id.provider)
  }

  init(id: ConversationID, row: Int64, isNew: Bool) {
    self.id = id
    self.row = row
    self.isNew = isNew
  }

  /// Whether a revision is at least as rich and as recent as the stored one.
  func accepts(_ header: ConversationHeader) -> Bool {
    guard let stored else { return true }
    if header.fidelity != stored.fidelity { return header.fidelity > stored.fidelity }
    let least = Timestamp(microseconds: .min)
    return (header.updatedAt ?? least) >= (stored.updatedAt ?? least)
  }

  /// Decides how this revision stands to the stored one.
  func judge(_ header: ConversationHeader) {
    isAccepted = accepts(header)
    if let mine = header.updatedAt, let theirs = stored?.updatedAt { isOlder = mine < theirs }
  }

  /// A place behind everything stored, for messages of a poorer revision.
  func appendPosition() -> Int {
    lastPosition += 1
    return lastPosition
  }

  func noteInserted(_ row: Int64) {
    if let last = insertedRows.last, last.upperBound + 1 == row {
      insertedRows[insertedRows.count - 1] = last.lowerBound...row
    } else {
      insertedRows.append(row...row)
    }
  }

  func take(_ message: PreparedMessage) {
    features.formUnion(message.flags.intersection(.features))
    if !message.flags.contains(.active) { features.insert(.branch) }
    if let model = message.model, !models.contains(model) { models.append(model) }
  }

  /// The stored header with what this revision knows better.
  func merge(_ header: ConversationHeader) -> ConversationHeader {
    guard let stored else {
      var fresh = header
      fresh.lineage = nil
      return fresh
    }
    let (better, worse) = accepts(header) ? (header, stored) : (stored, header)
    var merged = better
    merged.lineage = nil
    merged.title = better.title ?? worse.title
    merged.project = better.project ?? worse.project
    merged.metadata = better.metadata ?? worse.metadata
    merged.createdAt = [better.createdAt, worse.createdAt].compactMap { $0 }.min()
    merged.updatedAt = [better.updatedAt, worse.updatedAt].compactMap { $0 }.max()
    return merged
  }
}
