import PolylogueImport
import PolylogueModel
import PolylogueStore

/// The writing side of an import: takes items in order, writes them in groups, acknowledges files
/// once their group is durable, which is while the next one is written.
final class GroupWriter {
  /// A group is committed once it holds this many bytes, if need be within a conversation …
  static let groupByteCount = 3 << 20
  /// … or this many files …
  static let groupFileCount = 200
  /// … or has been open for this long, in seconds.
  static let groupSeconds = 0.25

  private let session: WriteSession
  private let log: LogSync
  private let onEvent: (ImportEvent) -> Void
  private let onCommit: ([FeedItem], FeedSpan) throws -> Void
  private(set) var report = ImportReport()

  /// The file being written.
  private struct OpenFile {
    var begin: BeginFile
    var importID: Int64
    var startedAt: Timestamp
    var position = 0
    var counts = (conversations: 0, messages: 0, attachments: 0, missing: 0)
  }

  private var files: [OpenFile] = []
  private var conversations: [ConversationID: OpenConversation] = [:]
  private var container: Int64?
  private var containerCounts = (conversations: 0, messages: 0, attachments: 0, missing: 0)
  /// Why a member of the open container is partial.
  private var containerProblem: String?
  private var byteCount = 0
  private var openedAt: Double = 0
  /// When files that needed no writing were last told of.
  private var publishedAt: Double = 0
  private var acknowledgements: [String] = []
  /// Durable files that are to be told of once the archive is free: whoever hears of one may want to
  /// write before it listens again.
  private var untold: [String] = []
  private var pending = ImportReport()

  /// A group that is committed, and on its way to the disk.
  private struct Group {
    var ticket: Int
    var report: ImportReport
    var acknowledgements: [String]
    var feed: [FeedItem]
    var span: FeedSpan
  }
  private var committed: Group?

  init(
    session: WriteSession, log: LogSync, onEvent: @escaping (ImportEvent) -> Void,
    onCommit: @escaping ([FeedItem], FeedSpan) throws -> Void
  ) {
    self.session = session
    self.log = log
    self.onEvent = onEvent
    self.onCommit = onCommit
  }

  /// Writes one item.
  func take(_ item: IngestItem) throws {
    switch item {
    case .advanced(let path, let bytes, let total):
      onEvent(.advanced(path: path, bytes: bytes, of: total))
      return
    case .failed(let path, let reason):
      fail(ImportReport.Failure(path: path, reason: reason))
      return
    case .ignored(let ignored): pending.ignored += ignored
    case .beginContainer(let path): try beginContainer(path)
    case .endContainer(let end): try endContainer(end)
    case .beginFile(let begin): try beginFile(begin)
    case .segment(let separator, let blob): try addSegment(separator, blob)
    case .dictionary(let dictionary):
      try open()
      session.raw.compressor.add(dictionary, forWriting: true)
      try session.raw.store(dictionary)
    case .messages(let id, let header, let messages):
      try append(messages, to: id, header: header)
      return
    case .conversation(let finished): try finish(finished)
    case .known(let known): count(known)
    case .endFile(let end): try endFile(end)
    case .abandonFile: try abandonFile()
    case .unchanged(let file): try noteUnchanged(file)
    case .duplicate(let path, let original, let identity):
      try noteDuplicate(path, of: original, identity: identity)
    }
    try commitIfDue()
  }

  /// Commits what is left, and what earlier imports left to be done.
  func finish() throws {
    if try session.conversations.hasWaitingForks() {
      try open()
      try session.conversations.resolveWaitingForks(compressor: session.raw.compressor)
    }
    try commit()
    try settle()
    try removeWithdrawn()
    if let note = try ColdStorage.waitingNote(of: session.connection) { report.notes.append(note) }
  }

  /// Takes out what was withdrawn, by this import or one that was interrupted.
  private func removeWithdrawn() throws {
    guard try session.conversations.hasWithdrawn() else { return }
    // Can be switched off only between groups; what refers to a message is taken away before it.
    try session.setEnforcesReferences(false)
    defer { try? session.setEnforcesReferences(true) }
    try open()
    try session.conversations.removeWithdrawn()
    try commit()
    try settle()
  }

  /// Gives up what is not yet committed.
  func abandon() {
    session.rollBackGroup()
    pending = ImportReport()
    acknowledgements = []
  }

