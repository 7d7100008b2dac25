import PolylogueModel
import PolylogueSQL

/// The files of messages.
///
/// A message has the files that the revision it comes from names. The bytes or the text of one that
/// came without come from the greatest revision that has them, and a file that only a lesser
/// revision brought stays behind the others.
extension ConversationWriter {
  /// Where the files begin that only lesser revisions name.
  private static let leftOverPosition: Int64 = 1 << 32
  /// Added to its row, the place of such a file until all of them are in order; nothing else has it.
  private static let freshPosition: Int64 = 1 << 62

  /// Writes a message's files anew.
  ///
  /// - Parameter rank: The revision that the stored message comes from; nil for the one being
  ///   written.
  /// - Returns: Whether one of them has a text that was taken out of it and may not stand in the
  ///   export.
  func replaceAttachments(
    of message: Int64, by attachments: [PreparedAttachment], from rank: Revision?,
    in open: OpenConversation
  ) throws -> Bool {
    let old = try storedFiles(of: message)
    if !old.isEmpty {
      try connection.run(
        "UPDATE attachment SET position = -1 - position WHERE message = ?", message)
    }
    try write(attachments, of: message, in: open)
    guard !old.isEmpty else { return false }
    try keepExtractedTexts(of: message)
    var fresh = try storedFiles(of: message).filter { $0.position >= 0 }
    for file in old {
      let part = OlderPart(kind: .attachment, item: file.row)
      if let rank, file.state != .missing {
        let origin = open.olderParts[part] ?? rank
        if let place = fresh.firstIndex(where: { $0.id.hasSameBytes(as: file.id) }) {
          if file.state.hasMore(than: fresh[place].state) {
            if fresh[place].state == .missing { attachmentCounts.missing -= 1 }
            if fresh[place].state != .missing { attachmentCounts.new -= 1 }
            attachmentCounts.unchanged += 1
            try copyBytes(from: file.row, to: fresh[place].row)
            try set(OlderPart(kind: .attachment, item: fresh[place].row), origin, in: open)
            fresh[place].state = file.state
          }
        } else {
          try connection.run(
            "UPDATE attachment SET position = ? + id WHERE id = ?",
            ConversationWriter.freshPosition, file.row)
          try set(part, origin, in: open)
          continue
        }
      }
      try drop(part, in: open)
      try connection.run("DELETE FROM attachment WHERE id = ?", file.row)
      open.attachmentDelta -= 1
    }
    try arrangeLeftOver(of: message)
    return try hasExtractedTexts(message)
  }

  /// Takes what a lesser revision has of a message's files and the stored one lacks.
  func fillAttachments(
    of message: Int64, from attachments: [PreparedAttachment], revision: Revision,
    in open: OpenConversation
  ) throws {
    guard !attachments.isEmpty else { return }
    let stored = try storedFiles(of: message)
    let before = (attachmentCounts, open.attachmentDelta)
    var isChanged = false
    for (index, prepared) in attachments.enumerated() {
      let known = stored.first { $0.id.hasSameBytes(as: prepared.attachment.id) }
      if let known, known.state != .missing, !prepared.hasMore(than: known.state, in: raw) {
        guard let rank = open.olderParts[OlderPart(kind: .attachment, item: known.row)],
          rank < revision
        else { continue }
      }
      let place = -1 - Int64(index)
      let (row, state) = try write(prepared, of: message, position: place)
      if state == .missing || known?.state.hasMore(than: state) == true {
        try connection.run("DELETE FROM attachment WHERE id = ?", row)
        continue
      }
      isChanged = true
      if let known {
        try copyBytes(from: row, to: known.row)
        if known.position >= ConversationWriter.leftOverPosition {
          try connection.run(
            """
            UPDATE attachment SET name = o.name, media_type = o.media_type, size = o.size
            FROM attachment AS o WHERE attachment.id = ? AND o.id = ?
            """, known.row, row)
        }
        try connection.run("DELETE FROM attachment WHERE id = ?", row)
        try set(OlderPart(kind: .attachment, item: known.row), revision, in: open)
      } else {
        try connection.run(
          "UPDATE attachment SET position = ? + id WHERE id = ?",
          ConversationWriter.freshPosition, row)
        try set(OlderPart(kind: .attachment, item: row), revision, in: open)
        open.attachmentDelta += 1
      }
    }
    attachmentCounts = before.0
    guard isChanged else { return }
    attachmentCounts.new += 1
    try arrangeLeftOver(of: message)
    try connection.run(
      "UPDATE message SET flags = flags | ? WHERE id = ?", MessageFlags.attachment.rawValue,
      message)
    open.flagChanges += 1
    try revive(row: message, conversation: open.row)
  }

