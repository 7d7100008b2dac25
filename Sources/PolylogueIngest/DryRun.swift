import PolylogueImport
import PolylogueModel
import PolylogueSQL
import PolylogueStore

/// The writing side of a dry run: counts what would be written, and writes nothing.
///
/// Counts of conversations that are in the archive already are estimates: they are counted as
/// updated, and messages beyond the stored number as new. One that has come before in the same run
/// is counted as unchanged, unless it has more messages now.
final class DryRunWriter {
  private let connection: Connection?
  private let reader: ConversationReader?
  private let onEvent: (ImportEvent) -> Void
  private(set) var report = ImportReport()
  private var isInContainer = false
  private var openMessages: [ConversationID: Int] = [:]
  /// The conversations that have come, with their messages.
  private var seen: [ConversationID: Int] = [:]
  /// The user's layer as it would be, of conversations that bring some of it.
  private var layers: [ConversationID: UserData] = [:]
  private var files: [BeginFile] = []
  /// The members of the container or folder being read, by the bytes of their labels.
  private var members: Set<[UInt8]> = []

  init(connection: Connection?, onEvent: @escaping (ImportEvent) -> Void) {
    self.connection = connection
    reader = connection.map { ConversationReader(connection: $0, compressor: Compressor()) }
    self.onEvent = onEvent
  }

  func take(_ item: IngestItem) throws {
    switch item {
    case .advanced(let path, let bytes, let total):
      onEvent(.advanced(path: path, bytes: bytes, of: total))
    case .failed(let path, let reason): fail(ImportReport.Failure(path: path, reason: reason))
    case .beginContainer(let path):
      isInContainer = path != nil
      members = []
    case .beginFile(let begin):
      files.append(begin)
      onEvent(.started(path: begin.path))
    case .segment, .dictionary: break
    case .messages(let id, _, let messages): openMessages[id, default: 0] += messages.count
    case .conversation(let finished): try count(finished)
    case .known(let known):
      report.conversations.unchanged += known.conversations
      report.messages.unchanged += known.messages
      report.attachments.unchanged += known.attachments
      report.attachments.missing += known.missing
      report.deletedConversations += known.deleted.conversations
    case .abandonFile: files = Array(files.dropLast())
    case .endFile(let end):
      if let begin = files.popLast() {
        if begin.kind == .conversations { report.files += 1 }
        if let label = begin.memberLabel { members.insert(Array(label.utf8)) }
      }
      report.countLosses(of: end)
      finish(end)
      if !isInContainer { report.bytes += end.outcome.byteCount }
    case .endContainer(let end):
      isInContainer = false
      members = []
      if let end {
        finish(end)
        report.bytes += end.outcome.byteCount
      }
    case .unchanged(let file):
      take(file)
    case .duplicate(let path, let original, let identity):
      var file = original
      file.path = path
      file.identity = identity
      take(file)
    case .ignored(let ignored): report.ignored += ignored
    }
  }

  private func take(_ file: UnchangedFile) {
    report.countUnchanged(file)
    if let label = file.memberLabel { members.insert(Array(label.utf8)) }
    if !isInContainer { report.bytes += file.identity?.byteCount ?? 0 }
    if let failure = file.failure { fail(failure) }
    if report.receipts.count < ImportReport.receiptLimit {
      report.receipts.append(
        ImportReport.FileReceipt(
          path: file.path, provider: file.provider, status: "unchanged",
          receipt: file.receipt ?? Receipt()))
    }
  }

  private func finish(_ end: EndFile) {
    for failure in end.failures { fail(failure) }
    if report.receipts.count < ImportReport.receiptLimit {
      report.receipts.append(
        ImportReport.FileReceipt(
          path: end.path, provider: end.outcome.provider,
          status: end.outcome.status == .complete ? "readable" : "partial", receipt: end.receipt))
    }
  }

  private func fail(_ failure: ImportReport.Failure) {
    report.failed.append(failure)
    onEvent(.failed(path: failure.path, reason: failure.reason))
  }

  private func count(_ finished: FinishedConversation) throws {
    let id = finished.header.id
    let messages = finished.messages.count + (openMessages.removeValue(forKey: id) ?? 0)
    let stored = try connection?.integer(
      "SELECT messages FROM conversation WHERE provider = ? AND native_id = ?",
      id.provider.rawValue, id.native)
    let former = seen[id]
    let known = max(former ?? 0, Int(stored ?? 0))
    seen[id] = max(messages, known)
    let isRepeated = former != nil && messages <= known
    count(filesOf: finished.messages, isRepeated: isRepeated)
    let isDeleted =
      try connection?.integer(
        "SELECT 1 FROM tombstone WHERE provider = ? AND native_id = ?", id.provider.rawValue,
        id.native) != nil
    guard !isDeleted else {
      report.deletedConversations += 1
      return
    }
    if isRepeated {
      report.conversations.unchanged += 1
    } else if former != nil || stored != nil {
      report.conversations.updated += 1
    } else {
      report.conversations.new += 1
    }
    report.messages.new += messages - min(messages, known)
    report.messages.unchanged += min(messages, known)
    guard let added = finished.userData else { return }
    var layer = try layers[id] ?? reader?.userData(of: id) ?? UserData()
    report.joined += layer.join(added)
    layers[id] = layer
  }

  private func count(filesOf messages: [PreparedMessage], isRepeated: Bool) {
    for attachment in messages.flatMap(\.attachments) {
      let isThere =
        attachment.inline != nil || attachment.text != nil
        || attachment.attachment.member.map { members.contains(Array($0.utf8)) } ?? false
      if !isThere {
        report.attachments.missing += 1
      } else if isRepeated {
        report.attachments.unchanged += 1
      } else {
        report.attachments.new += 1
      }
    }
  }
}