  /// Finishes what there is while nothing comes: others may want to write meanwhile, and a person
  /// wants to know.
  func idle() throws {
    if conversations.isEmpty { try commit() }
    try settle()
  }

  /// Waits until the last group is durable; then it counts, and its files are acknowledged.
  func settle() throws {
    guard let group = committed else { return }
    committed = nil
    try log.wait(for: group.ticket)
    publish(group.report, group.acknowledgements)
    try onCommit(group.feed, group.span)
  }

  // MARK: Groups

  private func open() throws {
    guard !session.isInGroup else { return }
    try session.beginGroup()
    openedAt = MonotonicClock.seconds
    byteCount = 0
    for file in files { try check(file) }
  }

  /// Between two groups another process may import the same file: to it, a file that is not finished
  /// was interrupted, and it begins anew.
  private func check(_ file: OpenFile) throws {
    guard file.begin.archived == nil,
      try !session.raw.isUnderWay(file.importID, since: file.startedAt)
    else { return }
    throw ArchiveError(
      .locked,
      "\(file.begin.path) is being imported by somebody else at the same time; import it again when"
        + " that has ended")
  }

  private func commitIfDue() throws {
    guard session.isInGroup, conversations.isEmpty else { return }
    let isBetweenFiles = files.isEmpty
    if byteCount >= GroupWriter.groupByteCount
      || (isBetweenFiles && acknowledgements.count >= GroupWriter.groupFileCount)
      || (isBetweenFiles && MonotonicClock.seconds - openedAt >= GroupWriter.groupSeconds)
    {
      try commit()
    }
  }

  private func commit() throws {
    guard session.isInGroup else { return try publishUnwritten() }
    takeAttachmentCounts()
    let span = try session.commitGroup()
    try finishCommit(span)
  }

  /// Commits what there is of conversations that are too long for one group.
  private func commitWithinConversations() throws {
    for conversation in conversations.values { try session.conversations.pause(conversation) }
    takeAttachmentCounts()
    let span = try session.commitAndContinue()
    openedAt = MonotonicClock.seconds
    try finishCommit(span)
  }

  private func takeAttachmentCounts() {
    let attachments = session.conversations.takeAttachmentCounts()
    pending.attachments.new += attachments.new
    pending.attachments.unchanged += attachments.unchanged
    pending.attachments.missing += attachments.missing
  }

  private func finishCommit(_ span: FeedSpan) throws {
    byteCount = 0
    let group = Group(
      ticket: log.request(), report: pending, acknowledgements: acknowledgements,
      feed: session.conversations.takeFeed(), span: span)
    pending = ImportReport()
    acknowledgements = []
    try settle()
    committed = group
  }

  /// Tells of what needed no writing. What was found may have been committed by another process, which
  /// still waits for the disk.
  private func publishUnwritten() throws {
    publishedAt = MonotonicClock.seconds
    try settle()
    if !acknowledgements.isEmpty { try log.wait(for: log.request()) }
    publish(pending, acknowledgements)
    pending = ImportReport()
    acknowledgements = []
  }

  private func publish(_ pending: ImportReport, _ acknowledgements: [String]) {
    report.files += pending.files
    report.bytes += pending.bytes
    report.conversations += pending.conversations
    report.messages += pending.messages
    report.attachments.new += pending.attachments.new
    report.attachments.unchanged += pending.attachments.unchanged
    report.attachments.missing += pending.attachments.missing
    report.failed += pending.failed
    report.deletedConversations += pending.deletedConversations
    report.lostConversations += pending.lostConversations
    report.lostRecords += pending.lostRecords
    report.unknownDetails += pending.unknownDetails
    report.drift.add(pending.drift)
    report.joined += pending.joined
    report.ignored += pending.ignored
    let room = ImportReport.receiptLimit - report.receipts.count
    report.receipts += pending.receipts.prefix(max(0, room))
    untold += acknowledgements
    guard !session.isInGroup else { return }
    for path in untold { onEvent(.imported(path: path)) }
    untold = []
  }

  private func fail(_ failure: ImportReport.Failure) {
    pending.failed.append(failure)
    onEvent(.failed(path: failure.path, reason: failure.reason))
  }

  // MARK: Files