  func hasAttachments(_ message: Int64) throws -> Bool {
    try connection.integer("SELECT 1 FROM attachment WHERE message = ? LIMIT 1", message) != nil
  }

  private struct StoredFile {
    var row: Int64
    var id: String
    var position: Int64
    var state: Attachment.State
  }

  private func storedFiles(of message: Int64) throws -> [StoredFile] {
    let statement = try connection.statement(
      "SELECT id, native_id, position, state FROM attachment WHERE message = ? ORDER BY position")
    defer { statement.reset() }
    statement.bind(message, at: 1)
    var files: [StoredFile] = []
    while try statement.step() {
      files.append(
        StoredFile(
          row: statement.int64(0), id: statement.string(1), position: statement.int64(2),
          state: Attachment.State(rawValue: UInt8(clamping: statement.int64(3))) ?? .missing))
    }
    return files
  }

  /// Gives a file the bytes of another row, and its text, unless it has one and no bytes: then that
  /// comes from a greater revision. A text that was taken out of the same bytes stays.
  private func copyBytes(from source: Int64, to target: Int64) throws {
    try connection.run(
      """
      UPDATE attachment SET member = o.member, import = o.import, blob = o.blob,
        (codec, text) = (SELECT codec, text FROM attachment AS t WHERE t.id = CASE
          WHEN attachment.text IS NOT NULL AND (attachment.state = 2
            OR (o.text IS NULL AND \(ConversationWriter.haveSameBytes))) THEN attachment.id
          ELSE o.id END),
        state = o.state
      FROM attachment AS o WHERE attachment.id = ? AND o.id = ?
      """, target, source)
  }

  /// Completes the files of a message whose content is what it was, where their bytes have come
  /// since: what names them says nothing of whether they were there.
  ///
  /// - Complexity: Nothing for a message that names no file of its container.
  func completeFiles(
    of message: Int64, from attachments: [PreparedAttachment], in open: OpenConversation
  ) throws {
    for attachment in attachments.lazy.map(\.attachment) {
      guard let label = attachment.member, let member = raw.member(label),
        try connection.integer(
          "SELECT 1 FROM attachment WHERE message = ? AND native_id = ? AND state <> 1", message,
          attachment.id) != nil
      else { continue }
      try changeFiles(of: message, in: open.row) {
        try connection.run(
          """
          UPDATE attachment SET state = 1, import = ?1, member = ?2, media_type = ?3
          WHERE message = ?4 AND native_id = ?5 AND state <> 1
          """, member, label, raw.mediaType(of: attachment), message, attachment.id)
      }
      attachmentCounts.new += 1
      attachmentCounts.unchanged -= 1
      open.flagChanges += 1
      try revive(row: message, conversation: open.row)
    }
  }

