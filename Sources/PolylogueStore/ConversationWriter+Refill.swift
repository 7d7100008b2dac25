import PolylogueSQL

/// Storing once more what was lost with a file of cold storage, when an import brings it again.
extension ConversationWriter {
  /// Stores a message's text and files that were lost; its content is what it was.
  ///
  /// - Returns: Whether something was.
  func refill(
    _ known: MessageTable.Entry, with message: PreparedMessage, in open: OpenConversation
  ) throws -> Bool {
    guard !raw.lost.isEmpty else { return false }
    for inline in message.attachments.compactMap(\.inline) { _ = try raw.store(inline) }
    guard known.hash == message.hash,
      let codec = try connection.integer("SELECT codec FROM message WHERE id = ?", known.row),
      raw.lost.contains(codec)
    else { return false }
    let (stored, body) = message.stored(by: raw.compressor)
    try connection.run(
      "UPDATE message SET codec = ?, body = ? WHERE id = ?", stored, body, known.row)
    open.counts.updated += 1
    try note(.messages, conversation: open.row, first: known.row, last: known.row)
    feed.append(.reload(row: known.row))
    return true
  }
}

extension RawWriter {
  /// Finds out what was lost; at the beginning of a group.
  func findLost() throws {
    lost = try ColdStorage.lost(in: connection)
  }

  /// Stores a blob's bytes once more where they were lost.
  func refill(_ row: Int64, with blob: PreparedBlob) throws {
    guard !lost.isEmpty, blob.size == 0 || !blob.bytes.isEmpty,
      let codec = try connection.integer("SELECT codec FROM blob WHERE id = ?", row),
      lost.contains(codec)
    else { return }
    let blob = blob.compressed(by: compressor)
    try connection.run(
      "UPDATE blob SET codec = ?, bytes = ? WHERE id = ?", blob.codec, blob.bytes, row)
  }
}
