import PolylogueModel

/// Remembers how new the conversations handed over so far are.
///
/// Shards and batches of one export overlap: the same conversation stands in two of them, once
/// older. The older one must not come last.
struct NewestVersions {
  private var updates: [ConversationID: Timestamp] = [:]

  /// Whether a newer version of this conversation was handed over before.
  mutating func isOutdated(_ id: ConversationID, updatedAt: Timestamp?) -> Bool {
    if let known = updates[id], let updatedAt, updatedAt < known { return true }
    if let updatedAt { updates[id] = updatedAt }
    return false
  }
}