  /// Puts the files that only lesser revisions name in the order of their ids, whichever came first.
  private func arrangeLeftOver(of message: Int64) throws {
    let base = ConversationWriter.leftOverPosition
    var files = try storedFiles(of: message).filter { $0.position >= base }
    guard !files.isEmpty else { return }
    files.sort { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
    try connection.run(
      "UPDATE attachment SET position = -1 - position WHERE message = ? AND position >= ?",
      message, base)
    for (index, file) in files.enumerated() {
      try connection.run(
        "UPDATE attachment SET position = ? WHERE id = ?", base + Int64(index), file.row)
    }
  }

  func write(
    _ attachments: [PreparedAttachment], of message: Int64, in open: OpenConversation
  ) throws {
    for (position, prepared) in attachments.enumerated() {
      _ = try write(prepared, of: message, position: Int64(position))
      open.attachmentDelta += 1
    }
  }

  private func write(
    _ prepared: PreparedAttachment, of message: Int64, position: Int64
  ) throws -> (row: Int64, state: Attachment.State) {
    let attachment = prepared.attachment
    let blob = try prepared.inline.map { try raw.store($0).row }
    let member = attachment.member.flatMap { raw.member($0) }
    let state: Attachment.State =
      blob != nil || member != nil ? .stored : prepared.text != nil ? .textOnly : .missing
    let statement = try connection.statement(
      """
      INSERT INTO attachment (message, position, native_id, name, media_type, size, state,
        member, import, blob, codec, text)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    statement.bind(message, at: 1)
    statement.bind(position, at: 2)
    statement.bind(attachment.id, at: 3)
    statement.bind(attachment.name, at: 4)
    statement.bind(raw.mediaType(of: attachment), at: 5)
    statement.bind(attachment.byteCount ?? prepared.inline.map { Int64($0.size) }, at: 6)
    statement.bind(Int64(state.rawValue), at: 7)
    statement.bind(attachment.member, at: 8)
    statement.bind(member, at: 9)
    statement.bind(blob, at: 10)
    statement.bind(prepared.codec, at: 11)
    statement.bind(prepared.text, at: 12)
    try statement.run()
    if state == .missing { attachmentCounts.missing += 1 } else { attachmentCounts.new += 1 }
    return (connection.lastInsertedRow, state)
  }

  /// Whether two files, the one to be changed and `o`, are known to be the same bytes.
  static let haveSameBytes = """
    coalesce((SELECT sha256 FROM import WHERE id = attachment.import),
      (SELECT sha256 FROM blob WHERE id = attachment.blob), 0)
    = coalesce((SELECT sha256 FROM import WHERE id = o.import),
      (SELECT sha256 FROM blob WHERE id = o.blob), 1)
    """

  /// Counts the files of a message that is as it was. Those that neither came now nor before are
  /// missing still.
  ///
  /// - Complexity: Nothing more for files that come with their bytes or a text.
  func countUnchanged(_ attachments: [PreparedAttachment], of message: Int64) throws {
    attachmentCounts.unchanged += attachments.count
    for prepared in attachments where !prepared.isThere(in: raw) {
      let isMissing =
        try connection.integer(
          "SELECT 1 FROM attachment WHERE message = ? AND native_id = ? AND state = ?", message,
          prepared.attachment.id, Int64(Attachment.State.missing.rawValue)) != nil
      guard isMissing else { continue }
      attachmentCounts.unchanged -= 1
      attachmentCounts.missing += 1
    }
  }
}

extension Attachment.State {
  /// Whether more of a file is there: its bytes are more than its text, that more than its name.
  fileprivate func hasMore(than other: Attachment.State) -> Bool {
    self == .stored ? other != .stored : self == .textOnly && other == .missing
  }
}

extension PreparedAttachment {
  /// Whether the file's bytes or its text have come with its message.
  fileprivate func isThere(in raw: RawWriter) -> Bool {
    inline != nil || text != nil || attachment.member.flatMap { raw.member($0) } != nil
  }

  /// Whether more of the file comes now than is there.
  fileprivate func hasMore(than state: Attachment.State, in raw: RawWriter) -> Bool {
    guard state != .stored else { return false }
    if inline != nil { return true }
    return attachment.member.flatMap { raw.member($0) } != nil
  }
}