  private func beginContainer(_ path: String?) throws {
    containerCounts = (0, 0, 0, 0)
    containerProblem = nil
    session.raw.setMembers([:])
    guard let path else { return }
    try open()
    onEvent(.started(path: path))
    try session.raw.removeIncomplete(label: path)
    let now = Timestamp.now
    let row = try session.raw.begin(label: path, container: nil, kind: .container, at: now)
    container = row
    files.append(
      OpenFile(
        begin: BeginFile(path: path, kind: .container, memberLabel: nil), importID: row,
        startedAt: now))
  }

  private func endContainer(_ end: EndFile?) throws {
    session.raw.setMembers([:])
    container = nil
    guard let end, let file = files.popLast() else { return }
    try open()
    var outcome = end.outcome
    outcome.conversations = containerCounts.conversations
    outcome.messages = containerCounts.messages
    outcome.attachments = containerCounts.attachments
    outcome.missing = containerCounts.missing
    if let problem = containerProblem {
      outcome.status = .partial
      outcome.error = outcome.error ?? problem
    }
    try session.raw.finish(file.importID, outcome)
    for failure in end.failures { fail(failure) }
    pending.bytes += outcome.byteCount
    note(end, status: outcome.status == .complete ? "imported" : "partial")
    acknowledgements.append(end.path)
  }

  private func beginFile(_ begin: BeginFile) throws {
    try open()
    if let archived = begin.archived {
      onEvent(.started(path: begin.path))
      session.raw.setMembers(archived.members)
      files.append(
        OpenFile(begin: begin, importID: archived.importID, startedAt: Timestamp.now))
      return
    }
    if container == nil {
      onEvent(.started(path: begin.path))
      try session.raw.removeIncomplete(label: begin.path)
    }
    let now = Timestamp.now
    let row = try session.raw.begin(
      label: begin.path, container: container, kind: begin.kind, at: now)
    files.append(OpenFile(begin: begin, importID: row, startedAt: now))
  }

  private func addSegment(_ separator: [UInt8], _ blob: PreparedBlob?) throws {
    guard !files.isEmpty else { return }
    try open()
    let index = files.count - 1
    let stored = try blob.map { try session.raw.store($0) }
    try session.raw.addSegment(
      to: files[index].importID, position: files[index].position, separator: separator,
      blob: stored?.row)
    files[index].position += 1
    byteCount += separator.count + (stored?.byteCount ?? 0) + 64
  }

  private func endFile(_ end: EndFile) throws {
    guard let file = files.popLast() else { return }
    try open()
    var outcome = end.outcome
    outcome.conversations = file.counts.conversations
    outcome.messages = file.counts.messages
    outcome.attachments = file.counts.attachments
    outcome.missing = file.counts.missing
    if file.begin.archived == nil {
      try session.raw.finish(file.importID, outcome)
    } else {
      try session.raw.finishRereading(file.importID, outcome)
      session.raw.setMembers([:])
    }
    containerCounts.conversations += outcome.conversations
    containerCounts.messages += outcome.messages
    containerCounts.attachments += outcome.attachments
    containerCounts.missing += outcome.missing
    if let label = file.begin.memberLabel {
      session.raw.add(
        member: label, importID: file.importID, type: end.outcome.mediaType)
    }
    if outcome.status == .partial, let label = file.begin.memberLabel {
      containerProblem = containerProblem ?? "\(label): \(outcome.error ?? "partial")"
    }
    for failure in end.failures { fail(failure) }
    pending.countLosses(of: end)
    if file.begin.kind == .conversations { pending.files += 1 }
    if container == nil {
      pending.bytes += outcome.byteCount
      acknowledgements.append(end.path)
    }
    let status =
      file.begin.kind == .companion
      ? "companion" : outcome.status == .complete ? "imported" : "partial"
    note(end, status: status)
  }

  private func abandonFile() throws {
    guard let file = files.popLast(), file.begin.archived == nil else { return }
    if file.counts.conversations == 0 { try session.raw.drop(file.importID) }
  }

  private func note(_ end: EndFile, status: String) {
    pending.receipts.append(
      ImportReport.FileReceipt(
        path: end.path, provider: end.outcome.provider, status: status, receipt: end.receipt))
  }

  private func noteUnchanged(_ file: UnchangedFile) throws {
    count(file)
    acknowledgements.append(file.path)
    if let identity = file.identity {
      pending.bytes += identity.byteCount
      try open()
      try session.raw.touch(file.importID, identity: identity, at: Timestamp.now)
    }
    if file.isWholeNow {
      try open()
      try session.raw.markComplete(file.importID)
    }
    if !session.isInGroup,
      acknowledgements.count >= GroupWriter.groupFileCount
        || MonotonicClock.seconds - publishedAt >= GroupWriter.groupSeconds
    {
      try publishUnwritten()
    }
  }

  private func noteDuplicate(
    _ path: String, of original: UnchangedFile, identity: FileStamp?
  ) throws {
    try open()
    let (copy, byteCount) = try session.raw.copyImport(
      original.importID, label: path, container: container, identity: identity,
      at: Timestamp.now)
    var file = original
    file.path = path
    file.importID = copy
    count(file)
    containerCounts.conversations += file.conversations
    containerCounts.messages += file.messages
    containerCounts.attachments += file.attachments
    containerCounts.missing += file.missing
    if let problem = file.problem { containerProblem = containerProblem ?? problem }
    if container == nil {
      pending.bytes += byteCount
      acknowledgements.append(path)
    }
  }

  /// Counts a file that is known; new messages may name it all the same.
  private func count(_ file: UnchangedFile) {
    if let label = file.memberLabel {
      session.raw.add(member: label, importID: file.importID, type: nil)
    }
    pending.countUnchanged(file)
    if let failure = file.failure { fail(failure) }
    pending.receipts.append(
      ImportReport.FileReceipt(
        path: file.path, provider: file.provider, status: "unchanged",
        receipt: file.receipt ?? Receipt()))
  }

  // MARK: Conversations

  private func append(
    _ messages: [PreparedMessage], to id: ConversationID, header: ConversationHeader?
  ) throws {
    try open()
    let conversation: OpenConversation
    if let known = conversations[id] {
      conversation = known
    } else {
      conversation = try session.conversations.open(id, header: header)
      conversations[id] = conversation
    }
    try session.conversations.append(messages, to: conversation)
    byteCount += messages.reduce(0) { $0 + $1.byteCount }
    if byteCount >= GroupWriter.groupByteCount { try commitWithinConversations() }
  }

  private func finish(_ finished: FinishedConversation) throws {
    guard let file = files.indices.last else { return }
    let id = finished.header.id
    try append(finished.messages, to: id, header: finished.header)
    guard let conversation = conversations.removeValue(forKey: id) else { return }
    if conversation.isDeleted {
      pending.deletedConversations += 1
      files[file].counts.conversations += 1
      files[file].counts.messages += conversation.passedOver
    }
    var source = ConversationSource(
      importID: files[file].importID,
      blob: try finished.recordHash.flatMap { try session.raw.row(ofBlob: $0) },
      parserVersion: finished.parserVersion)
    source.isReread = files[file].begin.archived != nil
    source.formerImport = files[file].begin.formerImport
    source.isWhole = finished.isWhole
    let counts = try session.conversations.finish(
      conversation, header: finished.header, inactive: finished.inactive, source: source)
    try session.conversations.resolveSharedHistory(
      of: conversation, compressor: session.raw.compressor)
    guard !conversation.isDeleted else { return }
    // What the user has taken away since must not come back with bytes that are read again.
    if let added = finished.userData, !source.isReread {
      pending.joined += try session.conversations.join(
        added, to: id, at: files[file].startedAt)
    }
    pending.conversations += counts.conversation
    pending.messages += counts.messages
    files[file].counts.conversations += 1
    files[file].counts.messages +=
      counts.messages.new + counts.messages.updated + counts.messages.unchanged
    let attachments = session.conversations.takeAttachmentCounts()
    files[file].counts.attachments += attachments.new + attachments.unchanged
    files[file].counts.missing += attachments.missing
    pending.attachments.new += attachments.new
    pending.attachments.unchanged += attachments.unchanged
    pending.attachments.missing += attachments.missing
  }

  private func count(_ known: KnownRecord) {
    pending.conversations.unchanged += known.conversations
    pending.messages.unchanged += known.messages
    pending.attachments.unchanged += known.attachments
    pending.attachments.missing += known.missing
    pending.deletedConversations += known.deleted.conversations
    guard let file = files.indices.last else { return }
    files[file].counts.conversations += known.conversations + known.deleted.conversations
    files[file].counts.messages += known.messages + known.deleted.messages
    files[file].counts.attachments += known.attachments
    files[file].counts.missing += known.missing
  }
}
